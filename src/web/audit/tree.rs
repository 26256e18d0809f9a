//! What an event follows from, up to the first cause, and everything that followed from it.

use super::TreePage;
use super::explorer::row_at;
use crate::desk::audit;
use crate::domain::id::Seq;
use crate::error::Result;
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// Most causes shown above an event, and most events below it.
const ABOVE_MAX: usize = 50;
const BELOW_MAX: usize = 300;

/// `GET /audit/SEQ/causes`
pub fn show(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let now = visit.now()?;
    let language = visit.language();
    let row = |seq| row_at(&now, language, seq).map(|(_, row)| row);
    let this = audit::get(&now, seq)?;
    let mut above = Vec::new();
    let mut cause = this.entry.cause;
    while let Some(seq) = cause.filter(|_| above.len() < ABOVE_MAX) {
        above.push(row(seq)?);
        cause = audit::get(&now, seq)?.entry.cause;
    }
    above.reverse();
    let mut below = Vec::new();
    let mut open: Vec<(usize, Seq)> = vec![(0, seq)];
    while let Some((depth, seq)) = open.pop() {
        if below.len() == BELOW_MAX {
            open.push((depth, seq));
            break;
        }
        below.push((depth, row(seq)?));
        let left = (BELOW_MAX + 1 - below.len()) as u32; // at most 300
        let effects = audit::caused_by(&now, seq, left)?;
        open.extend(effects.into_iter().rev().map(|seq| (depth + 1, seq)));
    }
    let page = TreePage {
        seq: seq.0,
        above,
        more: !open.is_empty(),
        below,
    };
    visit.page(&now, "audit/tree.html", &page)
}
