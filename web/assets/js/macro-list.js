// Canned replies and macros: a slash in an empty composer opens the list, typing narrows it.

class MacroList extends HTMLElement {
  #find;

  connectedCallback() {
    this.#find = this.querySelector("[data-find]");
    this.#find.hidden = false;
    this.#find.addEventListener("input", () => this.#narrow());
    this.#find.addEventListener("keydown", (event) => this.#choose(event));
    this.closest("compose-box")?.addEventListener("keydown", this.#slash);
  }

  disconnectedCallback() {
    this.closest("compose-box")?.removeEventListener("keydown", this.#slash);
  }

  #slash = (event) => {
    if (event.key !== "/" || event.target.name !== "text" || event.target.value.trim()) return;
    event.preventDefault();
    this.querySelector("details").open = true;
    this.#find.focus();
  };

  #narrow() {
    const words = this.#find.value.toLowerCase().split(/\s+/);
    for (const item of this.querySelectorAll("[data-offered] > li")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
  }

  #choose(event) {
    if (event.key === "Escape") this.querySelector("details").open = false;
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.querySelector("[data-offered] > li:not([hidden]) > *")?.click();
  }
}

customElements.define("macro-list", MacroList);
