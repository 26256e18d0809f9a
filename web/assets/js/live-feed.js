// The one stream of a browser: the tab that holds the lock listens for all and tells the others. It
// begins after the event a page was made from, so that nothing falls between the two.

const channel = new BroadcastChannel("trailbox-live");
const AGAIN = 5000;

export class LiveFeed {
  #page; // has topics, after, hear(topic) and fetch()
  #tab = Math.random().toString(36);
  #wishes = new Map(); // by tab
  #open = new Set();
  #source;
  #heard = Infinity;
  #leads = false;

  constructor(page) {
    this.#page = page;
    channel.onmessage = ({ data }) => {
      if (data.ask) this.say();
      else if (data.tab) this.#note(data);
      else page.hear(data.topic);
    };
    addEventListener("pagehide", () => channel.postMessage({ tab: this.#tab, topics: [] }));
    addEventListener("pageshow", (event) => event.persisted && this.say());
    // Locks are there over https and on this machine alone: elsewhere each tab listens for itself.
    navigator.locks?.request("trailbox-live", () => this.#lead()) ?? this.#lead();
  }

  say() {
    const wish = { tab: this.#tab, topics: this.#page.topics, after: this.#page.after };
    channel.postMessage(wish);
    this.#note(wish);
  }

  #note({ tab, topics, after }) {
    if (tab !== this.#tab && !this.#leads) return;
    if (topics.length) this.#wishes.set(tab, topics);
    else this.#wishes.delete(tab);
    if (this.#leads && topics.some((topic) => !this.#open.has(topic))) this.#listen(after);
  }

  #lead() {
    this.#leads = true;
    this.say();
    channel.postMessage({ ask: true });
    return new Promise(() => {});
  }

  #listen(after) {
    this.#source?.close();
    this.#heard = Math.min(this.#heard, after);
    this.#open = new Set([...this.#wishes.values()].flat());
    const topics = encodeURIComponent([...this.#open].join(","));
    this.#source = new EventSource(`/live?topics=${topics}&after=${this.#heard}`);
    this.#source.onmessage = ({ data, lastEventId }) => {
      this.#heard = Number(lastEventId) || this.#heard;
      this.#tell(JSON.parse(data));
    };
    this.#source.onerror = ({ target }) => {
      if (target.readyState === EventSource.CLOSED) setTimeout(() => this.#reopen(target), AGAIN);
    };
    this.#source.addEventListener("behind", () => this.#open.forEach((topic) => this.#tell({ topic })));
  }

  // A browser gives up on a stream that was answered with an error, such as a proxy's while the desk
  // starts again. A reader who is signed out has no page to be told of.
  async #reopen(source) {
    if (source !== this.#source) return;
    const answer = await this.#page.fetch().catch(() => null);
    answer?.body?.cancel(); // half read, it would keep a connection
    if (answer?.redirected || answer?.status === 401) return;
    if (answer?.ok) this.#listen(this.#page.after);
    else setTimeout(() => this.#reopen(source), AGAIN);
  }

  #tell({ topic }) {
    channel.postMessage({ topic });
    this.#page.hear(topic);
  }
}
