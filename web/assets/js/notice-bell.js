// Lets the browser say what is new, once, and not while the thing itself is in front.

const LAST = "trailbox-notice";

class NoticeBell extends HTMLElement {
  connectedCallback() {
    const { seq, rings, title, text, href } = this.dataset;
    const newest = Number(seq), said = Number(localStorage.getItem(LAST) ?? NaN);
    if (!(newest > 0) || newest <= said) return;
    localStorage.setItem(LAST, newest);
    const looks = document.visibilityState === "visible" && location.pathname + location.search === href;
    if (Number.isNaN(said) || rings !== "yes" || looks || globalThis.Notification?.permission !== "granted") return;
    const notice = new Notification(title, { body: text, tag: `trailbox-${newest}` });
    notice.onclick = () => {
      focus();
      location.assign(href);
      notice.close();
    };
  }
}

customElements.define("notice-bell", NoticeBell);
