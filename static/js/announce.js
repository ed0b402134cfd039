// What is said aloud and shown for a moment: turning points only, never each token.
import { el, setText } from "./dom.js";

export function createAnnouncer(region) {
  let clearing = null;
  return function announce(text) {
    clearTimeout(clearing);
    setText(region, text);
    clearing = setTimeout(() => setText(region, ""), 10_000);
  };
}

export function createToasts(stack, announce) {
  return function show(text, kind = "info", link = null) {
    const close = el("button", { type: "button", class: "quiet", "aria-label": "Dismiss", text: "×" });
    const words = el("p", { text });
    if (link) words.append(" ", el("a", link));
    const toast = el("div", { class: `toast ${kind}` }, words, close);
    const remove = () => toast.remove();
    close.addEventListener("click", remove);
    stack.append(toast);
    announce(text);
    if (kind === "info") setTimeout(remove, link ? 20_000 : 8_000);
  };
}

const spoken = {
  agent_started: (event) => (event.data.parent ? "" : `${event.data.title ?? "The agent"} started.`),
  agent_completed: (event) => (event.terminal ? "The answer is ready." : ""),
  agent_failed: (event) => (event.terminal ? `The run failed. ${event.data.message}` : ""),
  agent_cancelled: (event) => (event.data.parent ? "" : "Stopped."),
  agent_restarted: () => "The run starts again.",
  model_switched: (event) => `Went on with ${event.data.to}.`,
  approval_requested: (event) => `${event.data.tool} is waiting for approval.`,
};

const shown = {
  notice: (event) => (event.data.kind === "cancel_requested" ? null : [event.data.text, "info"]),
};

// Called for live events only; a snapshot or an old thread is silent.
export function announceEvent(event, openThreadId, { announce, toast }) {
  const message = shown[event.type]?.(event);
  if (message) toast(...message);
  if (event.thread_id !== null && event.thread_id !== openThreadId) return;
  const text = spoken[event.type]?.(event);
  if (text) announce(text);
}

const ends = {
  agent_completed: () => ["An answer is ready.", "info"],
  agent_failed: (event) => [`A run failed. ${event.data.message}`, "error"],
  agent_cancelled: () => ["A run was stopped.", "info"],
};

// On a page without threads: what has ended elsewhere, and the way there.
export function tellEndOfRun(event, toast, threads) {
  const told = ends[event.type]?.(event);
  if (told) toast(...told, { href: `${threads}${event.thread_id}/`, text: "Open the chat" });
}
