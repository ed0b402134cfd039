// Lines over time by uPlot, loaded when the first one is drawn; colours follow the system while it is shown.
import { el, setText } from "./dom.js";
import { formatNumber } from "./format.js";

const daySeconds = 86_400;
const dateOnly = /^\d{4}-\d{2}-\d{2}(?:$|[T ])/;
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dark = matchMedia("(prefers-color-scheme: dark)");
const height = 220;

export function timesOf(labels) {
  if (!labels.every((label) => dateOnly.test(label))) return null;
  const times = labels.map((label) => Date.parse(label.length === 10 ? `${label}T00:00:00Z` : label) / 1000);
  return times.every((time, index) => Number.isFinite(time) && (index === 0 || time > times[index - 1])) ? times : null;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function widestLabel(_plot, labels) {
  return 18 + 7 * Math.max(1, ...(labels ?? []).map((label) => label.length));
}

function axisOf(more) {
  return { stroke: () => colour("--text-soft"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif", ...more };
}

function axesOf(times, labels, unit) {
  const days = [1, 2, 7, 14, 28, 91, 182, 365].map((number) => number * daySeconds);
  const overTime = { incrs: days, space: 64, values: (_plot, splits) => splits.map((second) => shortDay.format(second * 1000)) };
  const overLabels = { incrs: [1, 2, 5, 10, 25, 50, 100], space: 80, values: (_plot, splits) => splits.map((index) => labels[index] ?? "") };
  const values = (_plot, splits) => splits.map((value) => formatNumber(value, unit));
  return [axisOf({ size: 28, gap: 6, ...(times ? overTime : overLabels), grid: { show: false } }), axisOf({ size: widestLabel, gap: 6, space: 44, values })];
}

function seriesOf(one, pointsOnly) {
  const stroke = () => colour(`--series-${one.number % 5}`);
  return { label: one.label, stroke, width: 2, points: { show: pointsOnly || undefined, size: 6, stroke, fill: stroke } };
}

function optionsOf(width, times, labels, series, readout) {
  const tell = (plot) => {
    const { idx: index } = plot.cursor;
    const values = index === null || index === undefined ? [] : series.map((one) => `${one.label} ${formatNumber(one.values[index] ?? 0, one.unit)}`);
    setText(readout, values.length ? `${labels[index]}: ${values.join(", ")}` : "");
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: { x: { time: times !== null }, y: { range: (_plot, least, most) => [Math.min(0, least ?? 0), (most ?? 0) * 1.06 || 1] } },
    tzDate: (second) => new Date(second * 1000 + new Date(second * 1000).getTimezoneOffset() * 60_000),
    axes: axesOf(times, labels, series[0].unit),
    series: [{}, ...series.map((one) => seriesOf(one, labels.length < 3))],
    hooks: { setCursor: [tell] },
  };
}

// A plot needs its width, so it is made when its place is on the page, and again never: it is only resized.
function keepSized(place, make) {
  let plot = null;
  const observer = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width === 0) return;
    if (plot) plot.setSize({ width, height });
    else plot = make(width);
  });
  observer.observe(place);
  dark.addEventListener("change", () => plot?.redraw(false, true));
}

export function drawLines(labels, series) {
  const readout = el("p", { class: "chart-readout", "aria-hidden": "true" });
  const place = el("div", { class: "line-place", "aria-hidden": "true" });
  const times = timesOf(labels);
  const data = [times ?? labels.map((_label, index) => index), ...series.map((one) => one.values)];
  import("../vendor/uplot/uPlot.esm.js").then(({ default: Plot }) => {
    keepSized(place, (width) => new Plot(optionsOf(width, times, labels, series, readout), data, place));
  });
  return el("div", { class: "line-chart" }, readout, place);
}
