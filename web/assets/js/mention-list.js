// Offers names behind an @ while a note is written. What is chosen is plain text.

class MentionList extends HTMLElement {
  #text;
  #list;
  #from = -1;

  connectedCallback() {
    this.#list = this.querySelector("ul");
    this.#text = this.closest("form")?.querySelector("textarea[data-mentions]");
    this.#text?.addEventListener("input", () => this.#offer());
    this.#text?.addEventListener("keydown", (event) => this.#key(event));
    this.#text?.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("li");
      if (option) this.#choose(option);
    });
  }

  get #internal() {
    return this.closest(".composer")?.classList.contains("composer--note") ?? true;
  }

  #offer() {
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    this.#from = before.lastIndexOf("@");
    const typed = before.slice(this.#from + 1).toLowerCase();
    const glued = /[\p{L}\p{N}]$/u.test(before.slice(0, this.#from));
    if (!this.#internal || this.#from < 0 || glued || typed.length > 30 || typed.includes("\n")) return this.#close();
    const names = [...this.querySelectorAll("datalist option")].map((option) => option.value);
    const fits = names.filter((name) => name.toLowerCase().split(" ").some((part, n, all) => all.slice(n).join(" ").startsWith(typed)));
    this.#list.replaceChildren(...fits.slice(0, 8).map((name, n) => this.#option(name, n === 0)));
    this.#list.hidden = fits.length === 0;
  }

  #option(name, chosen) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(chosen));
    option.textContent = name;
    return option;
  }

  #key(event) {
    if (this.#list.hidden) return;
    const options = [...this.#list.children];
    const now = options.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) options.forEach((option, n) => (option.ariaSelected = String(n === (now + step + options.length) % options.length)));
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") this.#choose(options[now]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #choose(option) {
    if (!option) return;
    const at = this.#text.selectionStart, name = `@${option.textContent} `;
    this.#text.setRangeText(name, this.#from, at, "end");
    this.#close();
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #close() {
    this.#list.hidden = true;
  }
}

customElements.define("mention-list", MentionList);
