// Remembers which sections of the details pane this member keeps shut: the server folds them already
// when it writes the page, so nothing jumps. Without this they fold all the same, for the moment.

class FoldMemory extends HTMLElement {
  #listen = (event) => this.#click(event);

  connectedCallback() {
    document.addEventListener("click", this.#listen);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.#listen);
  }

  #click(event) {
    const fold = event.target.closest?.("summary")?.parentElement;
    if (!fold?.dataset.fold || event.defaultPrevented) return;
    const shut = new Set(this.#shut());
    // The click comes before the section moves.
    if (fold.open) shut.add(fold.dataset.fold);
    else shut.delete(fold.dataset.fold);
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${this.dataset.cookie}=${[...shut].join(".")}; path=/; max-age=31536000; samesite=lax${secure}`;
  }

  #shut() {
    const start = `${this.dataset.cookie}=`;
    const cookie = document.cookie.split("; ").find((each) => each.startsWith(start));
    return cookie ? cookie.slice(start.length).split(".").filter(Boolean) : [];
  }
}

customElements.define("fold-memory", FoldMemory);
