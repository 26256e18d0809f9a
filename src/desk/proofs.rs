//! Proofs out of the tree: that an event is among the first so many, that an older tree is the
//! beginning of a newer one. Many proofs of events near each other cost little more than one.

use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::ledger::tree::{self, Hash};

/// Nodes of one group: 2^8 of one level, and the full subtrees over them.
const GROUP: u64 = 256;

/// Groups of one level that are kept, the last used first: the one a proof climbs through and
/// those on the right edge of the tree.
const KEPT: usize = 4;

/// Proves against the tree over the first `size` events.
///
/// **Limit:** memory for four groups of each level, 16 KiB each.
pub struct Prover<'a, 'b> {
    now: &'a Now<'b>,
    size: u64,
    levels: Vec<Vec<Group>>,
}

/// The full subtrees over neighbouring nodes of one level, by height above it.
struct Group {
    place: u64,
    heights: Vec<Vec<Hash>>,
}

impl<'a, 'b> Prover<'a, 'b> {
    /// Over the first `size` events.
    ///
    /// **Refuses:** a size the trail has not reached.
    pub fn new(now: &'a Now<'b>, size: u64) -> Result<Self> {
        let newest = now.next_seq().0;
        if size > newest {
            let text = format!("the trail has {newest} events, not {size}");
            return Err(Refusal::not_found(text).into());
        }
        Ok(Prover {
            now,
            size,
            levels: Vec::new(),
        })
    }

    /// The root over the first `size` events, or fewer.
    pub fn root(&mut self, size: u64) -> Result<Hash> {
        self.node(0, size)
    }

    /// The proof that an event is among them, from the leaf upwards.
    ///
    /// **Refuses:** an event beyond them.
    pub fn inclusion(&mut self, seq: u64) -> Result<Vec<Hash>> {
        if seq >= self.size {
            let text = format!(
                "event {seq} is not among the first {size}",
                size = self.size
            );
            return Err(Refusal::not_found(text).into());
        }
        let size = self.size;
        tree::prove_inclusion(seq, size, &mut |height, place| self.subtree(height, place))
    }

    /// The proof that the first `old` events are the beginning of them.
    ///
    /// **Refuses:** a larger number than there are.
    pub fn consistency(&mut self, old: u64) -> Result<Vec<Hash>> {
        if old > self.size {
            let text = format!("{old} events are more than {size}", size = self.size);
            return Err(Refusal::not_found(text).into());
        }
        let size = self.size;
        tree::prove_consistency(old, size, &mut |height, place| self.subtree(height, place))
    }

    /// The nodes one needs beside the leaves at these places, ascending, to come to the root: level
    /// above the leaves, place in the level, hash. A node whose right half is not there yet stands
    /// for what is there of it.
    pub fn complement(&mut self, places: &[u64]) -> Result<Vec<(u32, u64, Hash)>> {
        let mut needed = Vec::new();
        let (mut row, mut count, mut level) = (places.to_vec(), self.size, 0);
        while count > 1 {
            let mut above: Vec<u64> = Vec::with_capacity(row.len());
            for (at, place) in row.iter().enumerate() {
                let sibling = place ^ 1;
                let beside = match sibling < *place {
                    true => at.checked_sub(1).and_then(|at| row.get(at)),
                    false => row.get(at + 1),
                };
                if sibling < count && beside != Some(&sibling) {
                    let from = sibling << level;
                    let hash = self.node(from, self.size.min((sibling + 1) << level))?;
                    needed.push((level, sibling, hash));
                }
                if above.last() != Some(&(place >> 1)) {
                    above.push(place >> 1);
                }
            }
            (row, count, level) = (above, count.div_ceil(2), level + 1);
        }
        Ok(needed)
    }

    fn node(&mut self, from: u64, to: u64) -> Result<Hash> {
        tree::root_of(from, to, &mut |height, place| self.subtree(height, place))
    }

    /// The root of a full subtree of 2^height leaves.
    fn subtree(&mut self, height: u32, place: u64) -> Result<Hash> {
        let (level, above) = ((height / 8) as usize, height % 8);
        let group = place >> (8 - above);
        let within = place & ((GROUP >> above) - 1);
        let found = self.group(level, group)?.heights.get(above as usize);
        let hash = found.and_then(|row| row.get(within as usize)).copied();
        hash.ok_or_else(|| {
            Error::fault(format!(
                "the tree has no node {place} at height {height}; verify the desk"
            ))
        })
    }

    fn group(&mut self, level: usize, place: u64) -> Result<&Group> {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        let known = self
            .levels
            .get(level)
            .and_then(|kept| kept.iter().position(|group| group.place == place));
        let group = match (self.levels.get_mut(level), known) {
            (Some(kept), Some(at)) => kept.remove(at),
            _ => self.read(level, place)?,
        };
        let kept = &mut self.levels[level]; // there since the first line
        kept.insert(0, group);
        kept.truncate(KEPT);
        Ok(&kept[0]) // inserted one line above
    }

    fn read(&self, level: usize, place: u64) -> Result<Group> {
        let from = place * GROUP;
        let until = from + GROUP;
        let mut nodes: Vec<Hash> = Vec::with_capacity(GROUP as usize);
        if level == 0 {
            self.now.each(
                "SELECT leaf FROM event WHERE seq >= :from AND seq < :until ORDER BY seq",
                &[(":from", &from), (":until", &until)],
                |row| {
                    nodes.push(row.get("leaf")?);
                    Ok(())
                },
            )?;
        } else {
            let level = level as u64;
            self.now.each(
                "SELECT root FROM tile
                  WHERE level = :level AND place >= :from AND place < :until ORDER BY place",
                &[(":level", &level), (":from", &from), (":until", &until)],
                |row| {
                    nodes.push(row.get("root")?);
                    Ok(())
                },
            )?;
        }
        let mut heights = vec![nodes];
        while let Some(below) = heights.last().filter(|row| row.len() > 1) {
            let above = below.chunks_exact(2).map(|pair| match pair {
                [left, right] => tree::node(left, right),
                _ => [0; 32], // chunks of two are pairs
            });
            heights.push(above.collect());
        }
        Ok(Group { place, heights })
    }
}
