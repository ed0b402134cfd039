// Rows and rejected rows of a data set, a page at a time.
import { countOf } from "./data_words.js";
import { el } from "./dom.js";
import { formatCell, numericValue } from "./format.js";

const pageSize = 50;
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

function cellText(value, column) {
  if (column.key === "time" && value) {
    const time = Date.parse(value.includes("+") || value.endsWith("Z") ? value : `${value.replace(" ", "T")}Z`);
    return Number.isNaN(time) ? value : moments.format(time);
  }
  const number = column.unit ? numericValue(value, column.unit) : null;
  return formatCell(number ?? value, column.unit);
}

function isNumber(column, rows) {
  return column.unit !== "" || rows.some((row) => typeof row === "number");
}

function filledColumns({ columns, rows }) {
  return columns.map((column, index) => ({ ...column, index })).filter(({ index }) => rows.some((row) => row[index] !== null && row[index] !== 0));
}

function drawRow(columns, row) {
  return el("tr", {}, ...columns.map((column) => el("td", { class: column.isNumber ? "number" : null, text: cellText(row[column.index], column) })));
}

// "Show more" reads the next page and goes away with the last one.
function moreButton(readMore) {
  const more = el("button", { type: "button", class: "quiet", text: `Show ${pageSize} more` });
  more.addEventListener("click", async () => {
    more.disabled = true;
    const next = await readMore();
    more.disabled = false;
    if (next === null) more.remove();
  });
  return more;
}

function tableBox(label, head, body) {
  const table = el("table", {}, el("caption", { class: "sr-only", text: label }), el("thead", {}, el("tr", {}, ...head)), body);
  return el("div", { class: "scroll-box", tabindex: "0", role: "region", "aria-label": `${label}, table` }, table);
}

export async function drawRows(section, read) {
  let page = await read(`?limit=${pageSize}`);
  section.hidden = page.rows.length === 0;
  if (section.hidden) return;
  const columns = filledColumns(page).map((column) => ({ ...column, isNumber: isNumber(column, page.rows.map((row) => row[column.index])) }));
  const head = columns.map((column) => el("th", { scope: "col", class: column.isNumber ? "number" : null, text: column.label }));
  const body = el("tbody", {}, ...page.rows.map((row) => drawRow(columns, row)));
  const more = moreButton(async () => {
    page = await read(`?limit=${pageSize}&after=${page.next}`);
    body.append(...page.rows.map((row) => drawRow(columns, row)));
    return page.next;
  });
  const count = el("p", { class: "quiet-text", text: `${countOf(page.total, "row")} in all. Columns without any value are left out; times are UTC.` });
  section.querySelector("[data-body]").replaceChildren(count, tableBox("Rows", head, body), ...(page.next === null ? [] : [more]));
}

function drawReject({ file, line, reason, row }, hasFiles) {
  const place = line ? String(line) : "–";
  const cells = [el("td", { class: "number", text: place }), el("td", { class: "reason", text: reason }), el("td", { class: "raw" }, el("code", { text: row }))];
  return el("tr", {}, ...(hasFiles ? [el("td", { text: file ?? "" })] : []), ...cells);
}

function drawReasons(reasons) {
  return el("ul", { class: "reasons" }, ...reasons.map(({ reason, rows }) => el("li", {}, el("strong", { text: countOf(rows, "row") }), ` ${reason}`)));
}

export async function drawRejects(section, read, downloadAddress) {
  let page = await read(`?limit=${pageSize}`);
  section.hidden = page.total === 0;
  if (section.hidden) return;
  const hasFiles = new Set(page.rejects.map((one) => one.file)).size > 1;
  const head = [...(hasFiles ? ["File"] : []), "Line", "Reason", "Row"].map((text) => el("th", { scope: "col", class: text === "Line" ? "number" : null, text }));
  const body = el("tbody", {}, ...page.rejects.map((one) => drawReject(one, hasFiles)));
  const more = moreButton(async () => {
    page = await read(`?limit=${pageSize}&after=${page.next}`);
    body.append(...page.rejects.map((one) => drawReject(one, hasFiles)));
    return page.next;
  });
  const words = el("p", { class: "quiet-text", text: `${countOf(page.total, "row")} of the newest import could not be used. Nothing of them is in any figure.` });
  const link = el("a", { class: "secondary", href: downloadAddress, download: "", text: "Download them as JSON lines" });
  const parts = [words, drawReasons(page.reasons), tableBox("Rejected rows", head, body), ...(page.next === null ? [] : [more]), el("p", {}, link)];
  section.querySelector("[data-body]").replaceChildren(...parts);
}
