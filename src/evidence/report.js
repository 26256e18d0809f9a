"use strict";
// Checks the evidence embedded in this page with the browser's own cryptography, then shows it.
// Everything that is shown is taken from the checked bytes; no request is made.
(async () => {
const began = performance.now();
const page = document.getElementById("report");
const say = (verdict, title) => {
  document.documentElement.dataset.verdict = verdict;
  document.title = title;
};
class Refused extends Error {}
const demand = (right, why) => { if (!right) throw new Refused(why); };

// Bytes.
const utf8 = new TextEncoder();
const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
};
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const bytes = (text, what) => {
  let found;
  try { found = Uint8Array.from(atob(text), (one) => one.charCodeAt(0)); } catch { /* below */ }
  demand(found && base64(found) === text, `${what} is not base64`);
  return found;
};
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
const node = (left, right) => sha256(join([1], left, right));
const batch = async (jobs, run) => {
  for (let from = 0; from < jobs.length; from += 4096) {
    await Promise.all(jobs.slice(from, from + 4096).map(run));
  }
};

// What is embedded, each in the one form it is written in.
const read = (id, write) => {
  const text = document.getElementById(id).textContent;
  let value;
  try { value = JSON.parse(text); } catch { /* below */ }
  demand(value !== undefined && write(value).replace(/</g, "\\u003c") === text,
    `what stands under ${id} was changed`);
  return value;
};
const lines = (list) => `[${list.map((one) => `\n${JSON.stringify(one)}`).join(",")}\n]`;

// The signed statement: three lines, a blank one, a signature.
const opened = async (note, vkey) => {
  const [, name, id, encoded] = vkey.match(/^([^+\n]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/) ?? [];
  demand(name, "the verifier key is not of its form");
  const key = bytes(encoded, "the verifier key");
  demand(key.length === 33 && key[0] === 1, "the verifier key is not an Ed25519 key");
  const named = await sha256(join(utf8.encode(`${name}\n`), key));
  const hex = [...named.slice(0, 4)].map((one) => one.toString(16).padStart(2, "0")).join("");
  demand(hex === id, "the verifier key does not have the fingerprint it names");
  const [, text, below] = note.match(/^([^]*?\n)\n((?:\u2014 \S+ \S+\n)+)$/) ?? [];
  demand(text, "the checkpoint is not signed");
  // Where one key follows the other, both signed.
  const stamps = below.trimEnd().split("\n").map((line) => line.split(" "))
    .filter(([, signer]) => signer === name).map(([, , stamp]) => bytes(stamp, "a signature"));
  const signed = stamps.find((stamp) => stamp.length === 68 &&
    stamp.slice(0, 4).every((one, at) => one === named[at]));
  demand(signed, "the checkpoint is not signed by this key");
  const imported = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
  demand(await crypto.subtle.verify("Ed25519", imported, signed.slice(4), utf8.encode(text)),
    "the signature of the checkpoint is wrong");
  const [origin, size, root] = text.split("\n");
  demand(origin === name, "the checkpoint is about another desk");
  demand(/^(0|[1-9][0-9]{0,14})$/.test(size), "the checkpoint's size is not a number");
  return { origin, size: Number(size), root: bytes(root, "the root"), fingerprint: id };
};

// The root over leaves and the nodes beside them, level by level.
const rootOver = async (leaves, others, size) => {
  const beside = new Map(others.map(([level, place, hash]) => [`${level}/${place}`, hash]));
  demand(beside.size === others.length, "a node stands twice");
  let [row, count, level, used] = [leaves, size, 0, 0];
  const take = (place) => {
    const hash = beside.get(`${level}/${place}`);
    demand(hash, "a node of the proof is missing");
    used += 1;
    return bytes(hash, "a node");
  };
  for (; count > 1; level += 1, count = Math.ceil(count / 2)) {
    const [above, jobs] = [[], []];
    for (let at = 0; at < row.length; at += 1) {
      const [place, hash] = row[at];
      const slot = [Math.floor(place / 2), hash];
      above.push(slot);
      if (place % 2 === 1) {
        jobs.push([slot, take(place - 1), hash]);
      } else if (place + 1 < count) {
        const next = row[at + 1]?.[0] === place + 1 ? row[(at += 1)][1] : take(place + 1);
        jobs.push([slot, hash, next]);
      }
    }
    await batch(jobs, async ([slot, left, right]) => { slot[1] = await node(left, right); });
    row = above;
  }
  demand(used === others.length, "there are nodes that belong to no proof");
  return row[0][1];
};

// Events: bytes, leaf, what they say, the sealed content that is there.
const check = async (claims, events, others, signed) => {
  const { manifest } = claims;
  demand(manifest.entries === events.length, `the manifest speaks of ${manifest.entries} events, ` +
    `there are ${events.length}`);
  let before = -1;
  const all = events.map(([text, open]) => {
    const entry = JSON.parse(text);
    demand(Number.isSafeInteger(entry.seq) && entry.seq > before && entry.seq < signed.size,
      `event ${entry.seq} does not stand in its place`);
    before = entry.seq;
    return { text, open, entry, sealed: new Map(Object.entries(entry.sealed ?? {})), told: new Map() };
  });
  await batch(all, async (event) => {
    event.leaf = await sha256(join([0], utf8.encode(event.text)));
  });
  const leaves = all.map((event) => [event.entry.seq, event.leaf]);
  const root = await rootOver(leaves, others, signed.size);
  demand(base64(root) === base64(signed.root),
    "the events do not come to the root that was signed: something was changed, dropped or added");
  if (manifest.kind === "full") demand(all.length === signed.size, "events are missing");
  const digests = [];
  for (const event of all) for (const text of event.open) digests.push([event, text]);
  await batch(digests, async ([event, text]) => {
    const digest = base64(await sha256(utf8.encode(text)));
    const [, field, value] = JSON.parse(text);
    demand(event.sealed.get(field) === digest && !event.told.has(field),
      `the sealed text ${field} of event ${event.entry.seq} was changed`);
    event.told.set(field, value);
  });
  const erased = new Set(all.filter(({ entry }) => entry.event === "privacy.erased")
    .flatMap(({ entry }) => entry.data.targets.map(([seq, field]) => `${seq}/${field}`)));
  let [withheld, gone] = [0, 0];
  for (const event of all) for (const field of event.sealed.keys()) {
    if (event.told.has(field)) continue;
    if (erased.has(`${event.entry.seq}/${field}`)) gone += 1; else withheld += 1;
  }
  demand(manifest.withheld === withheld > 0, "the manifest is wrong about what was withheld");
  const ends = [];
  for (const object of manifest.objects) {
    let [place, last, end] = [0, null, null];
    for (const { entry, leaf } of all) for (const [name, at, leafBefore] of entry.of ?? []) {
      if (name !== object) continue;
      demand(at === place && leafBefore === last, `an event of ${object} is missing before ` +
        `event ${entry.seq}`);
      [place, last, end] = [at + 1, base64(leaf), entry.seq];
    }
    demand(place > 0, `there is no event of ${object}`);
    ends.push(`${object}: event ${number(end)}`);
  }
  if (manifest.pack) pinned(manifest.pack, all);
  return { all, withheld, gone, ends, texts: digests.length };
};

// What a pack stands on: each pinned event is here, and is the one that was pinned.
const ofPack = (pack, all) => all.filter(({ entry }) => entry.event.startsWith("pack.") &&
  entry.data.pack === pack.pack);
const pinned = (pack, all) => {
  const told = new Map();
  for (const { entry } of ofPack(pack, all)) {
    if (entry.event === "pack.pinned") told.set(entry.data.event, entry.data.leaf);
    if (entry.event === "pack.unpinned") told.delete(entry.data.event);
  }
  const leaves = new Map(all.map(({ entry, leaf }) => [entry.seq, base64(leaf)]));
  for (const seq of pack.pins) {
    demand(leaves.has(seq) && leaves.get(seq) === told.get(seq),
      `event ${seq} is not the one that was pinned to the pack`);
  }
};

// Showing.
const make = (name, attributes, ...inside) => {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.append(...inside);
  return one;
};
const number = (one) => one.toLocaleString("en").replaceAll(",", "\u202f");
const many = (n, one, more) => `${number(n)} ${n === 1 ? one : more}`;
const flat = (value, path, into) => {
  if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path} · ${key}` : key, into);
  } else if (value !== null && value !== "") into.push([path.replaceAll("_", " "), String(value)]);
  return into;
};
const actor = ({ kind, id, name, role, version }) => kind === "member" ? `${name} (${id}, ${role})`
  : kind === "system" ? `Trailbox: ${id}` : [kind, id, version && `v${version}`].filter(Boolean).join(" ");
const facts = (pairs, name) => make("dl", { class: name },
  ...pairs.flatMap(([key, value]) => [make("dt", {}, key), make("dd", { dir: "auto" }, value)]));
const eventShown = ({ entry, sealed, told, leaf }) => {
  const pairs = flat(entry.data, "", []);
  for (const field of sealed.keys()) {
    if (told.has(field)) pairs.push(...flat(told.get(field), field, []));
    else pairs.push([field.replaceAll("_", " "), "not disclosed"]);
  }
  if (entry.for) pairs.push(["for", actor(entry.for)]);
  const about = (entry.of ?? []).map(([name]) => name).join(" ");
  const cause = entry.cause === undefined ? "" : ` · because of ${number(entry.cause)}`;
  return make("article", { class: "event" },
    make("h3", {}, make("b", {}, number(entry.seq)), ` ${entry.event.replace(".", ": ").replaceAll("_", " ")}`),
    make("p", { class: "who" }, make("time", {}, entry.at.replace("T", " ").replace("Z", " UTC")),
      ` · ${actor(entry.actor)} · ${entry.via.door}${about && ` · ${about}`}${cause}`),
    facts(pairs, "data"), make("p", { class: "leaf" }, base64(leaf)));
};
const packShown = (pack, all) => {
  const own = ofPack(pack, all);
  const last = (field) => own.map(({ told }) => told.get(field)).filter((one) => one !== undefined).at(-1);
  const end = own.filter(({ entry }) => /^pack\.(decided|reopened)$/.test(entry.event)).at(-1);
  const decided = end?.entry.event === "pack.decided" ? end : undefined;
  const remark = (seq) => own.filter(({ entry }) => entry.event === "pack.pinned" && entry.data.event === seq)
    .at(-1)?.told.get("remark");
  const pairs = [["About", last("title") ?? "not disclosed"],
    ...(last("sides") ?? []).map(({ who, says }) => [`${who} says`, says]),
    ...(last("finding") ? [["The finding", last("finding")]] : []),
    ["Decision", decided ? `${decided.entry.data.outcome.replaceAll("_", " ")}: ` +
      `${decided.told.get("decision") ?? "not disclosed"} (${decided.entry.at})` : "not decided"]];
  return make("section", { class: "pack" }, make("h2", {}, `Pack P-${pack.pack}`), facts(pairs, "about"),
    make("h2", {}, many(pack.pins.length, "pinned event", "pinned events")),
    ...all.filter(({ entry }) => pack.pins.includes(entry.seq)).map((event) => {
      const shown = eventShown(event);
      if (remark(event.entry.seq)) shown.append(make("p", { dir: "auto" }, `To show: ${remark(event.entry.seq)}`));
      return shown;
    }));
};
const words = {
  full: "the whole trail up to the checkpoint",
  case: "the events of the case, of each object from its first to the last one here",
  filter: "events that passed a filter; what did not pass is not here, and nothing shows what it was",
};
const show = (claims, signed, found) => {
  const { manifest } = claims;
  const total = manifest.entries;
  const complete = {
    full: "It proves that no event is missing between the first and the checkpoint; what happened after " +
      "the checkpoint is not here.",
    case: "Of each object of the case no event is missing between its first and the last one here" +
      `${found ? ` (${found.ends.join(", ")})` : ""}. That none follows the last one is not proved.`,
    filter: "It does not prove that the selection is complete.",
  }[manifest.kind];
  const about = [["Desk", signed.origin], ["Holds", words[manifest.kind]],
    ...(manifest.objects.length ? [["Case", manifest.objects.join(", ")]] : []),
    ...(manifest.filter ? [["Filter", manifest.filter]] : []),
    ["Events", `${number(total)} of ${number(signed.size)}`],
    ...(found ? [["From – to", `${found.all[0].entry.at} – ${found.all.at(-1).entry.at}`],
      ["Sealed texts", `${number(found.texts)} disclosed and checked, ${number(found.gone)} erased`]] : []),
    ["Made", `${manifest.made_at} by ${manifest.by} with ${claims.software} (not proved)`]];
  const field = make("input", { id: "key", type: "text", spellcheck: "false", autocomplete: "off" });
  const answer = make("output", { for: "key" });
  field.addEventListener("input", () => {
    const same = [claims.vkey, signed.fingerprint].includes(field.value.trim());
    answer.textContent = field.value.trim() === "" ? "" : same ? "It is the same key." : "It is ANOTHER key.";
    answer.className = same ? "good" : "bad";
  });
  page.replaceChildren(
    make("h1", {}, `Evidence from ${signed.origin}`),
    make("p", { class: `verdict ${found ? "good" : "part"}`, role: "status" }, found
      ? `Checked here: ${many(total, "event is", "events are")} among the ${number(signed.size)} the desk ` +
        `signed for, unchanged.`
      : `Only the signature was checked here: ${number(total)} events are too many for a page. ` +
        "Check entries.jsonl with trailbox verify --bundle."),
    ...(found?.withheld ? [make("p", { class: "withheld" },
      `${many(found.withheld, "sealed text was", "sealed texts were")} withheld`)] : []),
    facts(about, "about"),
    make("section", { class: "proof" }, make("h2", {}, "What this shows, and what not"),
      make("p", {}, `The bytes of each event are covered by the signed checkpoint below. ${complete}`),
      make("p", {}, "It does not prove that what somebody wrote is true, only that it was written then and " +
        "not changed since. Whoever holds the desk’s key could have written another history before the " +
        "checkpoint was kept elsewhere; compare it with one you got on another way."),
      make("p", {}, "A page can claim anything about itself. To be sure, check the bundle with a program you " +
        "trust (README.txt names several), and get the key from somewhere else than this bundle.")),
    make("section", { class: "key" }, make("h2", {}, "The key"),
      make("p", { class: "mono" }, claims.vkey), make("p", {}, `Fingerprint ${signed.fingerprint}`),
      make("p", { class: "screen" }, make("label", { for: "key" },
        "Paste the key or the fingerprint you got elsewhere: "), field, " ", answer)),
    make("section", { class: "note" }, make("h2", {}, "The checkpoint"), make("pre", {}, claims.checkpoint),
      document.getElementById("qr")));
  if (!found) return;
  if (manifest.pack) page.append(packShown(manifest.pack, found.all));
  const list = make("section", { class: "events" }, make("h2", {}, manifest.pack
    ? `All of the case: ${many(total, "event", "events")}` : many(total, "event", "events")));
  page.append(list);
  // Many events are laid out as they come into view; printing lays out all.
  const fill = (chunk) => {
    if (chunk.firstChild) return;
    const from = Number(chunk.dataset.from);
    chunk.append(...found.all.slice(from, from + 250).map(eventShown));
  };
  const seen = new IntersectionObserver((some) => {
    for (const one of some) if (one.isIntersecting) fill(one.target);
  }, { rootMargin: "1500px" });
  for (let from = 0; from < found.all.length; from += 250) {
    const chunk = make("div", { class: "chunk", "data-from": from });
    list.append(chunk);
    if (total > 2500) seen.observe(chunk); else fill(chunk);
  }
  addEventListener("beforeprint", () => document.querySelectorAll(".chunk").forEach(fill));
};

try {
  demand(crypto.subtle, "this browser offers no cryptography to pages that lie in a file");
  const claims = read("claims", JSON.stringify);
  const events = read("events", lines);
  const others = read("nodes", lines);
  demand(claims.manifest.format === "trailbox-evidence/1", "this is not a bundle of evidence");
  const signed = await opened(claims.checkpoint, claims.vkey);
  const found = claims.shown ? await check(claims, events, others, signed) : null;
  show(claims, signed, found);
  document.documentElement.dataset.ms = Math.round(performance.now() - began);
  say(found ? "good" : "part", found ? "Checked evidence" : "Evidence, checked in part");
} catch (error) {
  const unable = !(error instanceof Refused);
  page.replaceChildren(make("h1", {}, "Evidence"), make("p", { class: "verdict bad", role: "alert" },
    unable ? `This page could not be checked: ${error}. Check the bundle with another program.`
      : `REFUSED: ${error.message}.`));
  document.getElementById("qr")?.remove();
  say(unable ? "unable" : "bad", unable ? "Evidence that could not be checked" : "REFUSED evidence");
}
})();
