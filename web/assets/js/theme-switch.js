// Light or dark at once; the choice is kept by the same form that works without this.

import { post } from "./post.js";

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[name=theme]");
      if (!button) return;
      event.preventDefault();
      document.documentElement.dataset.theme = button.value;
      for (const each of this.querySelectorAll("button")) each.ariaPressed = String(each === button);
      post(button.form.action, { theme: button.value }).catch(() => button.form.submit());
    });
  }
}

customElements.define("theme-switch", ThemeSwitch);
