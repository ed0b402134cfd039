// A tool's result: summary, chart, table and where the figures come from.
import { drawChart } from "./chart.js";
import { el } from "./dom.js";
import { formatCell, formatNumber, numericValue } from "./format.js";

const rowsShownFirst = 50;

function isNumeric(block, index) {
  const { unit } = block.columns[index];
  const filled = block.rows.map((row) => row[index]).filter((value) => value !== null && value !== undefined);
  return filled.length > 0 && filled.every((value) => numericValue(value, unit) !== null);
}

function drawHead(block, numeric) {
  const cells = block.columns.map((column, index) => el("th", { scope: "col", class: numeric[index] ? "number" : null, text: column.label ?? column.key }));
  return el("thead", {}, el("tr", {}, ...cells));
}

function drawRow(block, numeric, row) {
  const cells = row.map((value, index) => {
    const { unit } = block.columns[index];
    const number = numeric[index] ? numericValue(value, unit) : null;
    return el("td", { class: numeric[index] ? "number" : null, text: formatCell(number ?? value, unit) });
  });
  return el("tr", {}, ...cells);
}

export function drawTable(block) {
  const numeric = block.columns.map((_column, index) => isNumeric(block, index));
  const body = el("tbody", {}, ...block.rows.slice(0, rowsShownFirst).map((row) => drawRow(block, numeric, row)));
  const table = el("table", {}, el("caption", { class: "sr-only", text: block.title }), drawHead(block, numeric), body);
  const box = el("div", { class: "scroll-box", tabindex: "0", role: "region", "aria-label": `${block.title}, table` }, table);
  const rest = block.rows.slice(rowsShownFirst);
  if (!rest.length) return box;
  const more = el("button", { type: "button", class: "quiet", text: `Show ${rest.length} more rows` });
  more.addEventListener("click", () => {
    body.append(...rest.map((row) => drawRow(block, numeric, row)));
    more.remove();
  });
  return el("div", {}, box, more);
}

export function demoBadge() {
  return el("span", { class: "badge demo", text: "Demo data" });
}

function sourceFacts(source) {
  const facts = [];
  if (source.rows_scanned !== null && source.rows_scanned !== undefined) facts.push(`${formatNumber(source.rows_scanned)} rows read`);
  if (source.price_version) facts.push(`prices ${source.price_version}`);
  return facts;
}

function drawSource(source) {
  if (!source) return null;
  const name = el("span", { text: source.dataset ?? "" });
  const facts = el("span", { text: sourceFacts(source).join(" · ") });
  const line = el("p", { class: "source" }, source.demo ? demoBadge() : name, facts);
  if (!source.sql) return line;
  const query = el("details", { class: "query" }, el("summary", { text: "Query" }), el("pre", {}, el("code", { text: source.sql })));
  return el("div", {}, line, query);
}

function drawWhole(href) {
  const sameOrigin = URL.canParse(href, location.origin) && new URL(href, location.origin).origin === location.origin;
  return sameOrigin ? el("a", { href, text: "Open the whole result" }) : null;
}

function drawParts(block) {
  return {
    summary: block.summary ? el("p", { class: "summary", text: block.summary }) : null,
    chart: block.chart && block.rows.length ? drawChart(block) : null,
    table: block.rows.length ? drawTable(block) : el("p", { class: "quiet-text", text: "No rows." }),
    whole: block.href ? drawWhole(block.href) : null,
    source: drawSource(block.source),
  };
}

export function drawBlock(block) {
  if (block.kind !== "table" || !Array.isArray(block.rows)) {
    return el("pre", {}, el("code", { text: JSON.stringify(block, null, 2) }));
  }
  const { summary, chart, table, whole, source } = drawParts(block);
  return el("div", { class: "block" }, summary, chart, table, whole, source);
}

// Under an answer the drawing comes first; its rows are one click away.
export function drawFinding(block) {
  if (!block.chart || !block.rows?.length) return drawBlock(block);
  const { chart, table, whole, source } = drawParts(block);
  const count = block.total_rows ?? block.rows.length;
  const rows = el("details", { class: "rows" }, el("summary", { text: `Table, ${count} ${count === 1 ? "row" : "rows"}` }), table, whole);
  return el("div", { class: "block" }, chart, rows, source);
}
