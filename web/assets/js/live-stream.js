// Hears what changed and fetches the page again in the background. One stream per browser: the tab
// that holds the lock listens for all of them and tells the others.

import { merge } from "./merge.js";

const channel = new BroadcastChannel("trailbox-live");
const PAUSE = 1000;

class LiveStream extends HTMLElement {
  static observedAttributes = ["data-topics"];
  #wanted = new Set();
  #changed = new Set();
  #source;
  #leads = false;
  #timer;

  connectedCallback() {
    channel.onmessage = ({ data }) => {
      if (data.ask) channel.postMessage({ topics: this.#topics });
      else if (data.topics) this.#want(data.topics);
      else this.#hear(data);
    };
    navigator.locks?.request("trailbox-live", () => this.#lead());
  }

  attributeChangedCallback() {
    channel.postMessage({ topics: this.#topics });
    this.#want(this.#topics);
  }

  get #topics() {
    return this.dataset.topics.trim().split(/\s+/).filter(Boolean).concat("integrity", "calls");
  }

  #lead() {
    this.#leads = true;
    this.#want(this.#topics, true);
    channel.postMessage({ ask: true });
    return new Promise(() => {});
  }

  #want(topics, open = false) {
    const grows = topics.some((topic) => !this.#wanted.has(topic));
    topics.forEach((topic) => this.#wanted.add(topic));
    if (!this.#leads || !(grows || open)) return;
    this.#source?.close();
    this.#source = new EventSource(`/live?topics=${encodeURIComponent([...this.#wanted].join(","))}`);
    this.#source.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      channel.postMessage(frame);
      this.#hear(frame);
    };
    this.#source.addEventListener("behind", () => this.#topics.forEach((topic) => this.#hear({ topic })));
  }

  #hear({ topic }) {
    if (!document.querySelector(`[data-live~="${CSS.escape(topic)}"]`)) return;
    this.#changed.add(topic);
    this.#timer ??= setTimeout(() => this.#refresh(), document.hidden ? 10 * PAUSE : PAUSE / 4);
  }

  async #refresh() {
    const topics = this.#changed, here = location.href;
    this.#changed = new Set();
    try {
      const answer = await fetch(here, { headers: { "x-background": "yes" } });
      const text = await answer.text();
      if (answer.ok && !answer.redirected && here === location.href) {
        merge(new DOMParser().parseFromString(text, "text/html"), topics);
      }
    } catch {
      topics.forEach((topic) => this.#changed.add(topic));
    }
    await new Promise((done) => setTimeout(done, PAUSE));
    this.#timer = undefined;
    if (this.#changed.size) this.#hear({ topic: [...this.#changed][0] });
  }
}

customElements.define("live-stream", LiveStream);
