// Brings a page up to date from a newer copy of itself. What is under the pointer or the caret never
// moves: such a part waits until the pointer leaves, and a list says meanwhile that there is more.

const key = (child) => child.dataset.key ?? child.id;
const typed = (part) => [...part.querySelectorAll("textarea")].some((text) => text.value !== text.defaultValue);
const held = (part) => part.matches(":hover") || part.contains(document.activeElement);
const busy = (part) => typed(part) || part.querySelector("details.menu[open]");

export function merge(fresh, topics) {
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!part.dataset.live.split(" ").some((topic) => topics.has(topic))) continue;
    const newer = fresh.querySelector(`[data-live-id="${part.dataset.liveId}"]`);
    if (!newer) continue;
    if (part.dataset.liveMode === "append") append(part, newer);
    else if (part.innerHTML !== newer.innerHTML) replace(part, newer);
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
    } else if (old.innerHTML !== child.innerHTML && !old.contains(document.activeElement)) {
      old.replaceWith(copy);
    }
  }
}

function openDay(part, day) {
  if (!day?.matches(".timeline__day")) return;
  const last = [...part.querySelectorAll(".timeline__day")].at(-1);
  if (day.textContent !== last?.textContent) part.append(document.importNode(day, true));
}

const waiting = new WeakMap();

function replace(part, newer) {
  if (busy(part)) return;
  if (held(part)) {
    if (!waiting.has(part)) part.addEventListener("pointerleave", () => settle(part), { once: true });
    waiting.set(part, newer);
    return announce(part, newer);
  }
  const folds = [...part.querySelectorAll("details.fold")].map((fold) => fold.open);
  part.replaceChildren(...document.importNode(newer, true).childNodes);
  part.querySelectorAll("details.fold").forEach((fold, place) => (fold.open = folds[place] ?? fold.open));
}

function settle(part) {
  const newer = waiting.get(part);
  waiting.delete(part);
  if (newer && part.isConnected) replace(part, newer);
}

function announce(part, newer) {
  const bar = part.querySelector("[data-new]");
  if (!bar) return;
  const before = new Map([...part.querySelectorAll("[data-key]")].map((row) => [key(row), row.textContent]));
  const rows = [...newer.querySelectorAll("[data-key]")];
  const count = rows.filter((row) => before.get(key(row)) !== row.textContent).length;
  bar.textContent = bar.dataset.new.replace("{n}", count);
  bar.hidden = count === 0;
}
