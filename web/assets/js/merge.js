// Brings a page up to date from a newer copy of itself. What is under the pointer or the caret never
// moves, and what somebody typed, chose or picked never goes: such a part waits until it is left, and
// a list says meanwhile that there is more.

import { touched } from "./touched.js";

const SETTLES = ["pointerout", "focusout", "toggle", "change"];

const key = (child) => child.dataset.key ?? child.id;
const held = (part) => part.matches(":hover") || part.contains(document.activeElement);
const busy = (part) => [...part.querySelectorAll("textarea, select, input")].some(touched) || part.querySelector("details.menu[open]");
const ticks = (part) => [...part.querySelectorAll('input[type="checkbox"]')];
const named = (box) => `${box.name} ${box.value}`;

export function merge(fresh, topics) {
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!part.dataset.live.split(" ").some((topic) => topics.has(topic))) continue;
    const newer = fresh.querySelector(`[data-live-id="${part.dataset.liveId}"]`);
    if (!newer) continue;
    if (part.dataset.liveMode === "append") append(part, newer);
    else bring(part, newer);
  }
}

// A timeline only grows at its end; an entry that changed (a tick, a reaction) changes in place.
function append(part, newer) {
  const have = new Map([...part.children].filter(key).map((child) => [key(child), child]));
  for (const child of [...newer.children].filter(key)) {
    const old = have.get(key(child));
    const copy = document.importNode(child, true);
    if (!old) {
      openDay(part, child.previousElementSibling);
      part.append(copy);
    } else if (old.innerHTML !== child.innerHTML && !old.contains(document.activeElement) && !busy(old)) {
      old.replaceWith(copy);
    }
  }
}

function openDay(part, day) {
  const last = [...part.querySelectorAll(".timeline__day")].at(-1)?.textContent;
  if (day?.matches(".timeline__day") && day.textContent !== last) part.append(document.importNode(day, true));
}

// The newest copy of each part that has to wait.
const waiting = new Map();

for (const event of SETTLES) document.addEventListener(event, () => waiting.size && setTimeout(settle), true);

function settle() {
  for (const [part, newer] of [...waiting]) {
    if (!part.isConnected) waiting.delete(part);
    else if (!held(part)) bring(part, newer);
  }
}

function bring(part, newer) {
  waiting.delete(part);
  // One that stands in another way than the copy: a composer that writes a note.
  if (part.innerHTML === newer.innerHTML || part.className !== newer.className) return;
  if (held(part) || busy(part)) {
    waiting.set(part, newer);
    return announce(part, newer);
  }
  const folds = [...part.querySelectorAll("details.fold")].map((fold) => fold.open);
  const turned = ticks(part).filter((box) => box.checked !== box.defaultChecked);
  const ticked = new Map(turned.map((box) => [named(box), box.checked]));
  part.replaceChildren(...document.importNode(newer, true).childNodes);
  part.querySelectorAll("details.fold").forEach((fold, place) => (fold.open = folds[place] ?? fold.open));
  for (const box of ticks(part)) box.checked = ticked.get(named(box)) ?? box.checked;
}

function announce(part, newer) {
  const bar = part.querySelector("[data-new]");
  if (!bar) return;
  const before = new Map([...part.querySelectorAll("[data-key]")].map((row) => [key(row), row.textContent]));
  const count = [...newer.querySelectorAll("[data-key]")].filter((row) => before.get(key(row)) !== row.textContent).length;
  bar.textContent = bar.dataset.new.replace("{n}", count);
  bar.hidden = count === 0;
}
