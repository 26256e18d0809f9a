// Ctrl+K: every action of the page by name. The places come from the server, the actions from what
// the page offers.

class CommandPalette extends HTMLElement {
  #all = [];
  #at = 0;

  connectedCallback() {
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#open();
      }
    });
    this.#input.addEventListener("input", () => this.#filter());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => this.#run(event.target.closest("li")));
  }

  get #dialog() { return this.querySelector("dialog"); }
  get #input() { return this.querySelector("input"); }
  get #list() { return this.querySelector("ul"); }

  #open() {
    this.#list.querySelectorAll("li[data-page]").forEach((item) => item.remove());
    for (const element of document.querySelectorAll("main [data-press], .inbox__queues a")) {
      const name = element.matches("details") ? element.querySelector("summary") : element;
      const text = (name.textContent.trim() || name.ariaLabel || "").replace(/\s+/g, " ");
      if (!text || element.matches("input, textarea")) continue;
      const item = document.createElement("li");
      Object.assign(item, { role: "option", ariaSelected: "false", textContent: text, run: () => this.#press(element) });
      item.dataset.page = "";
      this.#list.prepend(item);
    }
    this.#all = [...this.#list.children];
    this.#all.forEach((item, index) => (item.id = `palette-${index}`));
    this.#input.value = "";
    this.#filter();
    this.#dialog.showModal();
  }

  #press(element) {
    for (let up = element; up; up = up.parentElement) if (up.matches("details")) up.open = true;
    if (element.matches("details")) element.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    else element.click();
  }

  get #shown() { return this.#all.filter((item) => !item.hidden); }

  #filter() {
    const words = this.#input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of this.#all) item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    this.#move(0);
  }

  #move(at) {
    const shown = this.#shown;
    this.#at = Math.min(Math.max(at, 0), shown.length - 1);
    for (const item of this.#all) item.ariaSelected = String(item === shown[this.#at]);
    this.#input.setAttribute("aria-activedescendant", shown[this.#at]?.id ?? "");
    shown[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#move(this.#at + step);
    else if (event.key === "Enter") this.#run(this.#shown[this.#at]);
    else return;
    event.preventDefault();
  }

  #run(item) {
    if (!item) return;
    this.#dialog.close();
    if (item.run) item.run();
    else location.assign(item.dataset.href);
  }
}

customElements.define("command-palette", CommandPalette);
