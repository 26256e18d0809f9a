// Goes to the chosen event as soon as the slider is let go; the number beside it follows meanwhile.

class PastSlider extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const shown = this.closest("form").querySelector("output");
    input.addEventListener("input", () => {
      shown.textContent = shown.textContent.replace(/\d+/, input.value);
    });
    input.addEventListener("change", () => input.form.requestSubmit());
  }
}

customElements.define("past-slider", PastSlider);
