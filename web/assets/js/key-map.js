// Keys outside text fields. An element says its own key with data-press; this finds and presses it.

const GO = { i: "/inbox", t: "/tickets", a: "/audit", r: "/contacts" };
const ALT = { j: "j", k: "k", e: "e", p: "n", l: "r" };
const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]") || target.closest?.("dialog[open]");

class KeyMap extends HTMLElement {
  #going = 0;

  connectedCallback() {
    document.addEventListener("keydown", (event) => this.#down(event));
  }

  #down(event) {
    const code = event.code.startsWith("Key") ? event.code.at(-1).toLowerCase() : "";
    if (event.altKey && ALT[code] && !event.ctrlKey && !event.metaKey) return this.#press(ALT[code], event);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return this.#close(event);
    if (typing(event.target) || this.dataset.on !== "yes") return;
    if (Date.now() - this.#going < 1500 && GO[event.key]) return location.assign(GO[event.key]);
    this.#going = event.key === "g" ? Date.now() : 0;
    if (event.key === "?") return this.querySelector("dialog").showModal();
    this.#press(event.key, event);
  }

  #press(key, event) {
    if (key === "j" || key === "k") return this.#walk(key === "j" ? 1 : -1, event);
    if (key === "u") return document.querySelector(".thread__head a.only-phone")?.click();
    const found = document.querySelector(`[data-press~="${CSS.escape(key)}"]`);
    if (!found) return;
    event.preventDefault();
    for (let up = found.parentElement; up; up = up.parentElement) if (up.matches("details")) up.open = true;
    if (found.matches("details")) {
      found.open = true;
      found.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    } else if (found.matches("input, textarea")) found.focus();
    else found.click();
    if (key === "r" || key === "n") document.querySelector(".composer textarea")?.focus();
  }

  #walk(step, event) {
    const rows = [...document.querySelectorAll(".rows a.row, [data-row], .table tbody .table__main a")];
    if (!rows.length) return;
    event.preventDefault();
    const now = rows.findIndex((row) => row === document.activeElement);
    const start = now < 0 ? rows.findIndex((row) => row.ariaCurrent) : now;
    rows[Math.min(Math.max(start + step, 0), rows.length - 1)].focus();
  }

  #close(event) {
    const open = [...document.querySelectorAll("details.menu[open]")].at(-1);
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (typing(event.target)) event.target.blur();
  }
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

customElements.define("key-map", KeyMap);
