// The summary of a data set: what came in, what it spans, what it costs, and how sure that is.
import { demoBadge } from "./block.js";
import { comparedWords, describeBilled, describeCost, describeSpan, describeState, estimateWords, formatBytes, hasRows, unpricedWords } from "./data_words.js";
import { el } from "./dom.js";
import { formatMoney, formatNumber } from "./format.js";

const tokenLabels = { input: "Input", cached_read: "Cached", cache_write_5m: "Cache writes (5 min)", cache_write_1h: "Cache writes (1 h)", output: "Output", reasoning: "Reasoning" };
const grainLabels = { call: "single calls", bucket: "sums of calls", cost: "cost lines" };

export function stateBadge(dataset) {
  const { word, kind } = describeState(dataset);
  return el("span", { class: `badge state-${kind}`, text: word });
}

export function nameBadges(dataset) {
  return [dataset.demo ? demoBadge() : null, dataset.summary?.estimate ? el("span", { class: "badge estimate", text: "Estimate" }) : null].filter(Boolean);
}

function card(label, value, { note = null, wide = false } = {}) {
  return el("div", { class: wide ? "double" : null }, el("dt", { text: label }), el("dd", {}, value, note ? el("span", { class: "card-note", text: note }) : null));
}

function costCards(dataset) {
  const { summary } = dataset;
  const billed = describeBilled(summary);
  const isPriced = summary?.priced_cost !== null && summary?.priced_cost !== undefined;
  const cards = isPriced ? [card("Cost at list prices", describeCost(summary), { note: summary.estimate ? "an estimate" : null })] : [];
  return billed ? [...cards, card("Billed", billed)] : cards;
}

function drawCards(dataset) {
  const { summary } = dataset;
  const requests = summary?.requests ? [card("Requests", formatNumber(summary.requests))] : [];
  return el("dl", { class: "cards" }, card("Rows", formatNumber(dataset.rows)), card("Period", describeSpan(dataset), { wide: true }), ...requests, ...costCards(dataset));
}

function intakeFacts({ summary, rows, bytes }) {
  const facts = [];
  if (summary?.rows_read !== undefined) {
    facts.push(["Rows read", formatNumber(summary.rows_read)], ["Rows kept", formatNumber(rows)]);
    facts.push(["Already there", formatNumber(summary.rows_repeated ?? 0)], ["Rejected", formatNumber(summary.rows_rejected ?? 0)]);
  }
  return [...facts, ["Size on disk", formatBytes(bytes)]];
}

function contentFacts({ summary }) {
  const facts = [];
  const grains = Object.entries(summary?.grains ?? {}).filter(([, count]) => count > 0);
  if (grains.length) facts.push(["Rows stand for", grains.map(([name, count]) => `${grainLabels[name] ?? name} (${formatNumber(count)})`).join(", ")]);
  if (summary?.price_version) facts.push(["Prices", summary.price_version]);
  const tokens = Object.entries(tokenLabels).map(([name]) => [name, summary?.tokens?.[name] ?? 0]).filter(([, count]) => count > 0);
  if (tokens.length) facts.push(["Tokens", tokens.map(([name, count]) => `${tokenLabels[name] ?? name} ${formatNumber(count)}`).join(" · "), "whole"]);
  return facts;
}

function drawFacts(dataset) {
  const entries = [...intakeFacts(dataset), ...contentFacts(dataset)];
  return el("dl", { class: "fact-list" }, ...entries.map(([label, value, kind]) => el("div", { class: kind ?? null }, el("dt", { text: label }), el("dd", { text: value }))));
}

function note(kind, title, text) {
  return el("p", { class: `note ${kind}` }, el("strong", { text: title }), ` ${text}`);
}

function drawNotes({ summary }) {
  const notes = [];
  if (summary?.estimate) notes.push(note("estimate", "Estimate.", estimateWords));
  if (summary?.unpriced_models?.length) notes.push(note("warn", "Unpriced.", unpricedWords(summary.unpriced_models)));
  if (summary?.compared) notes.push(note("plain", "Bill and prices.", comparedWords(summary.compared)));
  return notes;
}

export function drawSummary(root, dataset) {
  if (!hasRows(dataset)) {
    root.replaceChildren();
    return;
  }
  root.replaceChildren(drawCards(dataset), ...drawNotes(dataset), drawFacts(dataset));
}

function modelRow(model) {
  const cost = model.cost === null ? el("span", { class: "badge state-attention", text: "unpriced" }) : formatMoney(Number(model.cost));
  const missing = model.unpriced_rows > 0 && model.cost !== null ? formatNumber(model.unpriced_rows) : model.cost === null ? "all" : "–";
  const cells = [formatNumber(model.requests ?? 0), formatNumber(model.rows)].map((text) => el("td", { class: "number", text }));
  return el("tr", {}, el("td", { text: model.name }), ...cells, el("td", { class: "number" }, cost), el("td", { class: "number", text: missing }));
}

export function drawModels(section, dataset) {
  const models = dataset.summary?.models ?? [];
  section.hidden = models.length === 0;
  const heads = [["Model"], ["Requests", "number"], ["Rows", "number"], ["Cost", "number"], ["Rows without a price", "number"]];
  const head = el("tr", {}, ...heads.map(([text, kind]) => el("th", { scope: "col", class: kind ?? null, text })));
  const table = el("table", {}, el("caption", { class: "sr-only", text: "Models" }), el("thead", {}, head), el("tbody", {}, ...models.map(modelRow)));
  section.querySelector("[data-body]").replaceChildren(el("div", { class: "scroll-box", tabindex: "0", role: "region", "aria-label": "Models, table" }, table));
}
