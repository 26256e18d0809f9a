//! The keys a trail tells of: the one of its first event and those that followed, held against the
//! one that was written down and the file that signs now.

use super::Options;
use super::report::{Code, Findings, Place};
use super::trail::Trail;
use crate::ledger::home::Home;
use crate::ledger::keys::Keys;
use crate::ledger::note::{Pen, Verifier};

/// The keys of a trail, in their order.
pub(super) fn of(first: Option<Verifier>, trail: &Trail, findings: &mut Findings) -> Option<Keys> {
    let mut keys = Keys::new(first?);
    for (seq, from, to) in &trail.rotations {
        let to = Verifier::parse(to);
        let named = to
            .as_ref()
            .is_ok_and(|to| to.name() == keys.newest().name());
        match to {
            Ok(to) if named && *from == keys.newest().text() => keys.follow(*seq, to),
            _ => {
                let meaning = "the exchange of the signing key that this event tells of does not \
                               follow from the key before";
                findings.add(Code::KeyChanged, Place::event(*seq), meaning);
            }
        }
    }
    Some(keys)
}

/// Holds them against the key that was given, and the file that signs.
pub(super) fn check(
    keys: Option<&Keys>,
    home: &Home,
    options: &Options<'_>,
    findings: &mut Findings,
    remarks: &mut Vec<String>,
) {
    let Some(keys) = keys else { return }; // said already
    match &options.vkey {
        Some(given) if !keys.holds(given) => {
            let meaning = format!(
                "the trail names the key {}, not the one given: the desk was replaced as a whole",
                keys.newest().text()
            );
            findings.add(Code::KeyChanged, Place::event(0), meaning);
        }
        Some(_) => {}
        None => remarks.push(
            "signatures were checked with the key the trail itself names; give the one written \
             down at set-up (--vkey) to be sure that the whole desk was not replaced"
                .to_owned(),
        ),
    }
    if !home.key_file().exists() {
        return;
    }
    let newest = keys.newest();
    let fits = |seed| Pen::new(newest.name(), &seed).verifier() == *newest;
    match home.read_key() {
        Ok(seed) if fits(seed) => {}
        Ok(_) if home.read_next_key().is_some_and(fits) => remarks.push(
            "an exchange of the signing key was cut off after its event; the next start ends it"
                .to_owned(),
        ),
        Ok(_) => {
            let meaning = "the signing key in the data folder is not the desk's: the desk will \
                           not open with it";
            findings.add(Code::KeyChanged, Place::thing("signing.key"), meaning);
        }
        Err(error) => remarks.push(error.to_string()),
    }
}
