// Where the money goes: finished blocks from the server, each a chart with its table to unfold.
import { drawChart } from "./chart.js";
import { drawTable } from "./block.js";
import { el } from "./dom.js";

// All blocks are about the same rows, so only the first one says which.
function drawSpendBlock(block, index) {
  const title = el("h2", { text: block.title });
  const summary = block.summary && index === 0 ? el("p", { class: "quiet-text", text: block.summary }) : null;
  if (!block.rows.length) return el("section", { class: "spend-block" }, title, el("p", { class: "quiet-text", text: "No rows." }));
  const chart = block.chart ? drawChart(block) : null;
  const table = el("details", { class: "as-table" }, el("summary", { text: "Show as a table" }), drawTable(block));
  return el("section", { class: "spend-block", "data-kind": block.chart?.kind ?? "table" }, title, summary, chart, table);
}

export function drawSpend(root, blocks) {
  root.replaceChildren(...blocks.filter((block) => Array.isArray(block.rows)).map(drawSpendBlock));
  root.hidden = blocks.length === 0;
}
