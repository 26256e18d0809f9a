// Keeps "4 min" true while the page stays open. Words come from the server, in its language.

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

class RelativeTime extends HTMLElement {
  #skew = 0;
  #timer;

  connectedCallback() {
    this.#skew = Date.parse(this.dataset.now) - Date.now();
    this.#timer = setInterval(() => this.#tick(), 20_000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick() {
    const now = Date.now() + this.#skew;
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const ms = now - Date.parse(time.dateTime);
      let text = this.#text(ms);
      if (text && ms >= MINUTE && time.dataset.relative) text = this.dataset.ago.replace("{time}", text);
      if (text && time.textContent !== text) time.textContent = text;
    }
  }

  #text(ms) {
    if (ms < 0 || ms >= DAY) return null;
    if (ms < MINUTE) return this.dataset.moment;
    if (ms < HOUR) return this.dataset.minutes.replace("{n}", Math.floor(ms / MINUTE));
    return this.dataset.hours.replace("{n}", Math.floor(ms / HOUR));
  }
}

customElements.define("relative-time", RelativeTime);
