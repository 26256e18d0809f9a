"""Opens spreadsheets with openpyxl and tells what it finds: for each sheet its name, the cell the
panes are frozen at, the header, the number of rows, and the types of the first row."""

import json
import sys

import openpyxl

for path in sys.argv[1:]:
    book = openpyxl.load_workbook(path)
    told = []
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows())
        assert not any(cell.data_type == "f" for row in rows for cell in row), "a formula"
        told.append(
            {
                "name": sheet.title,
                "frozen": sheet.freeze_panes,
                "filter": sheet.auto_filter.ref,
                "head": [cell.value for cell in rows[0]],
                "rows": len(rows) - 1,
                "first": [type(cell.value).__name__ for cell in rows[1]],
                "values": [str(cell.value) for cell in rows[1]],
                "titles": sheet.print_title_rows,
            }
        )
    print(json.dumps(told))
