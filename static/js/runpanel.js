// One run on the page: heading, team, answer with what it found, and what can be done when it ends.
import { createAnswer } from "./answer.js";
import { el, icon, setText } from "./dom.js";
import { createFindings } from "./findings.js";
import { formatElapsed, formatMoney, formatNumber, formatSeconds, secondsBetween } from "./format.js";
import { createQuestions } from "./questions.js";
import { bringIntoView } from "./render.js";
import { isActive } from "./runview.js";
import { createTeam } from "./team.js";

const tokenClasses = ["input_tokens", "cached_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"];
const statusWords = { running: "Working", completed: "Done", failed: "Failed", cancelled: "Stopped" };

// The text at the end is the answer being written, whichever agent writes it; everything before it is a step.
export function streamedAnswer(view) {
  const last = view.items.at(-1);
  return last?.kind === "text" ? last : null;
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
  const total = tokenClasses.reduce((sum, name) => sum + (usage?.[name] ?? 0), 0);
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

// Where a figure, a drawing or a recommendation comes from; a button there leads back.
function createSteps(team) {
  let view = null;
  const back = el("button", { type: "button", class: "quiet back", text: "Back to the answer" });
  let cameFrom = null;
  back.addEventListener("click", () => {
    back.remove();
    bringIntoView(cameFrom);
  });
  const findCall = (callId) => view.items.find((item) => item.kind === "tool" && item.call_id === callId) ?? null;
  return {
    findCall,
    hasCall: (callId) => Boolean(callId) && findCall(callId) !== null,
    follow: (next) => { view = next; },
    openCall(callId, from) {
      const found = team.reveal(callId);
      if (!found) return;
      for (const former of document.querySelectorAll(".step.found")) former.classList.remove("found");
      found.step.classList.add("found");
      cameFrom = from;
      found.body.prepend(back);
      bringIntoView(found.step, { centered: false, focus: found.target });
    },
  };
}

function noteText(view) {
  return view.restarts.length ? `Started again: ${view.restarts.at(-1)}` : "";
}

function createParts(actions) {
  const team = createTeam();
  const steps = createSteps(team);
  const parts = { heading: createHeading(), team, steps, answer: createAnswer(steps), findings: createFindings(steps) };
  return { ...parts, footer: createFooter(actions), questions: createQuestions(actions.ask) };
}

export function createRun(actions) {
  const { heading, team, steps, answer, findings, footer, questions } = createParts(actions);
  const note = el("p", { class: "run-note" });
  const problem = el("p", { class: "run-problem" });
  const shown = [heading.element, note, team.element, answer.element, answer.line, problem, findings.element, footer.element, questions.element];
  const element = el("section", { class: "run", "aria-label": "Answer" }, ...shown);
  function update(entry, context) {
    const { view } = entry;
    const live = isStreaming(view);
    const streamed = streamedAnswer(view);
    element.dataset.status = view.run?.status ?? "running";
    element.dataset.run = entry.id;
    element.classList.toggle("live", live);
    steps.follow(view);
    heading.update(view, context);
    team.update(view, streamed, live);
    answer.update(entry, streamed, live);
    findings.update(view, entry.answer?.text ?? view.written ?? "");
    footer.update(entry, context);
    questions.update(view.findings.questions, { isNewest: context.newestAnswer === entry.id, isBusy: context.isBusy });
    setText(note, noteText(view));
    setText(problem, errorText(view));
  }
  return { element, update };
}
