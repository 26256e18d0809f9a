// Checks cosigned checkpoints with @noble/ed25519. For each folder below the one named, whose `note`
// must bear the signature of every key in `vkeys`: "accepted NAME" or "refused NAME: why". Packages
// lie in the folder named second.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [top, packages] = process.argv.slice(2);
const ed = await import(pathToFileURL(resolve(packages, "node_modules/@noble/ed25519/index.js")));

const check = async (folder) => {
  const note = readFileSync(join(folder, "note"), "utf8");
  const cut = note.lastIndexOf("\n\n");
  const [text, lines] = [note.slice(0, cut + 1), note.slice(cut + 2).split("\n")];
  if (lines.pop() !== "") throw new Error("the last line has no end");
  const keys = readFileSync(join(folder, "vkeys"), "utf8").trim().split("\n");
  if (keys.length !== lines.length) throw new Error("not signed by all, or by others");
  for (const vkey of keys) {
    const [name, hint, encoded] = vkey.split(/\+(.{8})\+/);
    const key = Buffer.from(encoded, "base64");
    const hash = createHash("sha256").update(`${name}\n`).update(key).digest().subarray(0, 4);
    if (hash.toString("hex") !== hint) throw new Error("its hash does not fit");
    const stamps = lines
      .filter((line) => line.startsWith(`\u2014 ${name} `))
      .map((line) => Buffer.from(line.split(" ").at(-1), "base64"))
      .filter((stamp) => stamp.subarray(0, 4).equals(hash));
    if (stamps.length !== 1) throw new Error(`not signed by ${name}`);
    const [stamp] = stamps;
    const dated = key[0] === 4;
    const signed = dated ? `cosignature/v1\ntime ${stamp.readBigUInt64BE(4)}\n${text}` : text;
    const signature = new Uint8Array(stamp.subarray(dated ? 12 : 4));
    const message = new TextEncoder().encode(signed);
    const right = await ed.verifyAsync(signature, message, new Uint8Array(key.subarray(1)));
    if (!right) throw new Error("a wrong signature");
  }
};

for (const folder of readdirSync(top).sort()) {
  try {
    await check(join(top, folder));
    console.log(`accepted ${folder}`);
  } catch (error) {
    console.log(`refused ${folder}: ${error.message}`);
  }
}
