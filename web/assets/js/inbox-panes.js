// Opens a conversation of the list without losing the list's place; back and reload work as ever.

class InboxPanes extends HTMLElement {
  #fetching;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#click(event));
    addEventListener("popstate", () => this.#show(location.href));
  }

  #click(event) {
    const link = event.target.closest("a[data-pane-link]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    if (matchMedia("(max-width: 719px)").matches) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    this.#mark(link);
    this.#show(link.href);
  }

  #mark(link) {
    for (const row of this.querySelectorAll("a[data-pane-link][aria-current]")) row.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }

  async #show(href) {
    // Whoever walks on fast leaves no answer half read: it would keep a connection for good.
    this.#fetching?.abort();
    this.#fetching = new AbortController();
    const answer = await fetch(href, { signal: this.#fetching.signal }).catch(() => null);
    const text = await answer?.text().catch(() => null);
    if (href !== location.href) return;
    if (!answer?.ok || answer.redirected || text === null) return location.assign(href);
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector('[data-pane="thread"]');
    const pane = this.querySelector('[data-pane="thread"]');
    if (!fresh || !pane) return location.assign(href);
    pane.replaceChildren(...document.importNode(fresh, true).childNodes);
    document.title = page.title;
    const path = location.pathname + location.search;
    this.#mark(this.querySelector(`a[data-pane-link][href="${CSS.escape(path)}"]`));
    const stream = document.querySelector("live-stream");
    const { after, topics } = page.querySelector("live-stream")?.dataset ?? {};
    if (stream && topics) Object.assign(stream.dataset, { here: "", after, topics });
  }
}

customElements.define("inbox-panes", InboxPanes);
