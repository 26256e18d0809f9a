// Hears what changed and fetches the page again in the background.

import { LiveFeed } from "./live-feed.js";
import { merge } from "./merge.js";

const PAUSE = 1000;

const shows = (topic) => document.querySelector(`[data-live~="${CSS.escape(topic)}"]`) !== null;

class LiveStream extends HTMLElement {
  static observedAttributes = ["data-topics"];
  #changed = new Set();
  #feed;
  #timer;

  connectedCallback() {
    this.#feed = new LiveFeed(this);
  }

  attributeChangedCallback() {
    this.#feed?.say();
  }

  get topics() {
    return this.dataset.topics.trim().split(/\s+/).filter(Boolean).concat("integrity", "calls");
  }

  get after() {
    return Number(this.dataset.after);
  }

  // A page that answers a form stands at an address that is no page's.
  get #here() {
    return this.dataset.here || location.href;
  }

  fetch() {
    return fetch(this.#here, { headers: { "x-background": "yes" }, signal: AbortSignal.timeout(20 * PAUSE) });
  }

  hear(topic) {
    if (!shows(topic)) return;
    this.#changed.add(topic);
    this.#soon();
  }

  #soon() {
    this.#timer ??= setTimeout(() => this.#refresh(), document.hidden ? 10 * PAUSE : PAUSE / 4);
  }

  async #refresh() {
    const topics = this.#changed, here = this.#here;
    this.#changed = new Set();
    const again = () => topics.forEach((topic) => this.#changed.add(topic));
    try {
      const answer = await this.fetch();
      const text = await answer.text();
      if (here !== this.#here || answer.status >= 500) again();
      else if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(text, "text/html");
        this.dataset.after = fresh.querySelector("live-stream")?.dataset.after ?? this.dataset.after;
        merge(fresh, topics);
      }
    } catch {
      again();
    }
    await new Promise((done) => setTimeout(done, PAUSE));
    this.#timer = undefined;
    this.#changed = new Set([...this.#changed].filter(shows));
    if (this.#changed.size) this.#soon();
  }
}

customElements.define("live-stream", LiveStream);
