// Dialling starts a clock: when the call began, and how long it lasts so far. Saving stops it.

class CallTimer extends HTMLElement {
  #since;
  #timer;

  connectedCallback() {
    this.addEventListener("click", (event) => event.target.closest("[data-dial]") && this.#start());
    this.addEventListener("submit", () => this.#stop());
    const given = this.querySelector("[data-started]")?.value;
    if (given) this.#start(Date.parse(given));
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #start(since = Date.now()) {
    this.#since = since;
    const started = this.querySelector("[data-started]");
    if (started) started.value = new Date(since).toISOString();
    const other = this.querySelector('select[name="call"] option[value=""]');
    if (other) other.selected = true;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#show(), 1000);
    this.#show();
  }

  #stop() {
    if (!this.#since) return;
    clearInterval(this.#timer);
    const minutes = this.querySelector('input[name="minutes"]');
    if (minutes && !minutes.value) minutes.value = this.#length();
  }

  #show() {
    const clock = this.querySelector("[data-clock]");
    if (!clock) return;
    clock.hidden = false;
    clock.textContent = `${this.dataset.running} ${this.#length()}`;
  }

  #length() {
    const seconds = Math.max(0, Math.floor((Date.now() - this.#since) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

customElements.define("call-timer", CallTimer);
