// The banner of every signed-in page: answers that were ready while nobody was looking. Each is shown once.
import { ApiError, createApi } from "./api.js";
import { el, setText } from "./dom.js";

const mostShown = 2;
const pauseMilliseconds = 10_000;
// A page with a live connection acknowledges by that; its word is written within a few seconds.
const liveMilliseconds = 6_000;

// What the page knows of: `shown` until dismissed, `queued` until there is room; `unlisted` are more than the answer held.
export function takeAnswer({ shown, queued }, { notices, total }, path) {
  const known = new Set([...shown, ...queued].map((notice) => notice.id));
  const asked = new Map(notices.map((notice) => [notice.id, notice]));
  const opened = notices.filter((notice) => notice.href === path);
  const kept = queued.filter((notice) => asked.has(notice.id));
  const added = notices.filter((notice) => !known.has(notice.id) && notice.href !== path);
  return { state: { shown, queued: [...kept, ...added], unlisted: Math.max(0, total - notices.length) }, opened };
}

// Fills the free places from the queue; answers which notices are new on the screen.
export function fillPlaces({ shown, queued, unlisted }) {
  const fresh = queued.slice(0, Math.max(0, mostShown - shown.length));
  return { state: { shown: [...shown, ...fresh], queued: queued.slice(fresh.length), unlisted }, fresh };
}

export function countMore({ queued, unlisted }) {
  return queued.length + unlisted;
}

function createItem(notice, dismiss) {
  const words = el("p", {}, el("a", { href: notice.href, dir: "auto", text: notice.text }));
  const button = el("button", { type: "button", class: "quiet", "aria-label": `Dismiss: ${notice.text}`, text: "×", on: { click: dismiss } });
  const kind = notice.type === "agent_failed" ? "notice error" : "notice";
  const item = el("li", { class: kind, "data-id": notice.id }, words, button);
  item.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    dismiss();
  });
  return item;
}

export class Banner {
  constructor(region, call, path = location.pathname) {
    Object.assign(this, { region, call, path });
    this.state = { shown: [], queued: [], unlisted: 0 };
    this.askedAt = -Infinity;
    this.list = el("ul", {});
    this.more = el("p", { class: "notice-more", hidden: true });
    this.status = region.querySelector("[aria-live]");
    region.append(this.list, this.more);
  }

  // Not for a page that nobody sees, and not for each of many glances.
  async ask() {
    if (document.hidden || Date.now() - this.askedAt < pauseMilliseconds) return;
    this.askedAt = Date.now();
    const answer = await this.attempt("GET", "notices/");
    if (answer) this.take(answer);
  }

  take(answer) {
    const { state, opened } = takeAnswer(this.state, answer, this.path);
    this.state = state;
    for (const notice of opened) this.markSeen(notice);
    this.show();
  }

  show() {
    const { state, fresh } = fillPlaces(this.state);
    this.state = state;
    for (const notice of fresh) {
      this.list.append(createItem(notice, () => this.dismiss(notice)));
      this.markSeen(notice);
    }
    const count = countMore(state);
    this.more.hidden = count === 0;
    setText(this.more, count ? `and ${count} more` : "");
    if (fresh.length) setText(this.status, [...fresh.map((notice) => notice.text), this.more.textContent].join(" ").trim());
  }

  dismiss(notice) {
    const item = this.list.querySelector(`[data-id="${notice.id}"]`);
    const hadFocus = item.contains(document.activeElement);
    item.remove();
    this.state = { ...this.state, shown: this.state.shown.filter((other) => other.id !== notice.id) };
    setText(this.status, "");
    this.show();
    if (hadFocus) (this.list.querySelector("button") ?? document.querySelector("main"))?.focus({ preventScroll: true });
  }

  markSeen(notice) {
    this.attempt("POST", `notices/${notice.id}/seen/`);
  }

  // What does not work now is there again on the next page.
  async attempt(method, path) {
    try {
      return await this.call(method, path);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return null;
    }
  }

  start(delay) {
    const ask = () => this.ask();
    setTimeout(() => {
      ask();
      addEventListener("focus", ask);
      document.addEventListener("visibilitychange", ask);
    }, delay);
  }
}

const region = document.querySelector("#notices");
if (region) new Banner(region, createApi("/api/v1/")).start(document.body.classList.contains("chat-page") ? liveMilliseconds : 0);
