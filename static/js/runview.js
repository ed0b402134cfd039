// What one run looks like on the page, as plain data: its row, its steps, its end.

export function newView(run = null) {
  return { run, title: "", model: "", attempt: 0, items: [], restarts: [], error: null, written: null, answer_id: null };
}

// Parallel agents interleave; each lane collects its own text.
function laneOf(event) {
  return { agent: event.agent_name, parent: event.data.parent ?? null };
}

function sameLane(item, lane) {
  return item.agent === lane.agent && item.parent === lane.parent;
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
  return { ...view, items: [], error: null, written: null };
}

export function queueRun(view, event) {
  return { ...view, run: event.data.run };
}

export function startRun(view, event) {
  if (event.data.parent) return openSubAgent(view, event);
  const attempt = event.attempt ?? 1;
  const former = view.attempt !== 0 && view.attempt !== attempt;
  const kept = former ? discardStream(view) : view;
  return { ...kept, run: event.data.run, title: event.data.title ?? "", model: event.data.model ?? "", attempt };
}

function openSubAgent(view, event) {
  const item = { kind: "agent", ...laneOf(event), title: event.data.title ?? event.agent_name };
  return { ...view, items: [...view.items, item] };
}

export function restartRun(view, event) {
  const restarts = [...view.restarts, event.data.reason];
  return { ...discardStream(view), run: event.data.run, restarts };
}

// The whole text wins over what was streamed: drop the last part, and every earlier one it contains.
function settleText(items, whole) {
  const lastText = items.findLastIndex((item) => item.kind === "text" && item.parent === null);
  return items.filter((item, index) => {
    if (item.kind !== "text" || item.parent !== null) return true;
    return index !== lastText && !whole.includes(item.text.trim());
  });
}

export function completeRun(view, event) {
  if (!event.terminal) return view;
  const { run, message } = event.data;
  return { ...view, run, answer_id: message.id, items: settleText(view.items, message.text) };
}

export function failRun(view, event) {
  if (!event.terminal) return view;
  const { run, code, message } = event.data;
  return { ...view, run, error: { code, message } };
}

export function cancelRun(view, event) {
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
