// A click copies a number, a key or an entry. Without a script the number is a link, and the button
// does not show.

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button[hidden]");
    if (button) button.hidden = false;
    this.addEventListener("click", (event) => this.#copy(event));
  }

  async #copy(event) {
    const from = event.target.closest("[data-copy], [data-copy-from]");
    if (!from || event.metaKey || event.ctrlKey || !navigator.clipboard) return;
    event.preventDefault();
    const text = from.dataset.copy ?? document.getElementById(from.dataset.copyFrom)?.textContent.trim();
    await navigator.clipboard.writeText(text ?? "");
    document.querySelector("toast-list")?.say("copied");
  }
}

customElements.define("copy-text", CopyText);
