//! A desk that lies still: on a disc, in an archive, in a folder somebody else owns. SQLite writes
//! beside a database even to read it; here it is told that nobody will change it meanwhile.

use super::store::{Use, settings};
use crate::error::{Error, Fault, Refusal, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// What stays as it is in the path of an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// Whether SQLite could not even begin to read, as it does where it may not write beside.
pub(super) fn cannot_begin(db: &Connection) -> bool {
    let first = db.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()));
    let Err(rusqlite::Error::SqliteFailure(failure, _)) = first else {
        return false;
    };
    matches!(failure.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly)
}

/// Opens it to read. Without a log beside the database nobody has it open, here or elsewhere.
///
/// **Refuses:** with changes in the log, which cannot be read without writing.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let log = format!("{}-wal", path.display());
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Refusal::conflict(format!(
            "the newest changes lie in {log}, and nothing can be written beside it; copy the whole \
             folder to where you can write, and look there"
        ))
        .into());
    }
    let place = path
        .to_str()
        .ok_or_else(|| Error::fault(format!("{} is not written in UTF-8", path.display())))?;
    let address = format!("file:{}?immutable=1", utf8_percent_encode(place, PLAIN));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(address, flags).map_err(Fault::from)?;
    settings(&db, Use::Read)?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::super::store::{self, Use};

    #[test]
    fn what_lies_still_is_read_and_a_log_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("50 % of it?.db");
        let db = store::open(&path, Use::Write).unwrap();
        db.execute_batch("CREATE TABLE thing (id INTEGER); INSERT INTO thing VALUES (7)")
            .unwrap();
        let refused = super::open(&path).err().unwrap().to_string();
        assert!(
            refused.contains("-wal") && refused.contains("copy the whole"),
            "{refused}"
        );
        drop(db);
        let still = super::open(&path).unwrap();
        let id: i64 = still
            .query_row("SELECT id FROM thing", [], |row| row.get(0))
            .unwrap();
        assert_eq!(id, 7);
        assert!(still.execute("INSERT INTO thing VALUES (8)", []).is_err());
    }
}
