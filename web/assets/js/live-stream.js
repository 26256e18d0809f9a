// Hears what changed and fetches the page again in the background. One stream per browser: the tab
// that holds the lock listens for all of them and tells the others. A stream begins after the event
// its page was made from, so that nothing falls between the two.

import { merge } from "./merge.js";

const channel = new BroadcastChannel("trailbox-live");
const PAUSE = 1000;

class LiveStream extends HTMLElement {
  static observedAttributes = ["data-topics"];
  #wanted = new Set();
  #changed = new Set();
  #source;
  #heard = Infinity;
  #leads = false;
  #timer;

  connectedCallback() {
    channel.onmessage = ({ data }) => {
      if (data.ask) this.#ask();
      else if (data.topics) this.#want(data);
      else this.#hear(data);
    };
    navigator.locks?.request("trailbox-live", () => this.#lead());
  }

  attributeChangedCallback() {
    this.#ask();
    this.#want(this.#wish);
  }

  #ask() {
    channel.postMessage(this.#wish);
  }

  get #wish() {
    return { topics: this.#topics, after: Number(this.dataset.after) };
  }

  get #topics() {
    return this.dataset.topics.trim().split(/\s+/).filter(Boolean).concat("integrity", "calls");
  }

  #lead() {
    this.#leads = true;
    this.#want(this.#wish, true);
    channel.postMessage({ ask: true });
    return new Promise(() => {});
  }

  #want({ topics, after }, open = false) {
    const grows = topics.some((topic) => !this.#wanted.has(topic));
    topics.forEach((topic) => this.#wanted.add(topic));
    if (!this.#leads || !(grows || open)) return;
    this.#source?.close();
    this.#heard = Math.min(this.#heard, after);
    this.#source = new EventSource(`/live?topics=${encodeURIComponent([...this.#wanted].join(","))}&after=${this.#heard}`);
    this.#source.onmessage = ({ data, lastEventId }) => {
      this.#heard = Number(lastEventId) || this.#heard;
      this.#tell(JSON.parse(data));
    };
    this.#source.onerror = ({ target }) => {
      if (target.readyState === EventSource.CLOSED) setTimeout(() => this.#reopen(target), 5 * PAUSE);
    };
    this.#source.addEventListener("behind", () => this.#wanted.forEach((topic) => this.#tell({ topic })));
  }

  // A browser gives up on a stream that was answered with an error, such as a proxy's while the desk
  // starts again. A reader who is signed out has no page to be told of.
  async #reopen(source) {
    if (source !== this.#source) return;
    const answer = await fetch(location.href, { headers: { "x-background": "yes" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) this.#want(this.#wish, true);
    else if (!answer?.redirected) setTimeout(() => this.#reopen(source), 5 * PAUSE);
  }

  #tell(frame) {
    channel.postMessage(frame);
    this.#hear(frame);
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
        const fresh = new DOMParser().parseFromString(text, "text/html");
        this.dataset.after = fresh.querySelector("live-stream")?.dataset.after ?? this.dataset.after;
        merge(fresh, topics);
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
