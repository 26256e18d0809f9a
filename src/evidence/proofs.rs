//! `proofs.json`: inclusion and consistency proofs, written one by one and read one by one, so that
//! a file of any size needs no more memory than its longest proof.

use super::source::Piece;
use crate::error::{Error, Refusal, Result};
use crate::ledger::tree::Hash;
use data_encoding::BASE64;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fmt;
use std::io::{BufReader, Write};
use std::marker::PhantomData;

/// No tree of 2^64 leaves has a longer proof.
const STEPS_MAX: usize = 128;

/// That an event is among those of the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Its place.
    pub index: u64,
    /// Base64 of the entry's bytes.
    pub leaf: String,
    /// Base64 hashes, from the leaf upwards.
    pub proof: Vec<String>,
}

/// That an older checkpoint's tree is the beginning of this one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// How many events the older one had.
    pub old_size: u64,
    /// Its root, base64.
    pub old_root: String,
    /// Base64 hashes.
    pub proof: Vec<String>,
}

/// Hashes as they are written.
pub fn encoded(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64.encode(hash)).collect()
}

/// Hashes as they are read; none if one of them is no hash.
pub fn decoded(texts: &[String]) -> Option<Vec<Hash>> {
    (texts.len() <= STEPS_MAX).then_some(())?;
    let hash = |text: &String| BASE64.decode(text.as_bytes()).ok()?.try_into().ok();
    texts.iter().map(hash).collect()
}

/// Writes `proofs.json` piece by piece.
pub struct Proofs<'a> {
    out: &'a mut dyn Write,
    any: bool,
}

impl<'a> Proofs<'a> {
    /// Begins with the inclusion proofs.
    pub fn begin(out: &'a mut dyn Write) -> Result<Self> {
        write!(out, "{{\"v\":1,\"inclusion\":[")?;
        Ok(Proofs { out, any: false })
    }

    /// Writes one more.
    pub fn add(&mut self, proof: &impl Serialize) -> Result<()> {
        let comma = if self.any { ",\n" } else { "\n" };
        self.any = true;
        write!(self.out, "{comma}{}", serde_json::to_string(proof)?)?;
        Ok(())
    }

    /// Goes on with the consistency proofs.
    pub fn go_on(&mut self) -> Result<()> {
        self.any = false;
        Ok(write!(self.out, "\n],\"consistency\":[")?)
    }

    /// Ends.
    pub fn end(self) -> Result<()> {
        Ok(write!(self.out, "\n]}}\n")?)
    }
}

/// Reads `proofs.json`, telling every proof.
///
/// **Refuses:** what is not written as we write it.
pub fn read(
    piece: Piece<'_>,
    inclusion: &mut dyn FnMut(Inclusion),
    consistency: &mut dyn FnMut(Consistency),
) -> Result<()> {
    let mut plain = Plain {
        piece,
        unquoted: 0,
        hasher: Sha256::new(),
    };
    let mut written = Written(Sha256::new());
    {
        let again = RefCell::new(Proofs::begin(&mut written)?);
        let mut json = serde_json::Deserializer::from_reader(BufReader::new(&mut plain));
        let refused = |error: serde_json::Error| {
            let text = format!("the proofs are not of their form: {error}");
            Error::from(Refusal::invalid(text))
        };
        let seed = Whole {
            inclusion,
            consistency,
            again: &again,
        };
        seed.deserialize(&mut json).map_err(refused)?;
        json.end().map_err(refused)?;
        again.into_inner().end()?;
    }
    if plain.hasher.finalize() != written.0.finalize() {
        return Err(Refusal::invalid("the proofs are not written in their one form").into());
    }
    Ok(())
}

/// Digests what would be written.
struct Written(Sha256);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lets only what stands in proofs through: no escapes, and a quotation mark now and then. A text
/// without end is refused before it is gathered.
struct Plain<'a> {
    piece: Piece<'a>,
    unquoted: usize,
    hasher: Sha256,
}

/// The longest text in it: an entry in base64. **Unit:** bytes.
const TEXT_MAX: usize = 90 * 1024;

impl std::io::Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.piece.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        for byte in buffer.iter().take(read) {
            match byte {
                b'"' => self.unquoted = 0,
                b'\\' => return Err(std::io::Error::other("a backslash in the proofs")),
                _ => self.unquoted += 1,
            }
        }
        if self.unquoted > TEXT_MAX {
            return Err(std::io::Error::other("a text without end in the proofs"));
        }
        Ok(read)
    }
}

struct Whole<'a, 'b> {
    inclusion: &'a mut dyn FnMut(Inclusion),
    consistency: &'a mut dyn FnMut(Consistency),
    /// The same, written again.
    again: &'a RefCell<Proofs<'b>>,
}

impl<'de> DeserializeSeed<'de> for Whole<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Told<D::Error> {
        from.deserialize_map(self)
    }
}

/// What a seed answers: nothing, it told already.
type Told<E> = std::result::Result<(), E>;

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v, inclusion, consistency, in this order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Told<A::Error> {
        use serde::de::Error;
        let wrong = || A::Error::custom("v, inclusion, consistency, in this order");
        if map.next_key::<String>()?.as_deref() != Some("v") {
            return Err(wrong());
        }
        if map.next_value::<u64>()? != 1 {
            return Err(A::Error::custom("a version nobody knows"));
        }
        if map.next_key::<String>()?.as_deref() != Some("inclusion") {
            return Err(wrong());
        }
        let mut told = |one: Inclusion| {
            let written = self.again.borrow_mut().add(&one);
            (self.inclusion)(one);
            written
        };
        map.next_value_seed(Each(&mut told, PhantomData))?;
        self.again.borrow_mut().go_on().map_err(A::Error::custom)?;
        if map.next_key::<String>()?.as_deref() != Some("consistency") {
            return Err(wrong());
        }
        let mut told = |one: Consistency| {
            let written = self.again.borrow_mut().add(&one);
            (self.consistency)(one);
            written
        };
        map.next_value_seed(Each(&mut told, PhantomData))?;
        match map.next_key::<String>()? {
            None => Ok(()),
            Some(_) => Err(wrong()),
        }
    }
}

struct Each<'a, T>(&'a mut dyn FnMut(T) -> Result<()>, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Told<D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of proofs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Told<A::Error> {
        while let Some(one) = list.next_element()? {
            (self.0)(one).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}
