// What happened in a run: its own steps and the agents that worked for it, in the order of the log.
import { createAgentRow } from "./agentrow.js";
import { el, icon, keyedList, setText } from "./dom.js";
import { collectRows, waitingRows } from "./lanes.js";
import { createStep } from "./steps.js";

const mostOpenRows = 4;

function countWord(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function labelOf(rows) {
  const agents = rows.filter((row) => row.agent);
  const steps = rows.length - agents.length + agents.reduce((sum, row) => sum + row.steps.length, 0);
  const counts = [agents.length ? countWord(agents.length, "agent") : "", steps || !agents.length ? countWord(steps, "step") : ""];
  return counts.filter(Boolean).join(", ");
}

function createRow(row) {
  return row.agent ? createAgentRow() : createStep(row);
}

function findStep(list, rows, callId) {
  const own = list.find(`tool/${callId}`)?.reveal();
  if (own) return own;
  for (const row of rows.filter((one) => one.agent)) {
    const step = list.find(row.key).reveal(callId);
    if (step) return step;
  }
  return null;
}

// Many rows of a run that is over start folded; what the reader opened or closed stays as it is.
export function createTeam() {
  const list = el("ol", { class: "steps" });
  const label = el("span", {});
  const element = el("details", { class: "step-group" }, el("summary", {}, icon("chevron"), label), list);
  const updateList = keyedList(list, (row) => row.key, createRow);
  let attempt = null;
  let rows = [];
  return {
    element,
    reveal(callId) {
      const found = findStep(updateList, rows, callId);
      if (found) element.open = true;
      return found;
    },
    update(view, answer, live) {
      const begun = collectRows(view.items, answer);
      rows = live ? [...begun, ...waitingRows(view, begun)] : begun;
      const key = `${view.attempt}/${view.restarts.length}`;
      if (attempt === null) element.open = live || rows.length <= mostOpenRows;
      else if (attempt !== key) updateList([]);
      attempt = key;
      element.hidden = rows.length === 0;
      setText(label, labelOf(rows));
      updateList(rows, { live, last: view.items.at(-1), status: view.run?.status });
    },
  };
}
