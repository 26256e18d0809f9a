//! Signed notes and checkpoints: the signed statement "the trail had N events with this root".
//! Signatures of witnesses under it are in [`super::cosign`].
//!
//! **Source:** C2SP signed-note and tlog-checkpoint; the verifier key is
//! `name+8hex+base64(0x01 || public key)`.

use super::tree::Hash;
use crate::error::{Error, Refusal, Result};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The algorithm byte of Ed25519 in a verifier key.
const ED25519: u8 = 1;

/// How a signature line begins.
pub(super) const DASH: &str = "\u{2014} ";

/// The key that signs a desk's checkpoints, under the desk's origin as its name.
#[derive(Clone)]
pub struct Pen {
    name: String,
    key: SigningKey,
}

/// The key that verifies them; public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A checkpoint: origin, size and root, as verified out of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose trail.
    pub origin: String,
    /// How many events.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// What a key is told apart by in a signature line.
pub(super) fn key_id(name: &str, algorithm: u8, key: &VerifyingKey) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', algorithm]);
    hasher.update(key.as_bytes());
    let digest: Hash = hasher.finalize().into();
    [digest[0], digest[1], digest[2], digest[3]] // a digest has 32 bytes
}

/// A verifier key as text.
pub(super) fn key_text(name: &str, algorithm: u8, key: &VerifyingKey) -> String {
    let mut bytes = vec![algorithm];
    bytes.extend_from_slice(key.as_bytes());
    let id = HEXLOWER.encode(&key_id(name, algorithm, key));
    format!("{name}+{id}+{}", BASE64.encode(&bytes))
}

/// Name, id and key out of a verifier key of this algorithm.
pub(super) fn read_key(text: &str, algorithm: u8) -> Result<(String, [u8; 4], VerifyingKey)> {
    let refuse = |why: &str| Refusal::invalid(format!("verifier key {text}: {why}"));
    let mut parts = text.trim().splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refuse("not of the form name+hash+key").into());
    };
    let bytes = BASE64
        .decode(key.as_bytes())
        .map_err(|_| refuse("the key is not base64"))?;
    let key = match bytes.split_first() {
        Some((first, key)) if *first == algorithm => key,
        _ if algorithm == ED25519 => return Err(refuse("not an Ed25519 key").into()),
        _ => return Err(refuse("not the key of a witness").into()),
    };
    let key: &[u8; 32] = key
        .try_into()
        .map_err(|_| refuse("the key has not 32 bytes"))?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| refuse("the key is no point"))?;
    let expected = key_id(name, algorithm, &key);
    if HEXLOWER.encode(&expected) != id {
        return Err(refuse("its hash does not fit name and key").into());
    }
    Ok((name.to_owned(), expected, key))
}

/// A note in its two parts: the text with the line end before the empty line, and the signature
/// lines.
pub(super) fn parts(note: &str) -> Result<(String, &str)> {
    let Some((text, signatures)) = note.rsplit_once("\n\n") else {
        return Err(refused("has no signatures"));
    };
    if !signatures.ends_with('\n') {
        return Err(refused("is cut off"));
    }
    Ok((format!("{text}\n"), signatures))
}

/// The signature lines of a note, as they stand there.
pub(super) fn signature_lines(note: &str) -> Result<impl Iterator<Item = &str>> {
    Ok(parts(note)?.1.split_terminator('\n'))
}

impl Pen {
    /// A pen under a name, from a seed of 32 bytes.
    pub fn new(name: impl Into<String>, seed: &[u8; 32]) -> Self {
        Pen {
            name: name.into(),
            key: SigningKey::from_bytes(seed),
        }
    }

    /// The key that verifies what this pen signs.
    pub fn verifier(&self) -> Verifier {
        let key = self.key.verifying_key();
        Verifier {
            id: key_id(&self.name, ED25519, &key),
            name: self.name.clone(),
            key,
        }
    }

    /// The signed note of a checkpoint.
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        let text = self.text(size, root);
        format!("{text}\n{}", self.line(&text))
    }

    /// The same signed by another pen of this name as well: the key before and the key after.
    pub fn sign_with(&self, other: &Pen, size: u64, root: &Hash) -> String {
        let text = self.text(size, root);
        format!("{text}\n{}{}", self.line(&text), other.line(&text))
    }

    fn text(&self, size: u64, root: &Hash) -> String {
        format!("{}\n{size}\n{}\n", self.name, BASE64.encode(root))
    }

    fn line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let mut stamp = self.verifier().id.to_vec();
        stamp.extend_from_slice(&signature.to_bytes());
        format!("{DASH}{} {}\n", self.name, BASE64.encode(&stamp))
    }
}

impl Verifier {
    /// Reads a verifier key.
    ///
    /// **Refuses:** anything that is not `name+8hex+base64` with an Ed25519 key whose id fits.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, id, key) = read_key(text, ED25519)?;
        Ok(Verifier { name, id, key })
    }

    /// The key as text, to be written down.
    pub fn text(&self) -> String {
        key_text(&self.name, ED25519, &self.key)
    }

    /// The name: the origin of the desk's checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a signature line, taken without its end, names this key; not whether it is right.
    pub(super) fn wrote(&self, line: &str) -> bool {
        let stamp = line
            .strip_prefix(DASH)
            .and_then(|line| line.strip_prefix(self.name.as_str()))
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(|stamp| BASE64.decode(stamp.as_bytes()).ok());
        stamp.is_some_and(|stamp| stamp.starts_with(&self.id))
    }

    /// The checkpoint in a note, if this key signed it.
    ///
    /// **Refuses:** a note of another form, another origin, without our signature or with a wrong
    /// one.
    pub fn open(&self, note: &str) -> Result<Checkpoint> {
        let (text, signatures) = parts(note)?;
        let mut signed = false;
        for line in signatures.lines() {
            let Some((name, stamp)) = line
                .strip_prefix(DASH)
                .and_then(|line| line.split_once(' '))
            else {
                return Err(refused("has a signature line of another form"));
            };
            if name != self.name {
                continue;
            }
            let Ok(stamp) = BASE64.decode(stamp.as_bytes()) else {
                return Err(refused("has a signature that is not base64"));
            };
            let Some((id, signature)) = stamp.split_first_chunk::<4>() else {
                return Err(refused("has a signature that is too short"));
            };
            if id != &self.id {
                continue;
            }
            let Ok(signature) = Signature::from_slice(signature) else {
                return Err(refused("has a signature of another length"));
            };
            if self.key.verify_strict(text.as_bytes(), &signature).is_err() {
                return Err(refused("has a wrong signature"));
            }
            signed = true;
        }
        if !signed {
            return Err(refused(&format!("is not signed by {}", self.name)));
        }
        let checkpoint = Checkpoint::parse(&text)?;
        if checkpoint.origin != self.name {
            return Err(refused(&format!(
                "is of another desk, {}",
                checkpoint.origin
            )));
        }
        Ok(checkpoint)
    }
}

impl Checkpoint {
    /// Reads the text of a checkpoint, without looking at signatures.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(refused("has fewer than three lines"));
        };
        let plain = !size.is_empty()
            && size.bytes().all(|byte| byte.is_ascii_digit())
            && (size == "0" || !size.starts_with('0'));
        let (true, Ok(size)) = (plain, size.parse()) else {
            return Err(refused("has a size that is not a number"));
        };
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|root| root.try_into().ok());
        let Some(root) = root else {
            return Err(refused("has a root that is not 32 bytes in base64"));
        };
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size,
            root,
        })
    }
}

pub(super) fn refused(what: &str) -> Error {
    Refusal::invalid(format!("the checkpoint {what}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_opens_under_its_own_key_alone() {
        let pen = Pen::new("noor-and-mar/0a1b2c3d", &[7; 32]);
        let verifier = Verifier::parse(&pen.verifier().text()).unwrap();
        assert_eq!(verifier, pen.verifier());
        let note = pen.sign(12, &[9; 32]);
        let checkpoint = verifier.open(&note).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (12, [9; 32]));
        assert!(verifier.open(&note.replace("\n12\n", "\n13\n")).is_err());
        assert!(verifier.open(note.trim_end()).is_err());
        assert!(
            Pen::new("noor-and-mar/0a1b2c3d", &[8; 32])
                .verifier()
                .open(&note)
                .is_err()
        );
        assert!(
            Pen::new("other/0a1b2c3d", &[7; 32])
                .verifier()
                .open(&note)
                .is_err()
        );
        for at in 0..note.len() {
            if note.is_char_boundary(at) && note.is_char_boundary(at + 1) {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1;
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert!(verifier.open(&changed).is_err(), "byte {at}");
                }
            }
        }
    }

    #[test]
    fn a_verifier_key_of_another_form_is_refused() {
        for text in ["", "a+b", "a+00000000+AQ==", "a+00000000+!!", "a+0+"] {
            assert!(Verifier::parse(text).is_err(), "{text}");
        }
    }
}
