//! The database as a file and as a shape: SQLite's own check, and that nothing of the schema is
//! missing, unknown or another.

use super::report::{Code, Findings, Place};
use super::trail::Trail;
use super::{Step, Told};
use crate::error::{Fault, Result};
use crate::ledger::shape::{self, Made};
use rusqlite::Connection;

/// Most complaints of SQLite's own check that are read.
const COMPLAINTS_MAX: usize = 200;

/// SQLite's own check of pages, indexes and constraints.
pub(super) fn integrity(db: &Connection, findings: &mut Findings, told: &Told<'_>) {
    told.of(Step::File, 0);
    let complaints = complaints(db);
    let known = shape::fresh()
        .and_then(|db| shape::made(&db))
        .unwrap_or_default();
    match complaints {
        Ok(complaints) => {
            for complaint in complaints {
                let place = place_in(&complaint, &known);
                let meaning = format!("the file is damaged: {complaint}");
                findings.add(Code::FileDamaged, place, meaning);
            }
        }
        Err(error) => {
            let meaning = format!("the file is damaged: {error}");
            findings.add(Code::FileDamaged, Place::thing("the file"), meaning);
        }
    }
}

fn complaints(db: &Connection) -> Result<Vec<String>> {
    let sql = format!("PRAGMA main.integrity_check({COMPLAINTS_MAX})");
    let mut statement = db.prepare(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let mut complaints = Vec::new();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let complaint: String = row.get(0).map_err(Fault::from)?;
        if complaint != "ok" {
            complaints.push(complaint.replace('\n', " "));
        }
    }
    Ok(complaints)
}

/// The table, column or index a complaint is about, as far as its words tell.
fn place_in(complaint: &str, known: &[Made]) -> Place {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let words: Vec<&str> = complaint.split(|letter| !is_part(letter)).collect();
    for word in words.into_iter().rev() {
        // SQLite names the thing at the end.
        let (name, column) = match word.split_once('.') {
            Some(("main", name)) => (name, None),
            Some((name, column)) => (name, Some(column)),
            None => (word, None),
        };
        let Some(made) = known.iter().find(|made| made.name == name) else {
            continue;
        };
        let place = match made.kind.as_str() {
            "table" => Place::table(name),
            kind => Place::thing(format!("{kind} {name}")),
        };
        return match column {
            Some(column) => place.column(column),
            None => place,
        };
    }
    Place::thing("the file")
}

/// The shape against what the trail tells; answers the names of the tables that have the shape this
/// program knows.
pub(super) fn compare_shape(
    db: &Connection,
    trail: &Trail,
    findings: &mut Findings,
    remarks: &mut Vec<String>,
) -> Result<Vec<String>> {
    let fresh = shape::fresh()?;
    let wanted = shape::made(&fresh)?;
    let made = match shape::made(db) {
        Ok(made) => made,
        Err(error) => {
            let meaning = format!("what the database is made of cannot be read: {error}");
            findings.add(Code::ShapeChanged, Place::thing("the schema"), meaning);
            return Ok(Vec::new());
        }
    };
    let ours = shape::digest(&wanted);
    let told = trail.shape.as_deref().unwrap_or(&ours);
    if shape::digest(&made) != told {
        let before = findings.count();
        if ours == told {
            differences(&made, &wanted, findings);
        }
        if findings.count() == before {
            let meaning = "the tables are not those the trail tells of";
            findings.add(Code::ShapeChanged, Place::thing("the schema"), meaning);
        }
    }
    if ours == told && shape::made_along(db).ok() != Some(shape::made_along(&fresh)?) {
        let meaning = "the indexes SQLite makes for keys are not those of these tables";
        findings.add(Code::ShapeChanged, Place::thing("the schema"), meaning);
    }
    if ours != told {
        remarks.push(
            "the desk was last opened by another version of this program; only tables that are \
             the same in both were compared with a rebuild"
                .to_owned(),
        );
    }
    Ok(wanted
        .into_iter()
        .filter(|one| one.kind == "table" && made.contains(one))
        .map(|one| one.name)
        .collect())
}

fn differences(made: &[Made], wanted: &[Made], findings: &mut Findings) {
    let mut add = |one: &Made, what: &str| {
        let place = Place::thing(format!("{} {}", one.kind, one.name));
        let meaning = format!("the {} {} {what}", one.kind, one.name);
        findings.add(Code::ShapeChanged, place, meaning);
    };
    for one in wanted {
        match made.iter().find(|other| other.name == one.name) {
            Some(other) if other != one && !made.contains(one) => {
                add(one, "is defined in another way than it was");
            }
            Some(_) => {}
            None => add(one, "is missing"),
        }
    }
    for (place, one) in made.iter().enumerate() {
        let named = wanted.iter().any(|other| other.name == one.name);
        let twice = made
            .get(..place)
            .is_some_and(|earlier| earlier.contains(one));
        if !named {
            add(one, "does not belong to the program");
        } else if twice {
            add(one, "is there twice");
        }
    }
}
