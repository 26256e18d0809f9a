//! What of the bench is run, on how large a desk.

use crate::bare::Result;
use std::path::PathBuf;

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Writing through the one door, against the same rows without a trail.
    Append,
    /// Writing through HTTP.
    Wishes,
    /// Pages and search.
    Pages,
    /// Questions asked of the trail.
    Filters,
    /// Proofs out of the tree.
    Proofs,
    /// The trail taken out in each form.
    Exports,
    /// Opening, verifying, rebuilding.
    Trail,
}

impl Part {
    const ALL: [(Part, &'static str); 7] = [
        (Part::Append, "append"),
        (Part::Wishes, "wishes"),
        (Part::Pages, "pages"),
        (Part::Filters, "filters"),
        (Part::Proofs, "proofs"),
        (Part::Exports, "exports"),
        (Part::Trail, "trail"),
    ];
}

/// What was chosen on the command line.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Only to try the bench.
    pub small: bool,
    /// Conversations of each desk.
    pub sizes: Vec<u64>,
    /// The folder in which desks are kept; a temporary one without.
    pub desk: Option<PathBuf>,
    only: Vec<Part>,
}

impl Chosen {
    /// Reads it.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut chosen = Chosen::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--small" => chosen.small = true,
                "--size" => chosen.sizes.push(value()?.parse()?),
                "--desk" => chosen.desk = Some(value()?.into()),
                "--only" => {
                    for name in value()?.split(',') {
                        let found = Part::ALL.iter().find(|(_, known)| *known == name);
                        let (part, _) = found.ok_or(format!("there is no part {name}"))?;
                        chosen.only.push(*part);
                    }
                }
                other => return Err(format!("there is no choice {other}").into()),
            }
        }
        if chosen.sizes.is_empty() {
            chosen.sizes = match chosen.small {
                true => vec![300],
                false => vec![10_000, 100_000],
            };
        }
        Ok(chosen)
    }

    /// Whether a part is run.
    pub fn asks(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
