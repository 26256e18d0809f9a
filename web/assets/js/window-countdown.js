// The time left to write freely. When it is over the page is asked again, because the composer becomes
// the template picker.

const MINUTE = 60_000;

class WindowCountdown extends HTMLElement {
  #timer;

  connectedCallback() {
    this.#timer = setInterval(() => this.#tick(), 30_000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick() {
    const left = Date.parse(this.dataset.until) - Date.now();
    const words = document.querySelector("relative-time")?.dataset;
    if (left <= 0) {
      const typed = this.closest(".composer")?.querySelector("textarea")?.value;
      if (!typed) location.reload();
      this.classList.add("pill--bad");
      return;
    }
    if (!words) return;
    const hours = Math.floor(left / (60 * MINUTE)), minutes = Math.floor((left % (60 * MINUTE)) / MINUTE);
    const span = [hours && words.hours.replace("{n}", hours), words.minutes.replace("{n}", minutes)].filter(Boolean).join(" ");
    this.querySelector("span").textContent = this.dataset.left.replace("{span}", span);
    if (hours < 2) this.classList.replace("pill--line", "pill--warn");
  }
}

customElements.define("window-countdown", WindowCountdown);
