//! Refusals that come back with the form they belong to.

use crate::error::{Refusal, RefusalKind};
use std::collections::BTreeMap;

/// Whether a refusal is shown at its form; others have a page of their own.
pub fn shown(refusal: &Refusal) -> bool {
    matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict)
}

/// What is wrong, by field; empty without a refusal.
pub fn wrong(refused: Option<&Refusal>) -> BTreeMap<String, String> {
    let refused = refused.iter();
    refused
        .map(|refusal| {
            let field = refusal.field.unwrap_or_default();
            (field.to_owned(), refusal.text.clone())
        })
        .collect()
}
