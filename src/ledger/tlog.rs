//! Proofs as others read them: that an event is in a signed tree, and that an older tree is the
//! beginning of a newer one.
//!
//! **Source:** C2SP tlog-proof@v1, and the body of add-checkpoint in tlog-witness.

use super::tree::Hash;
use crate::error::{Refusal, Result};
use data_encoding::BASE64;

/// The first line of an inclusion proof.
const PROOF: &str = "c2sp.org/tlog-proof@v1";

/// No proof in a tree of 2^63 leaves is longer.
const STEPS_MAX: usize = 63;

/// That an event is in the tree of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Its place.
    pub index: u64,
    /// From the leaf upwards.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: String,
}

/// That a tree of so many events is the beginning of that of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// How many events the older one had.
    pub old: u64,
    /// The steps.
    pub proof: Vec<Hash>,
    /// The signed checkpoint of the newer one.
    pub note: String,
}

impl Inclusion {
    /// As a tlog-proof.
    pub fn text(&self) -> String {
        let index = format!("{PROOF}\nindex {}\n", self.index);
        written(index, &self.proof, &self.note)
    }

    /// Reads a tlog-proof.
    ///
    /// **Refuses:** what is not of its form.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |what: &str| Refusal::invalid(format!("the proof {what}"));
        let rest = text
            .strip_prefix(PROOF)
            .and_then(|text| text.strip_prefix('\n'));
        let mut rest = rest.ok_or_else(|| wrong("does not begin as one"))?;
        if let Some(extra) = rest.strip_prefix("extra ") {
            let (_, after) = extra.split_once('\n').ok_or_else(|| wrong("is cut off"))?;
            rest = after;
        }
        let (index, proof, note) =
            parts(rest, "index ").ok_or_else(|| wrong("is not of its form"))?;
        Ok(Inclusion { index, proof, note })
    }
}

impl Consistency {
    /// As the body of add-checkpoint.
    pub fn text(&self) -> String {
        written(format!("old {}\n", self.old), &self.proof, &self.note)
    }

    /// Reads the body of add-checkpoint.
    ///
    /// **Refuses:** what is not of its form.
    pub fn read(text: &str) -> Result<Self> {
        let found = parts(text, "old ");
        let (old, proof, note) =
            found.ok_or_else(|| Refusal::invalid("not an old size, a proof and a checkpoint"))?;
        Ok(Consistency { old, proof, note })
    }
}

fn written(mut text: String, proof: &[Hash], note: &str) -> String {
    for step in proof {
        text.push_str(&BASE64.encode(step));
        text.push('\n');
    }
    format!("{text}\n{note}")
}

/// A line with a number, hashes, an empty line, a note.
fn parts(text: &str, word: &str) -> Option<(u64, Vec<Hash>, String)> {
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    let number = lines.next()?.strip_prefix(word)?;
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let short = number == "0" || !number.starts_with('0');
    let number = number.parse().ok().filter(|_| plain && short)?;
    let hash = |line: &str| BASE64.decode(line.as_bytes()).ok()?.try_into().ok();
    let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
    (proof.len() <= STEPS_MAX).then(|| (number, proof, note.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::Pen;

    #[test]
    fn proofs_are_read_as_they_are_written_and_no_other_way() {
        let note = Pen::new("shop/00000000", &[1; 32]).sign(9, &[2; 32]);
        let (inclusion, consistency) = (
            Inclusion {
                index: 7,
                proof: vec![[3; 32], [4; 32]],
                note: note.clone(),
            },
            Consistency {
                old: 0,
                proof: Vec::new(),
                note,
            },
        );
        let text = inclusion.text();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 7\nAwMD"));
        assert_eq!(Inclusion::read(&text).unwrap(), inclusion);
        let extra = text.replacen("index", "extra AAAA\nindex", 1);
        assert_eq!(Inclusion::read(&extra).unwrap(), inclusion);
        assert_eq!(Consistency::read(&consistency.text()).unwrap(), consistency);
        for wrong in [
            text.replace("index 7", "index 07"),
            text.replace("index 7", "index +7"),
            text.replace("@v1", "@v2"),
            text.replace("AwMD", "Aw.D"),
            text.replace("\n\n", "\n"),
            String::new(),
        ] {
            assert!(Inclusion::read(&wrong).is_err(), "{wrong}");
        }
    }
}
