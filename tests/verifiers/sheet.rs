//! Spreadsheets in the eyes of a reader nobody here wrote: openpyxl of PyPI.

use crate::{fetched, here, run, small_desk};
use serde_json::Value;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use trailbox::desk::audit::filter::Filter;
use trailbox::desk::contacts::view::View;
use trailbox::domain::actor::Who;
use trailbox::export::lists::{self, List};
use trailbox::export::{self, Format};

#[test]
fn a_reader_of_spreadsheets_finds_what_was_exported() {
    let kit = small_desk(200);
    let folder = TempDir::new().unwrap();
    let (trail, customers) = (
        folder.path().join("trail.xlsx"),
        folder.path().join("customers.xlsx"),
    );
    let who = Who::shell();
    let made = export::trail(
        &kit.ledger,
        &who,
        &Filter::default(),
        "everything",
        Format::Xlsx,
        &mut File::create(&trail).unwrap(),
        &mut |_, _| {},
    );
    let made = made.unwrap();
    let list = List::Contacts(View::All);
    let listed = lists::take(
        &kit.ledger,
        &who,
        &list,
        "",
        Format::Xlsx,
        &mut File::create(&customers).unwrap(),
        &mut |_| {},
    );
    let listed = listed.unwrap();
    let mut reader = Command::new(openpyxl());
    reader.arg(here("sheet.py")).arg(&trail).arg(&customers);
    let told = run(&mut reader);
    let books: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sheets = books[0].as_array().unwrap();
    assert_eq!(sheets[0]["name"], "About");
    let rows: u64 = sheets[1..]
        .iter()
        .map(|sheet| sheet["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(rows, made.rows);
    for sheet in &sheets[1..] {
        assert_eq!(sheet["frozen"], "A2", "{sheet}");
        assert_eq!(sheet["head"][0], "seq");
        assert_eq!(sheet["first"][0], "int");
        assert_eq!(sheet["first"][1], "datetime", "{sheet}");
        assert!(sheet["titles"].as_str().unwrap().ends_with("1:$1"));
    }
    let customers = &books[1][1];
    assert_eq!(customers["name"], "Customers");
    assert_eq!(customers["rows"], listed.rows);
    assert_eq!(customers["head"][3], "WhatsApp");
    assert!(customers["values"][3].as_str().unwrap().starts_with("+34"));
    assert_eq!(customers["first"][9], "bool");
}

/// Python with openpyxl in a folder of its own.
fn openpyxl() -> PathBuf {
    let folder = fetched("openpyxl");
    let program = folder.join("bin/python");
    let mut known = Command::new(&program);
    let known = known.args(["-c", "import openpyxl"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        let venv = ["-m", "venv", "--clear"];
        run(Command::new("python3").args(venv).arg(&folder));
        let install = ["-m", "pip", "install", "--quiet", "openpyxl==3.1.5"];
        run(Command::new(&program).args(install));
    }
    program
}
