// The steps of a run: thinking, tools, passing remarks, switches of the model. Each part follows one item of the view.
import { drawBlock } from "./block.js";
import { el, icon, keyedList, setText } from "./dom.js";
import { formatCell, formatSeconds } from "./format.js";
import { createMarkdown } from "./markdown.js";

const outcomeWords = {
  running: "running", success: "done", failed: "failed", retried: "tried again", denied: "not allowed",
};
const outcomeIcons = { success: "check", failed: "cross", retried: "redo", denied: "cross" };
const approvalWords = { asked: "waiting for approval", approved: "approved", denied: "not approved" };

function stepShell(kind, label) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const title = el("span", { class: "step-title", text: label });
  const side = el("span", { class: "step-side" });
  const time = el("span", { class: "step-time" });
  const summary = el("summary", {}, mark, title, side, time, icon("chevron"));
  const body = el("div", { class: "step-body" });
  const details = el("details", {}, summary, body);
  return { element: el("li", { class: `step ${kind}` }, details), details, mark, title, side, time, body };
}

function thinkingPart() {
  const shell = stepShell("thinking", "Thinking");
  const text = el("div", { class: "thought", dir: "auto" });
  shell.body.append(text);
  shell.details.open = true;
  let touched = false;
  shell.details.querySelector("summary").addEventListener("click", () => { touched = true; });
  return {
    element: shell.element,
    update(item, { live, last }) {
      const busy = live && item === last;
      setText(text, item.text);
      shell.element.classList.toggle("busy", busy);
      setText(shell.side, busy ? "" : firstWords(item.text));
      if (!touched) shell.details.open = busy;
    },
  };
}

function firstWords(text) {
  const line = text.trim().split("\n", 1)[0];
  return line.length > 90 ? `${line.slice(0, 90)}…` : line;
}

// Nested arguments (filters) are shown side by side with the others; empty ones say nothing.
function flatten(given) {
  return Object.entries(given ?? {}).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.length ? [[name, value.map((one) => formatCell(one, null)).join(", ")]] : [];
    if (value !== null && typeof value === "object") return flatten(value);
    return value === null || value === "" ? [] : [[name, formatCell(value, null)]];
  });
}

function drawArguments(given) {
  const entries = flatten(given);
  if (!entries.length) return el("p", { class: "quiet-text", text: "No arguments." });
  const pairs = entries.map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value })));
  return el("dl", { class: "arguments" }, ...pairs);
}

function toolError(error) {
  return typeof error === "string" ? error : error?.message ?? "The tool gave no reason.";
}

function drawToolBody(item) {
  const parts = [el("h3", { text: `${item.title ?? item.tool ?? "The tool"}, asked with` }), drawArguments(item.arguments)];
  if (item.notes.length) parts.push(el("ul", { class: "notes" }, ...item.notes.map((note) => el("li", { text: note }))));
  if (item.result) parts.push(drawBlock(item.result));
  if (item.error) parts.push(el("p", { class: "error-text", text: toolError(item.error) }));
  return parts;
}

function toolSide(item, live) {
  if (item.approval === "asked") return approvalWords.asked;
  const note = item.status === "running" ? item.notes.at(-1) : item.result?.summary;
  const stopped = item.status === "running" && !live;
  const word = stopped ? "not finished" : item.status === "success" ? "" : outcomeWords[item.status] ?? item.status;
  return [note, word, item.approval ? approvalWords[item.approval] : ""].filter(Boolean).join(" · ");
}

// The body (tables, charts) is built when it is looked at, and built again only if the item changed.
function lazyBody(shell) {
  let drawn = null;
  let wanted = null;
  function draw() {
    if (!shell.details.open || drawn === wanted) return;
    shell.body.replaceChildren(...drawToolBody(wanted));
    drawn = wanted;
  }
  shell.details.addEventListener("toggle", draw);
  return {
    draw,
    show(item) {
      wanted = item;
      draw();
    },
  };
}

// Opens the call with its table and query; answers where the reader's focus belongs.
function revealTool(shell, body) {
  shell.details.open = true;
  body.draw();
  for (const query of shell.body.querySelectorAll("details.query")) query.open = true;
  return { step: shell.element, body: shell.body, target: shell.body.querySelector(".scroll-box") ?? shell.details.querySelector("summary") };
}

function toolPart(first) {
  const shell = stepShell("tool", first.title ?? first.tool);
  shell.element.dataset.call = first.call_id;
  const body = lazyBody(shell);
  let shown = null;
  return {
    element: shell.element,
    reveal: () => revealTool(shell, body),
    update(item, { live }) {
      const busy = live && item.status === "running";
      shell.element.classList.toggle("busy", busy);
      setText(shell.side, toolSide(item, live));
      body.show(item);
      if (item === shown) return;
      shown = item;
      shell.element.dataset.tool = item.tool ?? "";
      setText(shell.title, item.result?.title ?? item.title ?? item.tool ?? "Tool");
      setText(shell.time, item.status === "running" ? "" : formatSeconds(item.seconds));
      shell.element.dataset.outcome = item.status;
      shell.mark.replaceChildren(...(outcomeIcons[item.status] ? [icon(outcomeIcons[item.status])] : []));
    },
  };
}

function remarkPart() {
  const text = el("div", { class: "markdown remark", dir: "auto" });
  const markdown = createMarkdown(text);
  return {
    element: el("li", { class: "step remark-step" }, text),
    update: (item, { live, last }) => (live && item === last ? markdown.stream(item.text) : markdown.showWhole(item.text)),
  };
}

function switchPart() {
  const line = el("span", { class: "switch-line" });
  const element = el("li", { class: "step switch" }, el("span", { class: "mark", "aria-hidden": "true" }, icon("swap")), line);
  return {
    element,
    update(item) {
      const begun = item.from === item.to ? `Tried again with ${item.to}` : `Went on with ${item.to}`;
      setText(line, [begun, item.reason || item.code].filter(Boolean).join(": "));
    },
  };
}

const parts = { thinking: thinkingPart, tool: toolPart, text: remarkPart, switch: switchPart };

export function createStep({ item }) {
  const part = parts[item.kind](item);
  return { ...part, update: (row, context) => part.update(row.item, context) };
}

// The list of an agent's steps, of rows as lanes.js gives them.
export function createStepList(list) {
  return keyedList(list, (row) => row.key, createStep);
}
