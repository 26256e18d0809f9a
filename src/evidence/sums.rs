//! Digests of the files of a bundle, read piece by piece.

use crate::error::{Doing, Result};
use crate::ledger::entry::FileSeal;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

/// Whether the bytes are the sealed ones.
pub(super) fn digest(piece: impl Read, seal: &FileSeal) -> io::Result<bool> {
    let Ok(key) = HEXLOWER.decode(seal.key.as_bytes()) else {
        return Ok(false);
    };
    let mut hasher = Sha256::new();
    hasher.update(key);
    let (sum, bytes) = sum(piece, hasher)?;
    Ok(sum == seal.sha256 && bytes == seal.bytes)
}

/// Hex SHA-256 of what is read, behind what was hashed before, and how many bytes it is.
pub(super) fn sum(piece: impl Read, mut hasher: Sha256) -> io::Result<(String, u64)> {
    let mut reader = BufReader::with_capacity(64 * 1024, piece);
    let mut bytes = 0;
    loop {
        let read = io::BufRead::fill_buf(&mut reader)?;
        if read.is_empty() {
            return Ok((HEXLOWER.encode(&hasher.finalize()), bytes));
        }
        hasher.update(read);
        let n = read.len();
        bytes += n as u64;
        io::BufRead::consume(&mut reader, n);
    }
}

/// Hex SHA-256 of a whole file, for example of a bundle that was just written as one.
pub fn sum_of(mut file: &File) -> Result<String> {
    let doing = "reading a bundle again";
    file.rewind().doing(doing)?;
    Ok(sum(file, Sha256::new()).doing(doing)?.0)
}
