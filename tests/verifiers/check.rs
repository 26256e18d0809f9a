//! Checks bundles of evidence with the crates signed_note and ct-merkle; a program of its own, built
//! apart. For each folder below the one named: "accepted NAME" or "refused NAME: why".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde_json::Value;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use std::error::Error;
use std::fs;
use std::path::Path;

type Checked = Result<(), Box<dyn Error>>;

fn main() {
    let top = std::env::args().nth(1).expect("a folder is named");
    let top = Path::new(&top);
    let vkey = fs::read_to_string(top.join("vkey")).expect("there is a key");
    let mut folders: Vec<_> = fs::read_dir(top)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("checkpoint").exists())
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        match check(&folder, vkey.trim()) {
            Ok(()) => println!("accepted {name}"),
            Err(error) => println!("refused {name}: {error}"),
        }
    }
}

fn check(folder: &Path, vkey: &str) -> Checked {
    let note = Note::from_bytes(&fs::read(folder.join("checkpoint"))?)?;
    let verifier = StandardVerifier::new(vkey)?;
    let (signed, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)]))?;
    if signed.is_empty() {
        return Err("not signed".into());
    }
    let text = String::from_utf8(note.text().to_vec())?;
    let lines: Vec<&str> = text.lines().collect();
    let [origin, size, root] = lines[..] else {
        return Err("not a checkpoint".into());
    };
    if Some(origin) != vkey.split('+').next() {
        return Err("another desk".into());
    }
    let size: u64 = size.parse()?;
    let root = RootHash::<Sha256>::new(hash(root)?, size);
    let all = fs::read(folder.join("entries.jsonl"))?;
    let all = all.strip_suffix(b"\n").ok_or("the last line has no end")?;
    let entries: Vec<Vec<u8>> = all.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let Ok(proofs) = fs::read(folder.join("proofs.json")) else {
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        entries.into_iter().for_each(|entry| tree.push(entry));
        return match tree.root() == root {
            true => Ok(()),
            false => Err("another root".into()),
        };
    };
    let proofs: Value = serde_json::from_slice(&proofs)?;
    let inclusion = proofs["inclusion"].as_array().ok_or("no proofs")?;
    if inclusion.len() != entries.len() {
        return Err("not one proof for each event".into());
    }
    for (entry, one) in entries.iter().zip(inclusion) {
        if STANDARD.decode(one["leaf"].as_str().unwrap_or_default())? != *entry {
            return Err("a proof of another event".into());
        }
        let index = one["index"].as_u64().ok_or("no place")?;
        let proof = InclusionProof::try_from_bytes(steps(&one["proof"])?)
            .map_err(|error| format!("{error:?}"))?;
        root.verify_inclusion(entry, index, &proof)
            .map_err(|error| format!("{error:?}"))?;
    }
    for one in proofs["consistency"].as_array().ok_or("no proofs")? {
        let old = one["old_size"].as_u64().ok_or("no size")?;
        let old = RootHash::new(hash(one["old_root"].as_str().unwrap_or_default())?, old);
        let proof = ConsistencyProof::try_from_bytes(steps(&one["proof"])?)
            .map_err(|error| format!("{error:?}"))?;
        root.verify_consistency(&old, &proof)
            .map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}

fn hash(text: &str) -> Result<sha2::digest::Output<Sha256>, Box<dyn Error>> {
    let bytes: [u8; 32] = STANDARD.decode(text)?.try_into().map_err(|_| "no hash")?;
    Ok(bytes.into())
}

fn steps(proof: &Value) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    for step in proof.as_array().ok_or("no steps")? {
        bytes.extend(hash(step.as_str().unwrap_or_default())?);
    }
    Ok(bytes)
}
