// An agent of the team as a row: how far it is, what it found, and inside it its steps.
import { el, icon, setText } from "./dom.js";
import { formatSeconds } from "./format.js";
import { createStepList } from "./steps.js";

const stateWords = {
  waiting: "waiting", working: "working", done: "done", reused: "reused", failed: "failed", stopped: "stopped",
  unfinished: "not finished",
};
const stateIcons = { done: "check", reused: "redo", failed: "cross", stopped: "stop", unfinished: "stop" };
let made = 0;

// A run that is over has nobody at work, whatever its log says last of an agent.
export function stateOf(agent, { live, status }) {
  if (live || agent.status !== "working") return agent.status;
  return status === "cancelled" ? "stopped" : "unfinished";
}

function createHead(bodyId) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const title = el("span", { class: "agent-title" });
  const state = el("span", { class: "agent-state" });
  const time = el("span", { class: "step-time" });
  const button = el("button", { type: "button", class: "agent-head", "aria-controls": bodyId }, mark, title, state, time, icon("chevron"));
  return { button, mark, title, state, time };
}

function showTime(node, agent, state) {
  if (state === "working" && agent.started_at) {
    node.dataset.since = agent.started_at;
    return;
  }
  delete node.dataset.since;
  setText(node, state === "reused" ? "" : formatSeconds(agent.seconds));
}

function showState(row, head, agent, state) {
  row.dataset.state = state;
  setText(head.title, agent.title ?? agent.agent);
  setText(head.state, stateWords[state] ?? state);
  head.state.title = state === "reused" ? "Its result of the former attempt was used again" : "";
  showTime(head.time, agent, state);
  if (row.dataset.shown === state) return;
  row.dataset.shown = state;
  head.mark.replaceChildren(...(stateIcons[state] ? [icon(stateIcons[state])] : []));
}

// Open while its agent works, unless the reader opened, closed or used it; what holds the focus is never folded.
function createFold(button, body) {
  let chosen = null;
  let folded = null;
  function fold(isFolded) {
    if (isFolded === folded) return;
    folded = isFolded;
    body.hidden = isFolded;
    button.setAttribute("aria-expanded", String(!isFolded));
  }
  button.addEventListener("click", () => {
    chosen = body.hidden;
    fold(!chosen);
  });
  body.addEventListener("click", () => { chosen ??= true; });
  return {
    open() {
      chosen = true;
      fold(false);
    },
    follow(isWorking) {
      if (!isWorking && body.contains(document.activeElement)) chosen ??= true;
      fold(!(chosen ?? isWorking));
    },
  };
}

export function createAgentRow() {
  const bodyId = `agent-${(made += 1)}`;
  const head = createHead(bodyId);
  const summary = el("p", { class: "agent-summary", dir: "auto" });
  const problem = el("p", { class: "agent-problem" });
  const model = el("p", { class: "agent-model" });
  const list = el("ol", { class: "agent-steps" });
  const body = el("div", { class: "agent-body", id: bodyId }, list, model);
  const element = el("li", { class: "agent-row" }, head.button, summary, problem, body);
  const updateList = createStepList(list);
  const fold = createFold(head.button, body);
  return {
    element,
    reveal(callId) {
      const step = updateList.find(`tool/${callId}`);
      if (step) fold.open();
      return step?.reveal() ?? null;
    },
    update({ agent, steps, last }, context) {
      const state = stateOf(agent, context);
      const live = state === "working";
      showState(element, head, agent, state);
      setText(summary, agent.summary);
      setText(problem, agent.error?.message ?? "");
      setText(model, agent.model ? `Model: ${agent.model}` : state === "waiting" ? "Has not begun." : "");
      updateList(steps, { live, last });
      fold.follow(live);
    },
  };
}
