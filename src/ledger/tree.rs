//! The Merkle tree over the trail: hashing, the growing right edge, proofs and their check.
//!
//! **Source:** RFC 6962 §2.1 (hashing), RFC 9162 §2.1.3–2.1.4 (proofs and their verification).

use sha2::{Digest, Sha256};

/// A SHA-256 hash. **Unit:** 32 bytes.
pub type Hash = [u8; 32];

/// The root of the tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The leaf of an entry: SHA-256(0x00 || entry).
pub fn leaf(entry: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry);
    hasher.finalize().into()
}

/// The node above two nodes: SHA-256(0x01 || left || right).
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The right edge of the tree: the roots of the full subtrees its leaves fall into, the largest
/// first. Enough to append and to tell the root; never more than 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

/// A full subtree that an append completed: its height and its root.
pub type Completed = (u32, Hash);

impl Edge {
    /// The edge of a tree with `size` leaves, from the roots of its full subtrees, the largest
    /// first. None if there are not as many as `size` has one bits.
    pub fn of(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() as u32 == size.count_ones()).then_some(Edge { size, peaks })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; tells the full subtrees of height 8, 16, 24 … that are complete now.
    pub fn push(&mut self, leaf: Hash) -> Vec<Completed> {
        let mut completed = Vec::new();
        let mut hash = leaf;
        let mut height = 0;
        while self.size >> height & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
            height += 1;
            if height % 8 == 0 {
                completed.push((height, hash));
            }
        }
        self.peaks.push(hash);
        self.size += 1;
        completed
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

/// The largest power of two below `size`; `size` must be at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The root over the leaves `from..to`, where `subtree(height, place)` tells the root of a full
/// subtree of 2^height leaves.
pub fn root_of<E>(
    from: u64,
    to: u64,
    subtree: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let size = to - from;
    if size == 0 {
        return Ok(empty_root());
    }
    if size.is_power_of_two() && from.is_multiple_of(size) {
        let height = size.trailing_zeros();
        return subtree(height, from >> height);
    }
    let middle = from + split(size);
    let left = root_of(from, middle, subtree)?;
    let right = root_of(middle, to, subtree)?;
    Ok(node(&left, &right))
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, from the leaf upwards.
pub fn prove_inclusion<E>(
    index: u64,
    size: u64,
    subtree: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(root_of(middle, to, subtree)?);
            to = middle;
        } else {
            proof.push(root_of(from, middle, subtree)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `old` leaves is the beginning of the one of `size` leaves.
pub fn prove_consistency<E>(
    old: u64,
    size: u64,
    subtree: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    let mut whole = true;
    if old == 0 || old == size {
        return Ok(proof);
    }
    loop {
        if to == old {
            if !whole {
                proof.push(root_of(from, to, subtree)?);
            }
            break;
        }
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(root_of(middle, to, subtree)?);
            to = middle;
        } else {
            proof.push(root_of(from, middle, subtree)?);
            from = middle;
            whole = false;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Whether the proof shows that `leaf` stands at `index` in the tree of `size` leaves with `root`.
///
/// **Source:** RFC 9162 §2.1.3.2.
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut position, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            hash = node(step, &hash);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the proof shows that the tree of `old` leaves is the beginning of the one of `size`.
///
/// **Source:** RFC 9162 §2.1.4.2.
pub fn verify_consistency(
    old: u64,
    size: u64,
    proof: &[Hash],
    old_root: &Hash,
    root: &Hash,
) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    let mut steps = proof.iter();
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(first) = first else { return false };
    let (mut position, mut last) = (old - 1, size - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            old_hash = node(step, &old_hash);
            hash = node(step, &hash);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use std::convert::Infallible;

    const INPUTS: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    fn leaves() -> Vec<Hash> {
        INPUTS
            .iter()
            .map(|hex| leaf(&HEXLOWER.decode(hex.as_bytes()).unwrap()))
            .collect()
    }

    fn subtree(leaves: &[Hash]) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> + '_ {
        |height, place| {
            let from = (place << height) as usize;
            let mut edge = Edge::default();
            for leaf in &leaves[from..from + (1 << height)] {
                edge.push(*leaf);
            }
            Ok(edge.root())
        }
    }

    #[test]
    fn the_roots_known_from_certificate_transparency_come_out() {
        let known = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut edge = Edge::default();
        assert_eq!(HEXLOWER.encode(&edge.root()), known[0]);
        for (leaf, root) in leaves().into_iter().zip(&known[1..]) {
            edge.push(leaf);
            assert_eq!(HEXLOWER.encode(&edge.root()), *root);
        }
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other_does() {
        let leaves: Vec<Hash> = (0..40u8).map(|n| leaf(&[n])).collect();
        let roots: Vec<Hash> = (0..=40)
            .map(|size| {
                root_of(0, size, &mut subtree(&leaves)).unwrap_or_else(|never| match never {})
            })
            .collect();
        for size in 1..=40u64 {
            for index in 0..size {
                let proof = prove_inclusion(index, size, &mut subtree(&leaves))
                    .unwrap_or_else(|never| match never {});
                let (leaf, root) = (&leaves[index as usize], &roots[size as usize]);
                assert!(verify_inclusion(index, size, leaf, &proof, root));
                assert!(
                    !verify_inclusion(index, size, &leaves[39 - index as usize / 2], &proof, root)
                        || leaves[39 - index as usize / 2] == *leaf
                );
                let mut longer = proof.clone();
                longer.push([0; 32]);
                assert!(!verify_inclusion(index, size, leaf, &longer, root));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!verify_inclusion(index, size, leaf, shorter, root));
                }
            }
            for old in 0..=size {
                let proof = prove_consistency(old, size, &mut subtree(&leaves))
                    .unwrap_or_else(|never| match never {});
                let (old_root, root) = (&roots[old as usize], &roots[size as usize]);
                assert!(
                    verify_consistency(old, size, &proof, old_root, root),
                    "{old} in {size}"
                );
                if old > 0 && old < size {
                    assert!(!verify_consistency(old, size, &proof, &[7; 32], root));
                    assert!(!verify_consistency(old, size, &proof, old_root, &[7; 32]));
                }
            }
        }
    }
}
