// Checks bundles of evidence with @noble/ed25519 and the parts of @sigstore/verify that check
// Rekor's checkpoints. For each folder below the one named: "accepted NAME" or "refused NAME: why".
// Packages lie in the folder named second.
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [top, packages] = process.argv.slice(2);
const within = (path) => resolve(packages, "node_modules", path);
const require = createRequire(pathToFileURL(within("x")));
const ed = await import(pathToFileURL(within("@noble/ed25519/index.js")));
const { verifyCheckpoint } = require(within("@sigstore/verify/dist/tlog/checkpoint.js"));
const { verifyMerkleInclusion } = require(within("@sigstore/verify/dist/tlog/merkle.js"));

const demand = (right, why) => {
  if (!right) throw new Error(why);
};
const [name, hint, encoded] = readFileSync(join(top, "vkey"), "utf8").trim().split(/\+(.{8})\+/);
const key = Buffer.from(encoded, "base64").subarray(1);
const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
const log = {
  baseURL: name,
  logID: Buffer.from(hint, "hex"),
  publicKey: createPublicKey({ key: der, format: "der", type: "spki" }),
};

const check = async (folder) => {
  const note = readFileSync(join(folder, "checkpoint"), "utf8");
  const [text, stamps] = note.split("\n\n");
  const stamp = Buffer.from(stamps.trimEnd().split(" ").at(-1), "base64");
  const signature = new Uint8Array(stamp.subarray(4));
  const body = new TextEncoder().encode(`${text}\n`);
  demand(await ed.verifyAsync(signature, body, new Uint8Array(key)), "noble: a wrong signature");
  const of = (inclusion) => ({ inclusionProof: { checkpoint: { envelope: note }, ...inclusion } });
  const checkpoint = verifyCheckpoint(of({}), [log]);
  demand(checkpoint.origin === name, "another desk");
  const entries = readFileSync(join(folder, "entries.jsonl")).toString("latin1").split("\n");
  demand(entries.pop() === "", "the last line has no end");
  const path = join(folder, "proofs.json");
  if (!existsSync(path)) return; // it has no way to compute a root
  const { inclusion } = JSON.parse(readFileSync(path));
  demand(inclusion.length === entries.length, "not one proof for each event");
  for (const [at, { index, leaf, proof }] of inclusion.entries()) {
    const entry = Buffer.from(entries[at], "latin1");
    demand(Buffer.from(leaf, "base64").equals(entry), "a proof of another event");
    const hashes = proof.map((step) => Buffer.from(step, "base64"));
    const one = of({ logIndex: String(index), hashes });
    verifyMerkleInclusion({ ...one, canonicalizedBody: entry }, checkpoint);
  }
};

for (const folder of readdirSync(top).sort()) {
  if (!existsSync(join(top, folder, "checkpoint"))) continue;
  try {
    await check(join(top, folder));
    console.log(`accepted ${folder}`);
  } catch (error) {
    console.log(`refused ${folder}: ${error.message}`);
  }
}
