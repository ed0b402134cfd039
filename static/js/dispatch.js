// Event type -> the function that folds it into the state.
import * as runs from "./runview.js";

function without(record, key) {
  const { [key]: _gone, ...rest } = record;
  return rest;
}

function putThread(state, thread) {
  return thread ? { ...state, threads: { ...state.threads, [thread.id]: thread } } : state;
}

function putMessage(state, message) {
  if (!message || message.thread_id !== state.thread_id) return state;
  return { ...state, messages: { ...state.messages, [message.id]: message } };
}

function putActive(state, run) {
  if (!run) return state;
  const active = runs.isActive(run) ? { ...state.active, [run.id]: run } : without(state.active, run.id);
  return { ...state, active };
}

// Only the open thread's runs are followed step by step; of others the row is enough.
function updateView(state, event, change) {
  if (event.run_id === null || event.thread_id !== state.thread_id) return state;
  const view = state.runs[event.run_id] ?? runs.newView();
  return { ...state, runs: { ...state.runs, [event.run_id]: change(view, event) } };
}

function foldStep(change) {
  return (state, event) => updateView(state, event, change);
}

function foldRun(change) {
  return (state, event) => putActive(updateView(state, event, change), event.data.run);
}

// The end of a run moves its thread up in the list; a sub-agent's end does not.
function touchThread(state, event) {
  const thread = event.terminal ? state.threads[event.thread_id] : null;
  return thread ? putThread(state, { ...thread, updated_at: event.timestamp }) : state;
}

function endRun(change) {
  return (state, event) => touchThread(foldRun(change)(state, event), event);
}

function completeRun(state, event) {
  return putMessage(endRun(runs.completeRun)(state, event), event.data.message);
}

function postMessage(state, event) {
  return putMessage(putThread(state, event.data.thread), event.data.message);
}

function changeThread(state, event) {
  return putThread(state, event.data.thread);
}

function takeNotice(state, event) {
  if (event.data.kind !== "cancel_requested") return state;
  const row = state.active[event.run_id];
  const marked = row ? putActive(state, { ...row, cancel_requested: true }) : state;
  return state.runs[event.run_id] ? updateView(marked, event, runs.markStopping) : marked;
}

// Shown while they happen (see announce.js); nothing of them is kept in the state.
function keepState(state) {
  return state;
}

export const reducers = {
  message_posted: postMessage,
  thread_changed: changeThread,
  agent_queued: foldRun(runs.queueRun),
  agent_started: foldRun(runs.startRun),
  agent_thinking: foldStep(runs.addThinking),
  tool_executing: foldStep(runs.startTool),
  tool_progress: foldStep(runs.noteTool),
  tool_completed: foldStep(runs.finishTool),
  message_delta: foldStep(runs.addText),
  approval_requested: foldStep(runs.askApproval),
  approval_resolved: foldStep(runs.resolveApproval),
  agent_completed: completeRun,
  agent_failed: endRun(runs.failRun),
  agent_cancelled: endRun(runs.cancelRun),
  agent_restarted: foldRun(runs.restartRun),
  model_switched: foldStep(runs.switchModel),
  import_progressed: keepState,
  import_finished: keepState,
  notice: takeNotice,
};

const unknownCounts = new Map();

export function countsOfUnknown() {
  return Object.fromEntries(unknownCounts);
}

export function dispatch(state, event) {
  if (Object.hasOwn(reducers, event.type)) return reducers[event.type](state, event);
  unknownCounts.set(event.type, (unknownCounts.get(event.type) ?? 0) + 1);
  return state;
}
