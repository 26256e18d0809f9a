//! Rows of typed cells, and how they stand in a line of CSV. No cell is ever taken for a formula.

use crate::domain::moment::Moment;
use crate::error::{Doing, Result};
use std::io::Write;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Nothing,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An instant.
    At(Moment),
    /// A day, by its midnight in UTC.
    Day(Moment),
    /// Yes or no.
    Yes(bool),
}

impl Cell {
    /// A day written YYYY-MM-DD; anything else stays the text it is.
    pub fn day(text: &str) -> Self {
        match Moment::parse(&format!("{text}T00:00:00Z")) {
            Ok(midnight) => Cell::Day(midnight),
            Err(_) => Cell::from(text),
        }
    }
}

/// A column: its name, and how wide a spreadsheet shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands in the first row.
    pub name: String,
    /// **Unit:** characters.
    pub width: u16,
}

impl Column {
    /// A column of this name and width.
    pub fn new(name: &str, width: u16) -> Self {
        Column {
            name: name.to_owned(),
            width,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::from(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        match text.is_empty() {
            true => Cell::Nothing,
            false => Cell::Text(text),
        }
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        match i64::try_from(number) {
            Ok(number) => Cell::Number(number),
            Err(_) => Cell::Text(number.to_string()),
        }
    }
}

impl From<Moment> for Cell {
    fn from(at: Moment) -> Self {
        Cell::At(at)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Cell::Nothing, T::into)
    }
}

/// Writes a row as a line of CSV.
///
/// **Source:** RFC 4180, with lines that end with LF alone.
pub fn csv_row(out: &mut dyn Write, cells: &[Cell]) -> Result<()> {
    let mut line = String::new();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        match cell {
            Cell::Nothing => {}
            Cell::Text(text) => quote(&guard(text), &mut line),
            Cell::Number(number) => line.push_str(&number.to_string()),
            Cell::At(at) => line.push_str(&at.to_string()),
            Cell::Day(midnight) => {
                let day = midnight.to_string();
                line.push_str(day.split('T').next().unwrap_or_default());
            }
            Cell::Yes(yes) => line.push_str(if *yes { "yes" } else { "no" }),
        }
    }
    line.push('\n');
    out.write_all(line.as_bytes()).doing("writing the export")
}

/// What a spreadsheet would run gets an apostrophe before it: what begins with a sign of a formula,
/// also in the wide forms, after blanks, and after a line break, where some begin a new cell.
fn guard(text: &str) -> String {
    let runs = |line: &str| {
        line.trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'])
    };
    if runs(text) || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// In quotation marks where anything in it could end the cell; a semicolon or a tab does in the
/// spreadsheets of half the world.
fn quote(text: &str, line: &mut String) {
    if !text.contains(['"', ',', ';', '\t', '\r', '\n']) {
        return line.push_str(text);
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Cell]) -> String {
        let mut out = Vec::new();
        csv_row(&mut out, cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_made_text() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+44 20 7946 0018", "'+44 20 7946 0018"),
            ("-1", "'-1"),
            ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "\"'\t=1\""),
            ("a;=1+1", "\"a;=1+1\""),
            ("she said \"=1\"", "\"she said \"\"=1\"\"\""),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(line(&[Cell::Text(text.to_owned())]), format!("{written}\n"));
        }
    }

    #[test]
    fn numbers_and_instants_stay_what_they_are() {
        let cells = [
            Cell::Number(-7),
            Cell::Nothing,
            Cell::At(Moment(0)),
            Cell::Yes(true),
            Cell::day("2026-11-30"),
            Cell::day("soon"),
            Cell::from("a,b"),
        ];
        assert_eq!(
            line(&cells),
            "-7,,1970-01-01T00:00:00.000Z,yes,2026-11-30,soon,\"a,b\"\n"
        );
    }
}
