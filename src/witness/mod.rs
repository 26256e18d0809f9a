//! The witness: a second machine that signs a desk's checkpoints once it has seen that each is the
//! continuation of the last. It knows no desk's events, only the newest checkpoint of each.
//!
//! **Source:** C2SP tlog-witness, the call add-checkpoint.

mod kept;

pub use kept::{Keep, Known};

use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::cosign::Cosigner;
use crate::ledger::note::{Checkpoint, Verifier};
use crate::ledger::tlog::Consistency;
use crate::ledger::tree::{empty_root, verify_consistency};
use std::sync::{Mutex, PoisonError};

/// The type of an answer that tells a size.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A witness: whose checkpoints it signs, and what it has signed.
pub struct Witness {
    logs: Vec<Verifier>,
    keep: Mutex<Keep>,
}

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: it signed; the line with its end.
    Cosigned(String),
    /// 400: not a request of this form.
    Malformed(String),
    /// 403: signed by no key that is trusted for this origin.
    Untrusted,
    /// 404: it was not told of this origin.
    Unknown,
    /// 409: it knows a checkpoint of this size, and the request goes on from another.
    Knows(u64),
    /// 422: the newer checkpoint is not shown to continue the older one.
    Inconsistent,
}

impl Answer {
    /// Its HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Answer::Cosigned(_) => 200,
            Answer::Malformed(_) => 400,
            Answer::Untrusted => 403,
            Answer::Unknown => 404,
            Answer::Knows(_) => 409,
            Answer::Inconsistent => 422,
        }
    }

    /// Its body.
    pub fn text(&self) -> String {
        match self {
            Answer::Cosigned(line) => line.clone(),
            Answer::Malformed(why) => format!("{why}\n"),
            Answer::Untrusted => "not signed with a key trusted for this origin\n".to_owned(),
            Answer::Unknown => "not a witness of this origin\n".to_owned(),
            Answer::Knows(size) => format!("{size}\n"),
            Answer::Inconsistent => {
                "not shown to be a continuation of what was signed before\n".to_owned()
            }
        }
    }
}

impl Witness {
    /// A witness of the logs with these keys; an origin may have several, one after the other.
    pub fn new(logs: Vec<Verifier>, keep: Keep) -> Self {
        Witness {
            logs,
            keep: Mutex::new(keep),
        }
    }

    /// The key its signatures are verified with.
    pub fn cosigner(&self) -> Cosigner {
        let keep = self.keep.lock().unwrap_or_else(PoisonError::into_inner);
        keep.cosigner()
    }

    /// Answers one request. Looking and keeping are one step: of two requests that go on from the
    /// same checkpoint one is told of the other.
    ///
    /// **Fails:** when the new checkpoint cannot be kept; nothing is signed then.
    pub fn add_checkpoint(&self, body: &str, at: Moment) -> Result<Answer> {
        let malformed = |error: &dyn std::fmt::Display| Answer::Malformed(error.to_string());
        let asked = match Consistency::read(body) {
            Ok(asked) => asked,
            Err(error) => return Ok(malformed(&error)),
        };
        let stated = match Checkpoint::parse(&asked.note) {
            Ok(stated) => stated,
            Err(error) => return Ok(malformed(&error)),
        };
        let mut keys = self.logs.iter().filter(|key| key.name() == stated.origin);
        let Some(first) = keys.next() else {
            return Ok(Answer::Unknown);
        };
        let opened = std::iter::once(first)
            .chain(keys)
            .find_map(|key| key.open(&asked.note).ok());
        let Some(new) = opened else {
            return Ok(Answer::Untrusted);
        };
        if asked.old > new.size {
            let text = "the old size is larger than that of the checkpoint";
            return Ok(Answer::Malformed(text.to_owned()));
        }
        let mut keep = self.keep.lock().unwrap_or_else(PoisonError::into_inner);
        let known = keep
            .newest(&new.origin)
            .map(|known| known.checkpoint.clone());
        let (size, root) = known.map_or((0, empty_root()), |known| (known.size, known.root));
        if asked.old != size || (asked.old == new.size && root != new.root) {
            return Ok(Answer::Knows(size));
        }
        if !verify_consistency(size, new.size, &asked.proof, &root, &new.root) {
            return Ok(Answer::Inconsistent);
        }
        Ok(Answer::Cosigned(keep.sign(&asked.note, &new, at)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::Pen;
    use crate::ledger::tree::{Edge, Hash, leaf, prove_consistency, root_of};
    use std::convert::Infallible;

    const AT: Moment = Moment(1_795_316_400_000);

    /// A log that signs trees over the numbers from a first one on.
    struct Log {
        pen: Pen,
        first: u64,
    }

    impl Log {
        fn subtree(&self, height: u32, place: u64) -> Hash {
            let from = place << height;
            let mut edge = Edge::default();
            for n in from..from + (1 << height) {
                // A fork: other leaves from some place on.
                let fork = if n >= 4 { self.first } else { 0 };
                edge.push(leaf(format!("{fork} {n}").as_bytes()));
            }
            edge.root()
        }

        fn root(&self, size: u64) -> Hash {
            let mut ask = |height, place| Ok::<_, Infallible>(self.subtree(height, place));
            root_of(0, size, &mut ask).unwrap()
        }

        fn body(&self, old: u64, size: u64) -> String {
            let mut ask = |height, place| Ok::<_, Infallible>(self.subtree(height, place));
            let proof = match old {
                0 => Vec::new(),
                old => prove_consistency(old, size, &mut ask).unwrap(),
            };
            let note = self.pen.sign(size, &self.root(size));
            Consistency { old, proof, note }.text()
        }
    }

    fn log(first: u64) -> Log {
        let pen = Pen::new("shop/00000000", &[1; 32]);
        Log { pen, first }
    }

    fn witness(folder: &std::path::Path) -> Witness {
        let keep = Keep::open(folder, "witness.example/w1").unwrap();
        Witness::new(vec![log(0).pen.verifier()], keep)
    }

    #[test]
    fn only_what_goes_on_from_the_newest_is_signed() {
        let folder = tempfile::tempdir().unwrap();
        let own = log(0);
        let mut told = witness(folder.path());
        let cosigner = told.cosigner();
        let says = |witness: &Witness, body: &str| witness.add_checkpoint(body, AT).unwrap();
        assert_eq!(says(&told, &own.body(3, 5)), Answer::Knows(0));
        for (old, size) in [(0, 5), (5, 5), (5, 6), (6, 13)] {
            let body = own.body(old, size);
            let Answer::Cosigned(line) = says(&told, &body) else {
                panic!("{old} {size}: {:?}", says(&told, &body));
            };
            let note = Consistency::read(&body).unwrap().note;
            let found = cosigner.open(&format!("{note}{line}")).unwrap();
            assert_eq!(found.at_s, 1_795_316_400);
            // What it signed stands on disk: another process goes on from there.
            drop(told);
            told = witness(folder.path());
        }
        assert_eq!(
            says(&told, &own.body(6, 13)),
            Answer::Knows(13),
            "told again"
        );
        assert_eq!(
            says(&told, &own.body(0, 6)),
            Answer::Knows(13),
            "an older one"
        );
        let fork = log(7);
        assert_eq!(
            says(&told, &fork.body(13, 13)),
            Answer::Knows(13),
            "same size"
        );
        assert_eq!(says(&told, &fork.body(13, 20)), Answer::Inconsistent);
        let mut short = Consistency::read(&own.body(13, 20)).unwrap();
        short.proof.pop();
        assert_eq!(says(&told, &short.text()), Answer::Inconsistent);
        let stranger = Pen::new("shop/00000000", &[5; 32]);
        let note = stranger.sign(20, &own.root(20));
        let body = Consistency {
            note,
            ..short.clone()
        }
        .text();
        assert_eq!(says(&told, &body), Answer::Untrusted);
        let note = Pen::new("other/00000000", &[1; 32]).sign(20, &own.root(20));
        let body = Consistency { note, ..short }.text();
        assert_eq!(says(&told, &body), Answer::Unknown);
        for body in [
            "",
            "old 1\n",
            "old -1\n\nx\n",
            "old 0\n\nshop/00000000\n1\n",
        ] {
            assert!(
                matches!(says(&told, body), Answer::Malformed(_)),
                "{body:?}"
            );
        }
        let early = own.body(13, 13).replace("old 13", "old 14");
        assert!(matches!(says(&told, &early), Answer::Malformed(_)));
        assert!(matches!(
            says(&told, &own.body(13, 20)),
            Answer::Cosigned(_)
        ));
    }
}
