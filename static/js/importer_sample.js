// The first rows as they would be read, and those that would be refused.
import { countOf } from "./data_words.js";
import { el } from "./dom.js";
import { keysOf } from "./importer_words.js";

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function labelOf(key, fields) {
  return fields.find((field) => field.name === key)?.label ?? (key.charAt(0).toUpperCase() + key.slice(1)).replaceAll("_", " ");
}

function drawTable(rows, fields) {
  const keys = keysOf(rows, fields);
  const isNumber = (key) => rows.every((row) => typeof (row[key] ?? 0) === "number");
  const head = el("tr", {}, ...keys.map((key) => el("th", { scope: "col", class: isNumber(key) ? "number" : null, text: labelOf(key, fields) })));
  const body = rows.map((row) => el("tr", {}, ...keys.map((key) => el("td", { class: isNumber(key) ? "number" : null, text: shown(row[key]) }))));
  const table = el("table", {}, el("caption", { class: "sr-only", text: "The first rows" }), el("thead", {}, head), el("tbody", {}, ...body));
  return el("div", { class: "scroll-box", tabindex: "0", role: "region", "aria-label": "The first rows, table" }, table);
}

export function drawRefused(root, { rejects }) {
  if (!rejects.length) {
    root.replaceChildren();
    return;
  }
  const lines = rejects.map(({ line, reason }) => el("li", { text: line ? `Line ${line}: ${reason}` : reason }));
  const words = `${countOf(rejects.length, "of the first rows", "of the first rows")} cannot be used as it is read now:`;
  root.replaceChildren(el("div", { class: "note warn" }, el("p", { text: words }), el("ul", { class: "reasons" }, ...lines)));
}

export function drawSample(root, { rows, fields }) {
  if (rows.length) root.replaceChildren(el("h3", { text: "The first rows as they are read" }), drawTable(rows, fields));
  else root.replaceChildren();
}
