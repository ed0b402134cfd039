// What one run looks like on the page, as plain data: its row, its steps, its end.
import { laneOf, sameLane } from "./lanes.js";

const noFindings = { figures: [], charts: [], recommendations: [], questions: [] };

export function newView(run = null) {
  return {
    run, title: "", model: "", attempt: 0, items: [], expected: [], restarts: [], error: null, written: null,
    answer_id: null, findings: noFindings,
  };
}

function replaceAt(items, index, item) {
  return items.with(index, item);
}

function lastIndexInLane(items, lane) {
  return items.findLastIndex((item) => sameLane(item, lane));
}

function callIndex(items, callId) {
  return items.findLastIndex((item) => item.kind === "tool" && item.call_id === callId);
}

export function addThinking(view, event) {
  const lane = laneOf(event);
  const index = lastIndexInLane(view.items, lane);
  const last = view.items[index];
  if (last?.kind === "thinking") {
    return { ...view, items: replaceAt(view.items, index, { ...last, text: last.text + event.data.delta }) };
  }
  return { ...view, items: [...view.items, { kind: "thinking", ...lane, text: event.data.delta }] };
}

export function addText(view, event) {
  const lane = laneOf(event);
  const part = event.data.part ?? 0;
  const index = view.items.findLastIndex((item) => item.kind === "text" && item.part === part && sameLane(item, lane));
  const found = view.items[index];
  if (found) {
    return { ...view, items: replaceAt(view.items, index, { ...found, text: found.text + event.data.delta }) };
  }
  return { ...view, items: [...view.items, { kind: "text", ...lane, part, text: event.data.delta }] };
}

function newTool(event) {
  const { call_id, tool = null, title = null, arguments: given = null } = event.data;
  return {
    kind: "tool", ...laneOf(event), call_id, tool, title, arguments: given,
    status: "running", seconds: null, result: null, error: null, notes: [], approval: null,
  };
}

// A step may be met in the middle (a cut log): whatever names a call first opens it.
function updateTool(view, event, change) {
  const index = callIndex(view.items, event.data.call_id);
  const found = index < 0 ? newTool(event) : view.items[index];
  const item = { ...found, ...change(found) };
  return { ...view, items: index < 0 ? [...view.items, item] : replaceAt(view.items, index, item) };
}

export function startTool(view, event) {
  const { tool, title = null, arguments: given = null } = event.data;
  return updateTool(view, event, () => ({ tool, title, arguments: given, status: "running" }));
}

export function noteTool(view, event) {
  return updateTool(view, event, (item) => ({ notes: [...item.notes, event.data.note] }));
}

export function finishTool(view, event) {
  const { outcome, seconds = null, result = null, error = null } = event.data;
  return updateTool(view, event, () => ({ status: outcome, seconds, result, error }));
}

export function askApproval(view, event) {
  return updateTool(view, event, (item) => ({
    tool: event.data.tool, arguments: event.data.arguments ?? item.arguments, approval: "asked",
  }));
}

export function resolveApproval(view, event) {
  return updateTool(view, event, () => ({ approval: event.data.approved ? "approved" : "denied" }));
}

function discardStream(view) {
  return { ...view, items: [], expected: [], error: null, written: null };
}

export function queueRun(view, event) {
  return { ...view, run: event.data.run };
}

export function startRun(view, event) {
  if (event.data.parent) return openAgent(view, event);
  const attempt = event.attempt ?? 1;
  const former = view.attempt !== 0 && view.attempt !== attempt;
  const kept = former ? discardStream(view) : view;
  return { ...kept, run: event.data.run, title: event.data.title ?? "", model: event.data.model ?? "", attempt };
}

function newAgent(event) {
  const { title = null, model = "" } = event.data;
  return {
    kind: "agent", ...laneOf(event), title: title ?? event.agent_name, model, status: "working",
    started_at: event.timestamp, seconds: null, summary: "", error: null,
  };
}

function updateAgent(view, event, change) {
  const lane = laneOf(event);
  const index = view.items.findIndex((item) => item.kind === "agent" && sameLane(item, lane));
  const item = { ...(index < 0 ? newAgent(event) : view.items[index]), ...change };
  return { ...view, items: index < 0 ? [...view.items, item] : replaceAt(view.items, index, item) };
}

function openAgent(view, event) {
  return updateAgent(view, event, newAgent(event));
}

function finishAgent(view, event) {
  const { seconds = null, summary = "", reused = false, next = null } = event.data;
  const finished = updateAgent(view, event, { status: reused ? "reused" : "done", seconds, summary: summary ?? "" });
  return next ? { ...finished, expected: next } : finished;
}

function failAgent(view, event) {
  const { code, message } = event.data;
  return updateAgent(view, event, { status: "failed", error: { code, message } });
}

// What this agent streamed is void; its calls have happened and stay.
export function switchModel(view, event) {
  const lane = laneOf(event);
  const { from, to, code, reason } = event.data;
  const kept = view.items.filter((item) => !sameLane(item, lane) || !["thinking", "text"].includes(item.kind));
  const moved = kept.map((item) => (item.kind === "agent" && sameLane(item, lane) ? { ...item, model: to } : item));
  const items = [...moved, { kind: "switch", ...lane, from, to, code, reason }];
  return { ...view, model: lane.parent === null ? to : view.model, items };
}

export function restartRun(view, event) {
  const restarts = [...view.restarts, event.data.reason];
  return { ...discardStream(view), run: event.data.run, restarts };
}

// The whole text wins over what was streamed: drop the last part, and every earlier one it contains.
function settleText(items, whole) {
  const lastText = items.findLastIndex((item) => item.kind === "text");
  return items.filter((item, index) => item.kind !== "text" || (index !== lastText && !whole.includes(item.text.trim())));
}

export function hasFindings(findings) {
  return findings.charts.length > 0 || findings.recommendations.length > 0;
}

function findingsOf(data) {
  const names = Object.keys(noFindings);
  return Object.fromEntries(names.map((name) => [name, data[name] ?? noFindings[name]]));
}

export function completeRun(view, event) {
  if (event.data.parent) return finishAgent(view, event);
  if (!event.terminal) return view;
  const { run, message } = event.data;
  return { ...view, run, answer_id: message.id, items: settleText(view.items, message.text), findings: findingsOf(event.data) };
}

export function failRun(view, event) {
  if (event.data.parent) return failAgent(view, event);
  if (!event.terminal) return view;
  const { run, code, message } = event.data;
  return { ...view, run, error: { code, message } };
}

export function cancelRun(view, event) {
  if (event.data.parent) return updateAgent(view, event, { status: "stopped" });
  if (!event.terminal) return view;
  const written = event.data.text ?? "";
  return { ...view, run: event.data.run, written, items: settleText(view.items, written) };
}

export function markStopping(view) {
  return view.run ? { ...view, run: { ...view.run, cancel_requested: true } } : view;
}

export function isActive(run) {
  return run?.status === "queued" || run?.status === "running";
}
