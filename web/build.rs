//! Makes what the binary serves from `web/assets`: the style sheets joined in order, every file in
//! three encodings, and one digest over all of them that becomes part of their address. The
//! catalogues of `web/text` are packed, as most desks read one of them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// These style sheets come first, in this order; the components follow by name.
const CSS_FIRST: [&str; 3] = ["layers.css", "tokens.css", "base.css"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=web");
    pack_relocations();
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    pack_text(&out.join("text"))?;
    let out = out.join("assets");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut files = BTreeMap::new();
    gather(Path::new("web/assets"), Path::new("web/assets"), &mut files)?;
    join_css(&mut files);

    let mut digest = Sha256::new();
    for (name, bytes) in &files {
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name.as_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    let digest: String = digest
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("cargo:rustc-env=TRAILBOX_ASSETS={digest}");
    for (name, bytes) in &files {
        write_encodings(&out.join(name), bytes, release)?;
    }
    Ok(())
}

/// A position-independent program lists every address in it that moves: 1.2 MB of ours, or 30 KB in
/// the packed form, which the C library must know (glibc 2.36). Where that is not certain they stay
/// as they are.
fn pack_relocations() {
    let set = |name| env::var(name).unwrap_or_default();
    let native = set("HOST") == set("TARGET") && set("CARGO_CFG_TARGET_ENV") == "gnu";
    if !native || set("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    let asked = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned());
    let version = said.unwrap_or_default();
    let mut numbers = version.trim().trim_start_matches("glibc ").split('.');
    let mut number = || numbers.next().and_then(|text| text.parse::<u32>().ok());
    if (number(), number()) >= (Some(2), Some(36)) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Writes every catalogue in one compressed form.
fn pack_text(out: &Path) -> io::Result<()> {
    fs::create_dir_all(out)?;
    let mut catalogues = BTreeMap::new();
    gather(
        Path::new("web/text"),
        Path::new("web/text"),
        &mut catalogues,
    )?;
    for (name, bytes) in catalogues {
        fs::write(out.join(format!("{name}.gz")), gzip(&bytes, 9)?)?;
    }
    Ok(())
}

fn gzip(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    to.write_all(bytes)?;
    to.finish()
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            let name = name.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// Replaces the single style sheets by `css/app.css`.
fn join_css(files: &mut BTreeMap<String, Vec<u8>>) {
    let mut joined = Vec::new();
    for first in CSS_FIRST {
        joined.extend(files.remove(&format!("css/{first}")).unwrap_or_default());
    }
    let rest: Vec<String> = files
        .keys()
        .filter(|name| name.starts_with("css/"))
        .cloned()
        .collect();
    for name in rest {
        joined.extend(files.remove(&name).unwrap_or_default());
    }
    files.insert("css/app.css".into(), joined);
}

/// Writes the file itself, and its compressed forms where they are smaller.
fn write_encodings(path: &Path, bytes: &[u8], release: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)?;
    let (quality, level) = if release { (11, 9) } else { (5, 6) };
    let mut brotli = Vec::new();
    {
        let mut to = brotli::CompressorWriter::new(&mut brotli, 4096, quality, 22);
        to.write_all(bytes)?;
    }
    for (suffix, compressed) in [("br", brotli), ("gz", gzip(bytes, level)?)] {
        if compressed.len() < bytes.len() {
            let mut name = path.as_os_str().to_owned();
            name.push(".");
            name.push(suffix);
            fs::write(PathBuf::from(name), compressed)?;
        }
    }
    Ok(())
}
