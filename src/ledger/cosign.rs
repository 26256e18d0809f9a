//! Cosignatures: what a witness writes under somebody's checkpoint once it has seen that the trail
//! only grew. It says when, and that the witness knows of no longer one.
//!
//! **Source:** C2SP tlog-cosignature, Ed25519 (`cosignature/v1`); the verifier key is
//! `name+8hex+base64(0x04 || public key)`.

use super::note::{self, DASH};
use super::tree::Hash;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The algorithm byte of an Ed25519 cosigner in a verifier key.
const COSIGNATURE: u8 = 4;

/// The latest time a cosignature may name. **Source:** tlog-cosignature.
const TIME_MAX: u64 = i64::MAX as u64;

/// The key a witness signs with, under its name.
#[derive(Clone)]
pub struct Seal {
    name: String,
    key: SigningKey,
}

/// The key that verifies cosignatures; public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A cosignature that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// When the witness signed. **Unit:** seconds since 1970 UTC.
    pub at_s: u64,
    /// The line as it stands under the note, without its end.
    pub line: String,
}

impl Cosignature {
    /// When the witness signed.
    ///
    /// **Refuses:** a time after the year 9999, such as one told in milliseconds.
    pub fn at(&self) -> Result<Moment> {
        let at = i64::try_from(self.at_s).ok();
        let at = at.and_then(|at_s| at_s.checked_mul(1000)).map(Moment);
        let text = || format!("{} seconds since 1970 are after the year 9999", self.at_s);
        at.filter(|at| at.is_writable())
            .ok_or_else(|| Refusal::invalid(text()).into())
    }
}

impl Seal {
    /// A seal under a name, from a seed of 32 bytes.
    ///
    /// **Refuses:** a name that fits no signature line: empty, with spaces or a plus sign.
    pub fn new(name: &str, seed: &Hash) -> Result<Self> {
        let fits = |letter: char| !letter.is_whitespace() && !letter.is_control() && letter != '+';
        if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
            let text = format!("a witness has a name without spaces and plus signs, not {name:?}");
            return Err(Refusal::invalid(text).into());
        }
        Ok(Seal {
            name: name.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// The key that verifies what this one signs.
    pub fn cosigner(&self) -> Cosigner {
        let key = self.key.verifying_key();
        Cosigner {
            id: note::key_id(&self.name, COSIGNATURE, &key),
            name: self.name.clone(),
            key,
        }
    }

    /// The line under a note.
    ///
    /// **Refuses:** what is no signed note, a time beyond what may be named.
    pub fn cosign(&self, note: &str, at_s: u64) -> Result<String> {
        let (text, _) = note::parts(note)?;
        if at_s > TIME_MAX {
            return Err(note::refused("cannot be signed at such a time"));
        }
        let mut stamp = self.cosigner().id.to_vec();
        stamp.extend(at_s.to_be_bytes());
        stamp.extend(self.key.sign(&message(&text, at_s)).to_bytes());
        Ok(format!("{DASH}{} {}", self.name, BASE64.encode(&stamp)))
    }
}

impl Cosigner {
    /// Reads the verifier key of a witness.
    ///
    /// **Refuses:** anything that is not `name+8hex+base64` with such a key whose id fits.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, id, key) = note::read_key(text, COSIGNATURE)?;
        Ok(Cosigner { name, id, key })
    }

    /// The key as text, to be handed to those who ask the witness.
    pub fn text(&self) -> String {
        note::key_text(&self.name, COSIGNATURE, &self.key)
    }

    /// The name the witness signs with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cosignature of this key under a note. Lines of others are passed over, as the format
    /// asks: whose they are is for those to say who know them.
    ///
    /// **Refuses:** a note without one, and one that does not verify.
    pub fn open(&self, note: &str) -> Result<Cosignature> {
        let (text, signatures) = note::parts(note)?;
        for line in signatures.lines() {
            let Some((name, stamp)) = line
                .strip_prefix(DASH)
                .and_then(|line| line.split_once(' '))
            else {
                return Err(note::refused("has a signature line of another form"));
            };
            if name != self.name {
                continue;
            }
            let Ok(stamp) = BASE64.decode(stamp.as_bytes()) else {
                return Err(note::refused("has a cosignature that is not base64"));
            };
            let Some((id, rest)) = stamp.split_first_chunk::<4>() else {
                return Err(note::refused("has a cosignature that is too short"));
            };
            if id != &self.id {
                continue;
            }
            let Some((at, signature)) = rest.split_first_chunk::<8>() else {
                return Err(note::refused("has a cosignature without a time"));
            };
            let at_s = u64::from_be_bytes(*at);
            let signature = Signature::from_slice(signature);
            let holds = signature.is_ok_and(|signature| {
                self.key
                    .verify_strict(&message(&text, at_s), &signature)
                    .is_ok()
            });
            if !holds || at_s > TIME_MAX {
                return Err(note::refused("has a wrong cosignature"));
            }
            let line = line.to_owned();
            return Ok(Cosignature { at_s, line });
        }
        Err(note::refused(&format!("is not cosigned by {}", self.name)))
    }
}

/// What a cosigner signs.
fn message(text: &str, at_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {at_s}\n{text}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::note::{Pen, Verifier};
    use super::*;

    #[test]
    fn a_cosigned_note_opens_under_both_keys_and_every_changed_byte_shows() {
        let pen = Pen::new("shop/00000000", &[1; 32]);
        let seal = Seal::new("witness.example/w1", &[2; 32]).unwrap();
        let cosigner = Cosigner::parse(&seal.cosigner().text()).unwrap();
        assert_eq!(cosigner, seal.cosigner());
        let plain = pen.sign(5, &[3; 32]);
        assert!(cosigner.open(&plain).is_err());
        let line = seal.cosign(&plain, 1_795_316_400).unwrap();
        let note = format!("{plain}{line}\n");
        let found = cosigner.open(&note).unwrap();
        assert_eq!((found.at_s, found.line), (1_795_316_400, line));
        assert_eq!(pen.verifier().open(&note).unwrap().size, 5);
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                let both = cosigner.open(&changed).is_ok() && pen.verifier().open(&changed).is_ok();
                assert!(!both, "byte {at}");
            }
        }
        // Another with the same name and another key is passed over.
        let other = Seal::new("witness.example/w1", &[9; 32]).unwrap();
        let first = other.cosign(&plain, 1).unwrap();
        let second = seal.cosign(&plain, 2).unwrap();
        let both = format!("{plain}{first}\n{second}\n");
        assert_eq!(cosigner.open(&both).unwrap().at_s, 2);
    }

    #[test]
    fn a_cosignature_has_the_bytes_of_the_format() {
        let note = Pen::new("shop/00000000", &[1; 32]).sign(5, &[3; 32]);
        let seal = Seal::new("w", &[2; 32]).unwrap();
        let line = seal.cosign(&note, 1_679_315_147).unwrap();
        let stamp = line.strip_prefix("\u{2014} w ").unwrap();
        let stamp = BASE64.decode(stamp.as_bytes()).unwrap();
        assert_eq!(stamp.len(), 4 + 8 + 64);
        assert_eq!(stamp[4..12], [0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb]);
        let signature = Signature::from_slice(&stamp[12..]).unwrap();
        let root = BASE64.encode(&[3; 32]);
        let said = format!("cosignature/v1\ntime 1679315147\nshop/00000000\n5\n{root}\n");
        let key = seal.cosigner().key;
        assert!(key.verify_strict(said.as_bytes(), &signature).is_ok());
        assert!(seal.cosign(&note, u64::MAX).is_err());
    }

    #[test]
    fn keys_and_names_of_another_form_are_refused() {
        let pen = Pen::new("shop/00000000", &[1; 32]);
        let seal = Seal::new("w", &[1; 32]).unwrap();
        assert!(Cosigner::parse(&pen.verifier().text()).is_err());
        assert!(Verifier::parse(&seal.cosigner().text()).is_err());
        for name in ["", "a b", "a+b", "a\nb"] {
            assert!(Seal::new(name, &[1; 32]).is_err(), "{name}");
        }
    }
}
