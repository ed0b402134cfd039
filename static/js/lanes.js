// A run's items by who did what: each agent collects its own; what nobody's agent did stands for itself.

export function laneOf(event) {
  return { agent: event.agent_name, parent: event.data.parent ?? null };
}

export function sameLane(item, lane) {
  return item.agent === lane.agent && item.parent === lane.parent;
}

function unknownAgent({ agent, parent }) {
  return { kind: "agent", agent, parent, title: agent, model: "", status: "working", started_at: null, seconds: null, summary: "", error: null };
}

// Keys stay the same while a list grows, and when what was streamed is taken out of it.
function numberSteps(items) {
  const counts = new Map();
  return items.map((item) => {
    const count = (counts.get(item.kind) ?? 0) + 1;
    counts.set(item.kind, count);
    return { key: item.kind === "tool" ? `tool/${item.call_id}` : `${item.kind}/${count}`, item };
  });
}

function rowOf(rows, item) {
  const found = rows.find((row) => row.agent && sameLane(row.agent, item));
  if (found) return found;
  rows.push({ key: `agent/${item.agent}`, agent: unknownAgent(item), items: [] });
  return rows.at(-1);
}

function putInLane(rows, item) {
  if (item.parent === null) rows.push({ item });
  else if (item.kind === "agent") rowOf(rows, item).agent = item;
  else rowOf(rows, item).items.push(item);
}

// Rows are `{key, item}` (a step) or `{key, agent, steps, last}` (an agent with its steps), in the order of the log.
// The answer stands elsewhere; while it is written, nothing before it goes on.
export function collectRows(items, answer = null) {
  const rows = [];
  for (const item of items) putInLane(rows, item);
  const own = numberSteps(rows.map((row) => row.item).filter((item) => item && item !== answer));
  return rows.filter((row) => row.agent || row.item !== answer).map((row) => {
    if (!row.agent) return own.shift();
    return { key: row.key, agent: row.agent, steps: numberSteps(row.items.filter((item) => item !== answer)), last: row.items.at(-1) };
  });
}

// Agents that were announced and have not begun.
export function waitingRows(view, rows) {
  const began = new Set(rows.map((row) => row.agent?.agent));
  const missing = view.expected.filter((one) => !began.has(one.name));
  return missing.map(({ name, title }) => {
    const agent = { ...unknownAgent({ agent: name, parent: "" }), title: title ?? name, status: "waiting" };
    return { key: `agent/${name}`, agent, steps: [], last: null };
  });
}
