// One run on the page: heading, steps, answer, and what can be done when it ends.
import { el, icon, keyedList, setText } from "./dom.js";
import { formatElapsed, formatMoney, formatNumber, formatSeconds, secondsBetween } from "./format.js";
import { createMarkdown } from "./markdown.js";
import { isActive } from "./runview.js";
import { createStep } from "./steps.js";

const mostOpenSteps = 4;
const statusWords = { running: "Working", completed: "Done", failed: "Failed", cancelled: "Stopped" };

// The last top-level text is the answer being written; everything before it is a step.
export function splitItems(view) {
  const last = view.items.at(-1);
  const answering = last?.kind === "text" && last.parent === null;
  return { steps: answering ? view.items.slice(0, -1) : view.items, answer: answering ? last : null };
}

function isStreaming(view) {
  return view.run === null || isActive(view.run);
}

function queuedWord(run, context) {
  const ahead = context.activeRun && context.activeRun.id !== run.id && context.activeRun.status === "running";
  return ahead ? "Queued behind the answer above" : "Queued, waiting for a worker";
}

function statusWord(view, context) {
  const { run } = view;
  if (!run) return statusWords.running;
  if (isActive(run) && run.cancel_requested) return "Stopping…";
  return run.status === "queued" ? queuedWord(run, context) : statusWords[run.status] ?? run.status;
}

function showElapsed(node, run) {
  if (run?.started_at && run.status === "running") node.dataset.since = run.started_at;
  else delete node.dataset.since;
  const ended = run?.started_at && run.finished_at;
  setText(node, ended ? formatSeconds(secondsBetween(run.started_at, run.finished_at)) : node.dataset.since ? node.textContent : "");
}

export function tickElapsed(root, now = new Date()) {
  for (const node of root.querySelectorAll("[data-since]")) {
    setText(node, formatElapsed(secondsBetween(node.dataset.since, now)));
  }
}

function usageWord(usage) {
  const total = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  return total > 0 ? `${formatNumber(total)} tokens` : "";
}

function costWord(run) {
  if (run.cost === null || run.cost === undefined) return "";
  return `cost ${formatMoney(Number(run.cost))}`;
}

function metaLine(view) {
  const { run } = view;
  if (!run || isActive(run)) return "";
  return [view.model, usageWord(run.usage), costWord(run)].filter(Boolean).join(" · ");
}

function createAnswer() {
  const element = el("div", { class: "markdown answer", dir: "auto" });
  return { element, ...createMarkdown(element) };
}

function updateAnswer(answer, entry, streamed) {
  const { view } = entry;
  const whole = entry.answer?.text ?? view.written ?? (isStreaming(view) ? null : streamed?.text ?? "");
  if (whole === null) answer.stream(streamed?.text ?? "");
  else answer.showWhole(whole);
  answer.element.hidden = whole === null ? !streamed : whole === "";
  answer.element.classList.toggle("streaming", whole === null && Boolean(streamed));
}

function errorText(view) {
  if (view.error) return view.error.message;
  if (view.run?.status === "failed") return `The run failed (${view.run.error_code ?? "no reason was stored"}). Try again.`;
  return view.run?.status === "cancelled" ? "You stopped this answer. What was written so far is kept." : "";
}

function createFooter(actions) {
  const copy = el("button", { type: "button", class: "quiet copy" }, icon("copy"), el("span", { text: "Copy" }));
  const retry = el("button", { type: "button", class: "quiet retry" }, icon("redo"), el("span", { text: "Try again" }));
  const meta = el("span", { class: "meta" });
  let entry = null;
  copy.addEventListener("click", () => actions.copyText(entry.answer.text));
  retry.addEventListener("click", () => actions.retryRun(entry.id));
  return {
    element: el("footer", { class: "run-footer" }, copy, retry, meta),
    update(next, context) {
      entry = next;
      const ended = ["failed", "cancelled"].includes(next.view.run?.status);
      copy.hidden = !next.answer;
      retry.hidden = !ended || context.retriedRuns.has(next.id);
      setText(meta, metaLine(next.view));
    },
  };
}

function createHeading() {
  const name = el("span", { class: "agent-name" });
  const status = el("span", { class: "run-status" });
  const elapsed = el("span", { class: "elapsed" });
  const element = el("header", { class: "run-head" }, el("span", { class: "glyph", "aria-hidden": "true" }), el("h2", {}, name), status, elapsed);
  return {
    element,
    update(view, context) {
      setText(name, view.title || context.agentTitle(view.run?.agent));
      setText(status, statusWord(view, context));
      showElapsed(elapsed, view.run);
    },
  };
}

function stepKey(item, index) {
  return `${index}/${item.kind}/${item.call_id ?? ""}`;
}

// Many steps of a run that is over start folded; what the reader opened or closed stays as it is.
function createSteps() {
  const list = el("ol", { class: "steps" });
  const label = el("span", {});
  const element = el("details", { class: "step-group" }, el("summary", {}, icon("chevron"), label), list);
  const updateList = keyedList(list, stepKey, createStep);
  let attempt = null;
  return {
    element,
    update(view, steps) {
      const live = isStreaming(view);
      const key = `${view.attempt}/${view.restarts.length}`;
      if (attempt === null) element.open = live || steps.length <= mostOpenSteps;
      else if (attempt !== key) updateList([]);
      attempt = key;
      element.hidden = steps.length === 0;
      setText(label, steps.length === 1 ? "1 step" : `${steps.length} steps`);
      updateList(steps, { live, last: view.items.at(-1) });
    },
  };
}

function noteText(view) {
  return view.restarts.length ? `Started again: ${view.restarts.at(-1)}` : "";
}

export function createRun(actions) {
  const heading = createHeading();
  const steps = createSteps();
  const answer = createAnswer();
  const footer = createFooter(actions);
  const note = el("p", { class: "run-note" });
  const problem = el("p", { class: "run-problem" });
  const element = el("section", { class: "run", "aria-label": "Answer" }, heading.element, note, steps.element, answer.element, problem, footer.element);
  function update(entry, context) {
    const { view } = entry;
    const split = splitItems(view);
    element.dataset.status = view.run?.status ?? "running";
    element.dataset.run = entry.id;
    element.classList.toggle("live", isStreaming(view));
    heading.update(view, context);
    steps.update(view, split.steps);
    updateAnswer(answer, entry, split.answer);
    footer.update(entry, context);
    setText(note, noteText(view));
    setText(problem, errorText(view));
  }
  return { element, update };
}
