// Completes the condition at the caret of a question: keys, then the values of a key. The browser's own
// list, which knows only whole values, stands in where this does not run.
class AskTrail extends HTMLElement {
  #text;
  #list;
  #terms = [];

  connectedCallback() {
    [this.#text, this.#list] = [this.querySelector("input"), this.querySelector("ul")];
    this.#terms = [...this.querySelectorAll("option")].map((option) => option.value);
    this.#text.removeAttribute("list");
    const says = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.#list.id };
    Object.entries(says).forEach(([name, value]) => this.#text.setAttribute(name, value));
    this.#close();
    this.#text.addEventListener("input", () => this.#offer());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.#choose(event.target.closest("li"));
    });
  }

  get #word() {
    return this.#text.value.slice(0, this.#text.selectionStart).match(/(?:[^\s"]|"[^"]*"?)*$/)[0];
  }

  #offer() {
    const [, minus, typed] = this.#word.toLowerCase().match(/^(-?)(.*)$/);
    if (!typed) return this.#close();
    const [key, value = ""] = typed.split(":").map((part) => part.replaceAll('"', ""));
    const keys = [...new Set(this.#terms.map((term) => term.split(":")[0]))];
    const fits = typed.includes(":")
      ? this.#terms.filter((term) => term.startsWith(`${key}:`) && term.slice(key.length + 1).toLowerCase().includes(value))
      : keys.filter((known) => known.startsWith(key)).map((known) => `${known}:`);
    this.#list.replaceChildren(...fits.slice(0, 10).map((term, n) => this.#option(minus + term, n)));
    this.#list.hidden = fits.length === 0 || (fits.length === 1 && fits[0].toLowerCase() === typed);
    this.#text.setAttribute("aria-expanded", String(!this.#list.hidden));
  }

  #option(term, n) {
    const option = Object.assign(document.createElement("li"), { id: `ask-option-${n}`, textContent: term });
    option.setAttribute("role", "option");
    return option;
  }

  #key(event) {
    if (this.#list.hidden) return;
    const options = [...this.#list.children];
    const now = options.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#mark(options, (now + step + options.length) % options.length);
    else if (event.key === "Tab" && !event.shiftKey) this.#choose(options[Math.max(now, 0)]);
    else if (event.key === "Enter" && now >= 0) this.#choose(options[now]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
  }

  #mark(options, chosen) {
    options.forEach((option, n) => (option.ariaSelected = String(n === chosen)));
    this.#text.setAttribute("aria-activedescendant", options[chosen].id);
  }

  #choose(option) {
    if (!option) return;
    const at = this.#text.selectionStart, term = option.textContent;
    this.#text.setRangeText(term.endsWith(":") ? term : `${term} `, at - this.#word.length, at, "end");
    this.#close();
    if (term.endsWith(":")) this.#offer();
  }

  #close() {
    this.#list.hidden = true;
    this.#text.setAttribute("aria-expanded", "false");
    this.#text.removeAttribute("aria-activedescendant");
  }
}

customElements.define("ask-trail", AskTrail);
