// The page's state as a fold over the event log: pure, serialisable, the same from a snapshot or from events.
import { dispatch } from "./dispatch.js";
import { newView } from "./runview.js";

export function emptyState() {
  return { epoch: null, cursor: null, thread_id: null, threads: {}, messages: {}, active: {}, runs: {} };
}

function byId(rows) {
  return Object.fromEntries(rows.map((row) => [row.id, row]));
}

function foldViews(thread) {
  const views = Object.fromEntries(thread.runs.map((run) => [run.id, newView(run)]));
  const start = { ...emptyState(), thread_id: thread.id, runs: views };
  const { runs } = thread.events.reduce(dispatch, start);
  const rows = byId(thread.runs);
  return Object.fromEntries(Object.entries(runs).map(([id, view]) => [id, { ...view, run: rows[id] ?? view.run }]));
}

export function loadSnapshot(snapshot) {
  const { thread } = snapshot;
  return {
    epoch: snapshot.epoch,
    cursor: snapshot.as_of_seq,
    thread_id: thread?.id ?? null,
    threads: byId(snapshot.threads),
    messages: byId(thread?.messages ?? []),
    active: byId(snapshot.active_runs),
    runs: thread ? foldViews(thread) : {},
  };
}

export function applyEvent(state, event) {
  if (state.cursor !== null && event.seq <= state.cursor) return state;
  return { ...dispatch(state, event), cursor: event.seq };
}

// Returns null when the frame does not continue the state: the caller says hello again with its cursor.
export function applyFrame(state, frame) {
  if (state.cursor !== null && frame.to <= state.cursor) return state;
  if (state.cursor !== null && frame.prev > state.cursor) return null;
  return { ...frame.events.reduce(applyEvent, state), cursor: frame.to };
}

// A chat that was just created: empty, and from here on its events are followed.
export function openThread(state, threadId) {
  return { ...state, thread_id: threadId, messages: {}, runs: {} };
}
