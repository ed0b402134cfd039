// The open thread on the page: each turn is a question with the runs that answer it.
import { el, keyedList, setText } from "./dom.js";
import { formatMoment } from "./format.js";
import { renderMarkdown } from "./markdown.js";
import { createRun } from "./runpanel.js";
import { activeRun, newestAnswer, turnsOf } from "./turns.js";

function pendingWord(entry) {
  if (entry.error) return entry.error;
  return entry.message_id ? "sent" : "sending…";
}

function createPendingActions(actions) {
  const again = el("button", { type: "button", class: "quiet", text: "Send again" });
  const drop = el("button", { type: "button", class: "quiet", text: "Back to the text box" });
  let clientId = null;
  again.addEventListener("click", () => actions.resend(clientId));
  drop.addEventListener("click", () => actions.takeBack(clientId));
  const element = el("span", { class: "pending-actions" }, again, drop);
  return {
    element,
    update(entry) {
      clientId = entry?.client_id ?? null;
      element.hidden = !entry?.error;
    },
  };
}

function createQuestion(actions) {
  const text = el("div", { class: "text", dir: "auto" });
  const time = el("span", { class: "time" });
  const pendingActions = createPendingActions(actions);
  const element = el("article", { class: "message user", "aria-label": "You asked" }, text, el("p", { class: "message-foot" }, time, pendingActions.element));
  return {
    element,
    update({ message, pending }) {
      setText(text, message?.text ?? pending?.text ?? "");
      setText(time, message ? formatMoment(message.created_at) : pending ? pendingWord(pending) : "");
      element.classList.toggle("pending", Boolean(pending) && !pending.error);
      element.classList.toggle("refused", Boolean(pending?.error));
      element.hidden = !message && !pending;
      pendingActions.update(pending);
    },
  };
}

function createLooseAnswer() {
  const element = el("article", { class: "message assistant markdown", "aria-label": "Answer", dir: "auto" });
  let shown = null;
  return {
    element,
    update(message) {
      if (message.text !== shown) renderMarkdown(element, message.text);
      shown = message.text;
    },
  };
}

function createTurn(actions) {
  const question = createQuestion(actions);
  const runs = el("div", { class: "runs" });
  const loose = el("div", { class: "loose" });
  const updateRuns = keyedList(runs, (entry) => entry.id, () => createRun(actions));
  const updateLoose = keyedList(loose, (message) => message.id, createLooseAnswer);
  const element = el("div", { class: "turn" }, question.element, loose, runs);
  return {
    element,
    update(turn, context) {
      question.update(turn);
      updateRuns(turn.runs, context);
      updateLoose(turn.loose);
    },
  };
}

function retriedRuns(state) {
  return new Set(Object.values(state.runs).map((view) => view.run?.retry_of).filter(Boolean));
}

export function createTimeline(root, { agents = [], actions }) {
  const titles = new Map(agents.map((agent) => [agent.name, agent.title]));
  const agentTitle = (name) => titles.get(name) ?? name ?? "Netra";
  const updateTurns = keyedList(root, (turn) => turn.key, () => createTurn(actions));
  let hydrated = false;
  return function update(state, outbox) {
    if (!hydrated) root.replaceChildren();
    hydrated = true;
    const turns = turnsOf(state, outbox);
    const running = activeRun(state);
    const isBusy = running !== null || turns.some((turn) => turn.pending && !turn.pending.error);
    updateTurns(turns, { agentTitle, activeRun: running, retriedRuns: retriedRuns(state), newestAnswer: newestAnswer(turns), isBusy });
  };
}
