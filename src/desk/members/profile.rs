//! What members set for themselves: name, address, preferences.

use super::{Preferences, free_email, get, one_of, valid_name};
use crate::domain::calendar::Zone;
use crate::domain::event::{Change, Fact, MemberEvent};
use crate::domain::id::MemberId;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use serde_json::Value;
use std::collections::BTreeMap;

/// Changes name or preferences; what is not given stays.
///
/// **Refuses:** values outside their sets.
pub fn change_profile(
    now: &Now<'_>,
    member: MemberId,
    name: &str,
    wanted: &Preferences,
) -> Result<Vec<Fact>> {
    let present = get(now, member)?;
    let name = valid_name(name)?;
    one_of("language", &wanted.language, &["en", "es", "ar", "ur"])?;
    one_of("theme", &wanted.theme, &["system", "light", "dark"])?;
    one_of("density", &wanted.density, &["comfortable", "compact"])?;
    if !wanted.zone.is_empty() && Zone::named(&wanted.zone).is_err() {
        let text = format!("{} is not a time zone such as Asia/Karachi", wanted.zone);
        return Err(Refusal::invalid(text).at("zone").into());
    }
    let fit = |c: char| c.is_ascii_alphanumeric() || "+-_.@".contains(c);
    if wanted.extension.len() > 60 || !wanted.extension.chars().all(fit) {
        let text = format!("{} is not an extension such as 204", wanted.extension);
        return Err(Refusal::invalid(text).at("extension").into());
    }
    let before = serde_json::to_value(&present.preferences)?;
    let after = serde_json::to_value(wanted)?;
    let mut changes = BTreeMap::new();
    for key in ["language", "zone", "theme", "density", "keys", "extension"] {
        // A JSON object answers null to a name it does not have.
        let (from, to) = (before[key].clone(), after[key].clone());
        if from != to {
            changes.insert(key.to_owned(), Change { from, to });
        }
    }
    if name != present.name {
        let (from, to) = (Value::from(present.name), Value::from(name));
        changes.insert("name".to_owned(), Change { from, to });
    }
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![MemberEvent::ProfileChanged { member, changes }.into()])
}

/// Changes the address a member signs in with.
///
/// **Refuses:** an address that is none or is taken.
pub fn change_email(now: &Now<'_>, member: MemberId, email: &str) -> Result<Vec<Fact>> {
    let present = get(now, member)?.email;
    if present.eq_ignore_ascii_case(email.trim()) {
        return Ok(Vec::new());
    }
    let (from, to) = (Value::from(present), Value::from(free_email(now, email)?));
    let changes = BTreeMap::from([("email".to_owned(), Change { from, to })]);
    Ok(vec![MemberEvent::ProfileChanged { member, changes }.into()])
}
