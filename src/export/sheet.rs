//! Spreadsheets (XLSX), row by row in little memory: typed cells, a header that stays in sight and
//! stands on each printed page, a filter over each sheet. A text is written as a text, so that no
//! cell is ever a formula. Written by hand on 2026-11-22: the library for it is three times as
//! heavy as the room that is left in the binary, and a table needs six small files.
//!
//! **Source:** ECMA-376, part 1, SpreadsheetML; inline strings.

use super::table::{Cell, Column};
use crate::domain::moment::{DAY_MS, Moment};
use crate::error::{Doing, Fault, Result};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Rows one sheet holds, the header among them; further ones go on the next sheet.
pub const ROWS_MAX: u32 = 1_048_576;

/// The longest text of a cell. **Unit:** UTF-16 code units.
const CELL_MAX: usize = 32_767;

/// How long a sheet may get before the next begins, so that every reader can open it.
/// **Unit:** bytes, unpacked.
const SHEET_BYTES_MAX: u64 = 2_000_000_000;

/// The widest column. **Unit:** characters.
const WIDTH_MAX: u16 = 255;

/// The largest whole number a cell holds exactly.
const NUMBER_MAX: u64 = 9_007_199_254_740_991;

/// Instants a cell can hold as a date: from 1900-03-01, where all spreadsheets count alike, to the
/// end of 9999. **Unit:** days since 1899-12-30.
const DAYS: std::ops::Range<i64> = 61..2_958_466;

/// Days between 1899-12-30 and 1970-01-01.
const DAYS_TO_1970: i64 = 25_569;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Formats: 0 plain, 1 bold with a ground for headers, 2 an instant, 3 a day.
const STYLES: &str = "<numFmts count=\"2\"><numFmt numFmtId=\"164\" \
    formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss.000\"/><numFmt numFmtId=\"165\" \
    formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>\
    <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
    <fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill>\
    <fill><patternFill patternType=\"gray125\"/></fill>\
    <fill><patternFill patternType=\"solid\"><fgColor rgb=\"FFE8EBF0\"/>\
    </patternFill></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>\
    </cellStyleXfs><cellXfs count=\"4\">\
    <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"2\" borderId=\"0\" xfId=\"0\" applyFont=\"1\" \
    applyFill=\"1\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" \
    applyNumberFormat=\"1\"/><xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" \
    xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs><cellStyles count=\"1\">\
    <cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>";

/// A spreadsheet on its way into a file.
pub struct Spreadsheet {
    zip: ZipWriter<BufWriter<File>>,
    /// What is finished: name, columns, rows.
    sheets: Vec<(String, usize, u32)>,
    open: Option<Open>,
    line: String,
}

/// The sheet that is being written.
struct Open {
    name: String,
    part: u32,
    columns: Vec<Column>,
    rows: u32,
    bytes: u64,
    rows_max: u32,
}

impl Spreadsheet {
    /// An empty one; it needs at least one sheet before it is saved.
    pub fn new() -> Result<Self> {
        let file = tempfile::tempfile().doing("making a file for the spreadsheet")?;
        let mut book = Spreadsheet {
            zip: ZipWriter::new(BufWriter::with_capacity(256 * 1024, file)),
            sheets: Vec::new(),
            open: None,
            line: String::new(),
        };
        // Those who tell a file by its beginning expect it first.
        let document = format!("{OFFICE}/officeDocument");
        book.file(
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{document}\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        )?;
        book.file(
            "xl/styles.xml",
            &format!("<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>"),
        )?;
        Ok(book)
    }

    /// Begins a sheet: its name, cut to what a sheet can be called, and its columns.
    pub fn sheet(&mut self, name: &str, columns: Vec<Column>) -> Result<()> {
        self.sheet_of(name, columns, ROWS_MAX)
    }

    fn sheet_of(&mut self, name: &str, columns: Vec<Column>, rows_max: u32) -> Result<()> {
        self.close()?;
        let name: String = name
            .chars()
            .filter(|c| !matches!(c, ':' | '\\' | '/' | '?' | '*' | '[' | ']' | '\''))
            .take(26)
            .collect();
        self.begin(Open {
            name,
            part: 1,
            columns,
            rows: 0,
            bytes: 0,
            rows_max,
        })
    }

    fn begin(&mut self, open: Open) -> Result<()> {
        let place = self.sheets.len() + 1;
        let options = options();
        self.zip
            .start_file(format!("xl/worksheets/sheet{place}.xml"), options)
            .map_err(Fault::from)?;
        let mut head = format!(
            "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetPr><pageSetUpPr fitToPage=\"1\"/></sheetPr>\
             <sheetViews><sheetView workbookViewId=\"0\"{}><pane ySplit=\"1\" topLeftCell=\"A2\" \
             activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
             <sheetFormatPr defaultRowHeight=\"15\"/><cols>",
            if place == 1 { " tabSelected=\"1\"" } else { "" }
        );
        for (column, at) in open.columns.iter().zip(1u32..) {
            let width = column.width.clamp(1, WIDTH_MAX);
            write!(
                head,
                "<col min=\"{at}\" max=\"{at}\" width=\"{width}\" customWidth=\"1\"/>"
            )
            .map_err(unwritten)?;
        }
        head.push_str("</cols><sheetData>");
        self.zip
            .write_all(head.as_bytes())
            .doing("writing the spreadsheet")?;
        let names: Vec<Cell> = open
            .columns
            .iter()
            .map(|column| Cell::from(column.name.as_str()))
            .collect();
        self.open = Some(open);
        self.write(&names, true)
    }

    /// Adds a row to the sheet that was begun; where it is full, a further one goes on.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let full = |open: &Open| open.rows >= open.rows_max || open.bytes >= SHEET_BYTES_MAX;
        if self.open.as_ref().is_some_and(full) {
            let next = self.open.as_ref().map(|open| Open {
                name: open.name.clone(),
                part: open.part + 1,
                columns: open.columns.clone(),
                rows: 0,
                bytes: 0,
                rows_max: open.rows_max,
            });
            self.close()?;
            if let Some(next) = next {
                self.begin(next)?;
            }
        }
        self.write(cells, false)
    }

    fn write(&mut self, cells: &[Cell], head: bool) -> Result<()> {
        let Some(open) = &mut self.open else {
            return Err(Fault::new("a row was written before any sheet").into());
        };
        open.rows += 1;
        self.line.clear();
        write!(self.line, "<row r=\"{}\">", open.rows).map_err(unwritten)?;
        for (place, cell) in cells.iter().enumerate() {
            put(&mut self.line, place, open.rows, cell, head).map_err(unwritten)?;
        }
        self.line.push_str("</row>");
        open.bytes += self.line.len() as u64;
        self.zip
            .write_all(self.line.as_bytes())
            .doing("writing the spreadsheet")
    }

    /// Ends the sheet that is open.
    fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let last = letters(open.columns.len().saturating_sub(1));
        let tail = format!(
            "</sheetData><autoFilter ref=\"A1:{last}{}\"/>\
             <pageMargins left=\"0.5\" right=\"0.5\" top=\"0.6\" bottom=\"0.6\" header=\"0.3\" \
             footer=\"0.3\"/><pageSetup orientation=\"landscape\" fitToHeight=\"0\"/>\
             <headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>\
             </worksheet>",
            open.rows
        );
        self.zip
            .write_all(tail.as_bytes())
            .doing("writing the spreadsheet")?;
        let name = match open.part {
            1 => open.name,
            part => format!("{} {part}", open.name),
        };
        self.sheets.push((name, open.columns.len(), open.rows));
        Ok(())
    }

    fn file(&mut self, name: &str, content: &str) -> Result<()> {
        self.zip.start_file(name, options()).map_err(Fault::from)?;
        let content = format!("{HEAD}{content}");
        self.zip
            .write_all(content.as_bytes())
            .doing("writing the spreadsheet")
    }

    /// Writes it out.
    pub fn save(mut self, out: &mut dyn Write) -> Result<()> {
        self.close()?;
        let (mut types, mut list, mut links, mut names) =
            (String::new(), String::new(), String::new(), String::new());
        for ((name, columns, rows), at) in self.sheets.iter().zip(1u32..) {
            let (place, last) = (at - 1, letters(columns.saturating_sub(1)));
            let name = escaped(name);
            write!(
                types,
                "<Override PartName=\"/xl/worksheets/sheet{at}.xml\" \
                 ContentType=\"{TYPES}.worksheet+xml\"/>"
            )
            .and_then(|()| {
                write!(
                    list,
                    "<sheet name=\"{name}\" sheetId=\"{at}\" r:id=\"s{at}\"/>"
                )
            })
            .and_then(|()| {
                write!(
                    links,
                    "<Relationship Id=\"s{at}\" Type=\"{OFFICE}/worksheet\" \
                     Target=\"worksheets/sheet{at}.xml\"/>"
                )
            })
            .and_then(|()| {
                write!(
                    names,
                    "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{place}\" \
                     hidden=\"1\">'{name}'!$A$1:${last}${rows}</definedName>\
                     <definedName name=\"_xlnm.Print_Titles\" localSheetId=\"{place}\">\
                     '{name}'!$1:$1</definedName>"
                )
            })
            .map_err(unwritten)?;
        }
        self.file(
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets>\
                 <definedNames>{names}</definedNames></workbook>"
            ),
        )?;
        self.file(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\">{links}<Relationship Id=\"st\" \
                 Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        )?;
        self.file(
            "[Content_Types].xml",
            &format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/>\
                 <Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPES}.styles+xml\"/>\
                 {types}</Types>"
            ),
        )?;
        let written = self.zip.finish().map_err(Fault::from)?;
        let mut file = written
            .into_inner()
            .map_err(|error| Fault::new(format!("writing the spreadsheet: {error}")))?;
        file.seek(SeekFrom::Start(0))
            .doing("reading the spreadsheet")?;
        io::copy(&mut file, out).doing("writing the spreadsheet")?;
        Ok(())
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)
}

/// One cell of the open row.
fn put(line: &mut String, place: usize, row: u32, cell: &Cell, head: bool) -> std::fmt::Result {
    let style = if head { " s=\"1\"" } else { "" };
    let at = letters(place);
    match cell {
        Cell::Nothing if head => write!(line, "<c r=\"{at}{row}\"{style}/>"),
        Cell::Nothing => Ok(()),
        Cell::Number(number) if number.unsigned_abs() <= NUMBER_MAX => {
            write!(line, "<c r=\"{at}{row}\"{style}><v>{number}</v></c>")
        }
        Cell::Number(number) => text(line, &at, row, style, &number.to_string()),
        Cell::Yes(yes) => {
            let yes = u8::from(*yes);
            write!(line, "<c r=\"{at}{row}\"{style} t=\"b\"><v>{yes}</v></c>")
        }
        Cell::At(moment) => match days(*moment) {
            Some(days) => write!(line, "<c r=\"{at}{row}\" s=\"2\"><v>{days}</v></c>"),
            None => text(line, &at, row, style, &moment.to_string()),
        },
        Cell::Day(moment) => match days(*moment) {
            Some(days) => {
                let whole = days.split('.').next().unwrap_or_default();
                write!(line, "<c r=\"{at}{row}\" s=\"3\"><v>{whole}</v></c>")
            }
            None => text(line, &at, row, style, &moment.to_string()),
        },
        Cell::Text(words) => text(line, &at, row, style, words),
    }
}

fn text(line: &mut String, at: &str, row: u32, style: &str, words: &str) -> std::fmt::Result {
    write!(
        line,
        "<c r=\"{at}{row}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">"
    )?;
    escape(fitted(words), line);
    if words.len() > fitted(words).len() {
        line.push('…');
    }
    line.push_str("</t></is></c>");
    Ok(())
}

/// As much of a text as a cell holds, with room for an ellipsis where something is left out.
fn fitted(words: &str) -> &str {
    if words.len() <= CELL_MAX {
        return words; // no character takes more units in UTF-16 than bytes here
    }
    let (mut units, mut end) = (0, 0);
    for (at, c) in words.char_indices() {
        units += c.len_utf16();
        if units < CELL_MAX {
            end = at + c.len_utf8();
        }
    }
    match units <= CELL_MAX {
        true => words,
        false => words.get(..end).unwrap_or_default(), // ends between two characters
    }
}

/// An instant as days since 1899-12-30, to the millisecond.
fn days(at: Moment) -> Option<String> {
    let whole = at.0.div_euclid(DAY_MS) + DAYS_TO_1970;
    // Of a day of 86 400 000 milliseconds, ten digits tell each.
    let part = at.0.rem_euclid(DAY_MS) as f64 / DAY_MS as f64;
    let part = format!("{part:.10}");
    let (ahead, part) = part.split_once('.').unwrap_or(("0", "0"));
    let whole = whole + i64::from(ahead == "1");
    DAYS.contains(&whole).then(|| format!("{whole}.{part}"))
}

/// The letters of a column: A, B, … Z, AA, …
fn letters(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (place % 26) as u8);
        place /= 26;
        if place == 0 {
            break;
        }
        place -= 1;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

/// A text inside an element. Control characters have a form of their own here, and what looks like
/// that form is told apart from it.
fn escape(text: &str, line: &mut String) {
    for (at, c) in text.char_indices() {
        match c {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '"' => line.push_str("&quot;"),
            '\t' | '\n' => line.push(c),
            '\0'..='\x1f' => line.push_str(&format!("_x{:04X}_", u32::from(c))),
            '\u{FFFE}' | '\u{FFFF}' => line.push('\u{FFFD}'),
            '_' if is_coded(text.get(at..).unwrap_or_default()) => line.push_str("_x005F_"),
            c => line.push(c),
        }
    }
}

/// Whether a text begins with `_x0041_` or the like.
fn is_coded(text: &str) -> bool {
    let digits = text.strip_prefix("_x").and_then(|rest| rest.get(..5));
    digits.is_some_and(|digits| {
        let (hex, end) = digits.split_at(4);
        end == "_" && hex.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn escaped(text: &str) -> String {
    let mut line = String::new();
    escape(text, &mut line);
    line
}

/// Writing into a string does not fail; should it ever, it is said.
fn unwritten(error: std::fmt::Error) -> Fault {
    Fault::new(format!("writing the spreadsheet: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn parts(book: Spreadsheet) -> impl Fn(&str) -> String {
        let mut bytes = Vec::new();
        book.save(&mut bytes).unwrap();
        move |name| {
            let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes.clone())).unwrap();
            let mut text = String::new();
            let mut file = zip.by_name(name).unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        }
    }

    fn columns() -> Vec<Column> {
        vec![Column::new("seq", 8), Column::new("what", 40)]
    }

    #[test]
    fn cells_are_typed_and_no_text_is_a_formula() {
        let mut book = Spreadsheet::new().unwrap();
        book.sheet("It's a [sheet]: of/all", columns()).unwrap();
        let at = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        for cell in [
            Cell::from("=1+1 <b> & \u{1} _x0041_"),
            Cell::At(at),
            Cell::At(Moment(-9_000_000_000_000)),
            Cell::Yes(false),
            Cell::Number(i64::MAX),
            Cell::Text("é".repeat(40_000)),
        ] {
            book.row(&[Cell::Number(7), cell]).unwrap();
        }
        let part = parts(book);
        let sheet = part("xl/worksheets/sheet1.xml");
        for found in [
            "state=\"frozen\"",
            "<autoFilter ref=\"A1:B7\"/>",
            "<c r=\"A2\"><v>7</v></c>",
            "=1+1 &lt;b&gt; &amp; _x0001_ _x005F_x0041_</t>",
            "<c r=\"B3\" s=\"2\"><v>46348.5000000000</v></c>",
            ">1684-10-",
            "t=\"b\"><v>0</v>",
            ">9223372036854775807</t>",
            "é…</t>",
        ] {
            assert!(sheet.contains(found), "no {found}");
        }
        assert!(!sheet.contains("<f>"));
        assert!(part("xl/workbook.xml").contains("name=\"Its a sheet ofall\""));
    }

    #[test]
    fn what_does_not_fit_goes_on_a_further_sheet_with_its_header() {
        let mut book = Spreadsheet::new().unwrap();
        book.sheet_of("Events", columns(), 3).unwrap();
        for n in 0..5 {
            book.row(&[Cell::Number(n), Cell::from("x")]).unwrap();
        }
        let part = parts(book);
        let names = part("xl/workbook.xml");
        for name in ["\"Events\"", "\"Events 2\"", "\"Events 3\""] {
            assert!(names.contains(name), "{names}");
        }
        let last = part("xl/worksheets/sheet3.xml");
        assert!(last.contains(">seq</t>") && last.contains("<v>4</v>"));
        assert!(!last.contains("<v>3</v>"));
    }

    #[test]
    fn columns_are_lettered_beyond_z() {
        for (place, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (702, "AAA"),
        ] {
            assert_eq!(letters(place), name);
        }
    }
}
