// Keeps what is being typed on the server, a few seconds after the last key and on leaving.

import { post } from "./post.js";

const AFTER = 3000;

class DraftField extends HTMLElement {
  #timer;
  #kept;
  #sent = false;

  connectedCallback() {
    this.#kept = this.#text?.value;
    this.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#keep(), AFTER);
    });
    this.addEventListener("focusout", () => this.#keep());
    this.addEventListener("submit", () => {
      this.#sent = true;
      clearTimeout(this.#timer);
    });
    this.addEventListener("click", (event) => this.#follow(event));
    addEventListener("pagehide", this.#leave);
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.#leave);
    this.#keep(true);
  }

  #leave = () => this.#keep(true);

  // The next page shows the draft: it is kept before that page is asked for.
  async #follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button || event.defaultPrevented) return;
    event.preventDefault();
    await this.#keep();
    location.assign(link.href);
  }

  get #text() {
    return this.querySelector("textarea");
  }

  async #keep(leaving = false) {
    clearTimeout(this.#timer);
    const text = this.#text?.value;
    if (this.#sent || text === undefined || text === this.#kept) return;
    this.#kept = text;
    const note = this.closest(".composer")?.classList.contains("composer--note");
    const state = this.querySelector("[data-draft-state]"), at = this.querySelector('[name="draft_at"]');
    const fields = { text, mode: note ? "note" : "reply", draft_at: at?.value ?? "" };
    try {
      const answer = await post(this.dataset.save, fields, { keepalive: leaving });
      const kept = answer.status < 400, elsewhere = answer.status === 409;
      if (kept && at) at.value = await answer.text();
      if (state) state.textContent = elsewhere ? state.dataset.elsewhere : kept && text ? state.dataset.kept : "";
    } catch {
      this.#kept = undefined;
      if (state) state.textContent = state.dataset.lost;
    }
  }
}

customElements.define("draft-field", DraftField);
