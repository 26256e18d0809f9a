// Asks the browser, when the member presses the button, whether the desk may notify them.

class NoticePermission extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", async () => {
      await Notification.requestPermission();
      this.#show();
    });
    this.#show();
  }

  #show() {
    const can = "Notification" in globalThis && isSecureContext;
    const state = can ? Notification.permission : "missing";
    this.querySelector("button").hidden = state !== "default";
    const said = this.dataset[state];
    if (said) this.querySelector("[data-state]").textContent = said;
  }
}

customElements.define("notice-permission", NoticePermission);
