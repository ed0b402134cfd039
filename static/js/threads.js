// The list of threads: running ones first, then by day; arrow keys move through it.
import { el, keyedList, setText } from "./dom.js";
import { dayLabel } from "./format.js";

const groupOrder = ["Running", "Pinned", "Today", "Yesterday", "Previous 7 days", "Previous 30 days", "Older"];

export function groupThreads(threads, runningIds, now = new Date()) {
  const groups = new Map(groupOrder.map((label) => [label, []]));
  const shown = threads.filter((thread) => !thread.archived).sort((one, other) => other.updated_at.localeCompare(one.updated_at));
  for (const thread of shown) {
    const label = runningIds.has(thread.id) ? "Running" : thread.pinned ? "Pinned" : dayLabel(thread.updated_at, now);
    groups.get(label).push(thread);
  }
  return [...groups].filter(([, members]) => members.length).map(([label, members]) => ({ label, members }));
}

function createLink(urlOf) {
  const title = el("span", { class: "thread-title", dir: "auto" });
  const dot = el("span", { class: "running-dot" }, el("span", { class: "sr-only", text: "running" }));
  const link = el("a", { class: "thread-link" }, title, dot);
  return {
    element: el("li", {}, link),
    update(thread, { openId, running }) {
      setText(title, thread.title || "New chat");
      link.setAttribute("href", urlOf(thread.id));
      link.toggleAttribute("data-open", thread.id === openId);
      if (thread.id === openId) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      dot.hidden = !running.has(thread.id);
    },
  };
}

function createGroup(urlOf) {
  const heading = el("h3", {});
  const list = el("ul", {});
  const updateList = keyedList(list, (thread) => thread.id, () => createLink(urlOf));
  return {
    element: el("div", { class: "thread-group" }, heading, list),
    update(group, context) {
      setText(heading, group.label);
      updateList(group.members, context);
    },
  };
}

function moveFocus(root, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...root.querySelectorAll("a.thread-link")];
  const next = links[links.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function createThreadList(root, urlOf) {
  const updateGroups = keyedList(root, (group) => group.label, () => createGroup(urlOf));
  const empty = el("p", { class: "quiet-text", text: "Your chats appear here." });
  let hydrated = false;
  root.addEventListener("keydown", (event) => moveFocus(root, event));
  return function update(state, older = []) {
    if (!hydrated) root.replaceChildren();
    hydrated = true;
    const running = new Set(Object.values(state.active).map((run) => run.thread_id));
    const rows = [...Object.values(state.threads), ...older.filter((thread) => !state.threads[thread.id])];
    updateGroups(groupThreads(rows, running), { openId: state.thread_id, running });
    if (!rows.length) root.append(empty);
  };
}

// Threads beyond the ones the page came with, read page by page when asked for.
export function createOlderThreads(button, call, changed) {
  const older = [];
  let next = null;
  async function readMore() {
    button.disabled = true;
    const before = next ? `&before=${encodeURIComponent(next)}` : "";
    const page = await call("GET", `threads/?limit=50${before}`);
    older.push(...page.threads);
    next = page.next ?? null;
    button.disabled = false;
    button.hidden = next === null;
    changed();
  }
  return { older, readMore };
}
