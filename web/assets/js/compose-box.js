// The composer: reply or note without leaving what was typed, Ctrl+Enter, files by paste and drop,
// and a sign to colleagues that somebody reads or writes here.

import { attach, attached } from "./attach.js";
import { post } from "./post.js";

const STILL_HERE = 20_000;

class ComposeBox extends HTMLElement {
  #writing = 0;
  #timer;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#switch(event));
    // A press must not move what it presses: on a phone the rail makes room when the focus comes.
    this.addEventListener("mousedown", (event) => event.target.closest("a, button") && event.preventDefault());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#send(event);
    });
    this.addEventListener("input", () => this.#ping(true));
    this.addEventListener("paste", (event) => attach(this, event, event.clipboardData));
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => attach(this, event, event.dataTransfer));
    this.addEventListener("change", () => attached(this));
    addEventListener("pagehide", this.#leave);
    this.#timer = setInterval(() => document.hidden || this.#ping(false), STILL_HERE);
    this.#ping(false);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    removeEventListener("pagehide", this.#leave);
    this.#leave();
  }

  #leave = () => {
    if (this.dataset.presence) post(this.dataset.presence, { writing: "left" }, { keepalive: true }).catch(() => {});
  };

  #switch(event) {
    const tab = event.target.closest("a[data-mode]");
    const form = this.querySelector("form[data-reply]");
    if (!tab || !form) return;
    event.preventDefault();
    const { mode } = tab.dataset, note = mode === "note";
    this.classList.toggle("composer--note", note);
    this.classList.toggle("composer--reply", !note);
    form.action = note ? form.dataset.note : form.dataset.reply;
    for (const each of this.querySelectorAll("a[data-mode]")) each.toggleAttribute("aria-current", each === tab);
    for (const each of this.querySelectorAll("[data-when]")) each.hidden = each.dataset.when !== mode;
    const text = form.querySelector("textarea");
    text.placeholder = text.dataset[mode];
    text.focus();
    // Whoever fetches this page again gets the same composer.
    history.replaceState(history.state, "", tab.href);
  }

  #send(event) {
    const form = event.target.closest("form");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-send]:not([hidden])"));
  }

  #ping(writing) {
    if (!this.dataset.presence || (writing && Date.now() - this.#writing < 5000)) return;
    if (writing) this.#writing = Date.now();
    post(this.dataset.presence, { writing: writing || Date.now() - this.#writing < STILL_HERE ? "yes" : "no" }).catch(() => {});
  }
}

customElements.define("compose-box", ComposeBox);
