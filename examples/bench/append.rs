//! Writing with a trail against writing without: notes through the one door, then their rows in a
//! bare loop, with the rows of the trail and with those of state alone.

use crate::bare::{Result, Rows, next_place};
use crate::measure::{doing, rate, row};
use crate::seed::{Seeded, maya};
use std::{fs, path::Path, time::Instant};
use trailbox::{
    desk::articles,
    domain::actor::Who,
    domain::id::{ConversationId, Object},
    ledger::{Now, Wish},
};

/// How many wishes share a commit: as they come one by one, and in full batches.
const TOGETHER: [usize; 3] = [1, 32, 200];

/// Notes in a desk, so many with each number of them a commit.
pub fn append(desk: &Seeded, folder: &Path, notes: usize) -> Result<()> {
    doing("writing notes through the one door");
    let before = folder.join("before-append.db");
    fs::copy(desk.home.database(), &before)?;
    let first_new = next_place(&before)?;
    let mut with_trail = Vec::new();
    {
        let (ledger, maya) = (desk.open()?, maya());
        for together in TOGETHER {
            let began = Instant::now();
            let mut done = 0;
            while done < notes {
                let batch = together.min(notes - done);
                let wishes = (0..batch).map(|n| -> (Who, Wish) {
                    let id = ConversationId((done + n) as u64 % desk.conversations + 1);
                    let wish = move |now: &Now<'_>| {
                        articles::note(now, Object::Conversation(id), "Looked into it again.")
                    };
                    (maya.clone(), Box::new(wish))
                });
                let receipts = ledger.record_each(wishes.collect())?;
                receipts.into_iter().try_for_each(|one| one.map(drop))?;
                done += batch;
            }
            with_trail.push((together, rate(notes, began.elapsed())));
        }
        ledger.close()?;
    }
    let rows = Rows::since(&desk.home.database(), first_new)?;
    let written = TOGETHER.len() * notes;
    for (together, with) in with_trail {
        doing(&format!(
            "the same rows in a bare loop, {together} a commit"
        ));
        let bare = |trail| -> Result<f64> {
            let copy = folder.join("bare-append.db");
            fs::copy(&before, &copy)?;
            Ok(rate(written, rows.replay(&copy, written, together, trail)?))
        };
        let (same, without) = (bare(true)?, bare(false)?);
        row(
            &format!("notes through the one door, {together} a commit"),
            &[
                format!("{with:.0} notes/s"),
                format!("{:.2} x the same rows bare ({same:.0}/s)", with / same),
                format!(
                    "{:.2} x those without the trail ({without:.0}/s)",
                    with / without
                ),
            ],
        );
    }
    fs::remove_file(&before)?;
    Ok(())
}
