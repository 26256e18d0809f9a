// What a wish came to: goes away by itself unless it is bad news or somebody is reading it.

const STAYS = 6000;

class ToastList extends HTMLElement {
  connectedCallback() {
    for (const toast of this.children) this.#leave(toast);
    this.addEventListener("click", (event) => {
      if (!event.target.closest("a")) event.target.closest(".flash")?.remove();
    });
  }

  /** Says one of the sentences the server put into this element's data. */
  say(name) {
    const toast = document.createElement("div");
    toast.className = "flash flash--ok";
    toast.textContent = this.dataset[name] ?? name;
    this.append(toast);
    this.#leave(toast);
  }

  #leave(toast) {
    if (toast.matches(".flash--bad")) return;
    setTimeout(() => (toast.matches(":hover, :focus-within") ? this.#leave(toast) : toast.remove()), STAYS);
  }
}

customElements.define("toast-list", ToastList);
