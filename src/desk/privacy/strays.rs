//! Bodies nothing came of: what was told twice, and what could not be read. No event about the
//! person names them as its cause, and yet they hold what the person wrote.

use super::named::Names;
use crate::domain::id::Seq;
use crate::domain::privacy::Kind;
use crate::error::Result;
use crate::ledger::{Now, Row};
use std::collections::BTreeMap;

/// As much of a body is looked at: the head of a letter, a whole call of a provider.
/// **Unit:** bytes.
const LOOKED_AT: usize = 256 * 1024;

/// Adds the bodies nothing came of that hold a number, an address or a whole name of a person.
/// What waits to be read stays: something may come of it.
pub fn add(
    now: &Now<'_>,
    names: &Names,
    targets: &mut BTreeMap<(Seq, String), Kind>,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    now.each(
        "SELECT file.seq AS seq, file.field AS field, substr(bytes, 1, :most) AS bytes
           FROM payload JOIN file ON file.seq = payload.seq
           JOIN disclosure ON disclosure.seq = file.seq AND disclosure.field = file.field
          WHERE payload.state <> 'waiting' AND NOT EXISTS
                (SELECT 1 FROM trail WHERE cause = payload.seq
                    AND event NOT IN ('channel.payload_read', 'channel.payload_unreadable'))
          ORDER BY file.seq, file.field",
        &[(":most", &(LOOKED_AT as i64))],
        |row: &Row<'_>| {
            let bytes: Vec<u8> = row.get("bytes")?;
            if names.stand_in(&String::from_utf8_lossy(&bytes)) {
                targets.insert((row.get("seq")?, row.get("field")?), Kind::Payloads);
            }
            Ok(())
        },
    )
}
