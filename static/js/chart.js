// Bar and line drawings of a result table, from its own rows; the table below them has every value as text.
import { drawLines } from "./chart_lines.js";
import { el } from "./dom.js";
import { formatCell, formatNumber, numericValue } from "./format.js";

const mostBars = 24;

function columnIndex(block, key) {
  return block.columns.findIndex((column) => column.key === key);
}

function seriesOf(block) {
  return block.chart.series.map((key, number) => {
    const index = columnIndex(block, key);
    const { label, unit } = block.columns[index] ?? { label: key, unit: null };
    return { number, label, unit, values: block.rows.map((row) => numericValue(row[index], unit ?? "count")) };
  });
}

function labelsOf(block) {
  const index = columnIndex(block, block.chart.x);
  return block.rows.map((row) => formatCell(row[index], null));
}

function largest(series) {
  return Math.max(0, ...series.flatMap((one) => one.values.filter((value) => value !== null)));
}

function drawBar(one, row, most) {
  const bar = el("span", { class: `bar series-${one.number % 5}` });
  const value = one.values[row];
  const share = most > 0 && value !== null ? Math.max(0, value) / most : 0;
  bar.style.setProperty("--share", `${(share * 100).toFixed(2)}%`);
  bar.hidden = value === null;
  const label = el("span", { class: "bar-value", text: value === null ? "–" : formatNumber(value, one.unit) });
  return el("span", { class: "bar-track" }, bar, label);
}

function drawBars(labels, series) {
  const most = new Map(series.map((one) => [one, largest(series.filter((other) => other.unit === one.unit))]));
  const rows = labels.map((label, row) => {
    const tracks = series.map((one) => drawBar(one, row, most.get(one)));
    return el("div", { class: "bar-row" }, el("span", { class: "bar-label", text: label, title: label }), el("span", { class: "bar-tracks" }, ...tracks));
  });
  return el("div", { class: "bars" }, ...rows);
}

function drawLegend(series) {
  const entries = series.map((one) => el("span", { class: "legend-entry" }, el("span", { class: `swatch series-${one.number % 5}` }), one.label));
  return el("div", { class: "legend" }, ...entries);
}

export function drawChart(block) {
  const series = seriesOf(block);
  const labels = labelsOf(block);
  if (!series.length || !labels.length) return null;
  const bars = block.chart.kind === "bar" && labels.length <= mostBars;
  const body = bars ? drawBars(labels, series) : drawLines(labels, series);
  const name = `${block.title}: ${series.map((one) => one.label).join(", ")} by ${block.chart.x}. The table below has every value.`;
  return el("figure", { class: "chart", role: "group", "aria-label": name }, drawLegend(series), body);
}
