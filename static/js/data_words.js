// Usage data in words: states, periods, costs, progress and results, the same on every page.
import { formatMoney, formatNumber } from "./format.js";

const open = new Set(["queued", "running"]);
// The same words as in agents/views.py, which writes the first paint.
const importStates = {
  queued: { word: "Waiting", kind: "busy" },
  running: { word: "Importing", kind: "busy" },
  needs_mapping: { word: "Needs your help", kind: "attention" },
  failed: { word: "Failed", kind: "failed" },
  cancelled: { word: "Cancelled", kind: "failed" },
};
const dataStates = { ready: { word: "Ready", kind: "ready" }, importing: { word: "Importing", kind: "busy" }, failed: { word: "Failed", kind: "failed" } };

export function isImporting(dataset) {
  return open.has(dataset?.import?.status);
}

export function hasRows(dataset) {
  return dataset.version !== null;
}

// An append that failed leaves the data as it was: the data set itself stays ready.
export function describeState(dataset) {
  const status = dataset.import?.status;
  const unfinished = status && (!dataset.import.finished_at || !hasRows(dataset));
  return (unfinished && importStates[status]) || dataStates[dataset.status];
}

export function describeSpan({ first_day: first, last_day: last }) {
  if (!first) return "–";
  return first === last ? first : `${first} to ${last}`;
}

export function formatAmount(amount, currency) {
  if (currency === "USD") return formatMoney(Number(amount));
  return `${Number(amount).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${currency}`;
}

export function describeBilled(summary) {
  const amounts = Object.entries(summary?.billed_cost ?? {});
  return amounts.length ? amounts.map(([currency, amount]) => formatAmount(amount, currency)).join(", ") : null;
}

// List prices first, else what was billed, and never a zero for what is not known.
export function describeCost(summary) {
  const priced = summary?.priced_cost;
  if (priced !== null && priced !== undefined) return formatMoney(Number(priced));
  return describeBilled(summary) ?? "–";
}

export function formatBytes(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toLocaleString("en-US", { maximumFractionDigits: unit && value < 100 ? 1 : 0 })} ${units[unit]}`;
}

export function countOf(number, one, many = `${one}s`) {
  return `${formatNumber(number)} ${number === 1 ? one : many}`;
}

export function shareRead({ bytes_read: read, file_bytes: total }) {
  return total > 0 ? Math.min(1, read / total) : 0;
}

export function progressWords(current) {
  if (current.cancelling) return "Cancelling…";
  if (current.status === "queued") return "Waiting for its turn…";
  const share = Math.round(shareRead(current) * 100);
  return `Reading: ${formatBytes(current.bytes_read)} of ${formatBytes(current.file_bytes)} (${share} %), ${countOf(current.rows_read, "row")}`;
}

export function resultWords(current) {
  const facts = [`${countOf(current.rows_kept, "row")} kept`];
  if (current.rows_repeated) facts.push(`${formatNumber(current.rows_repeated)} already there`);
  if (current.rows_rejected) facts.push(`${formatNumber(current.rows_rejected)} rejected`);
  return facts.join(", ");
}

// One sentence for the end of an import, whichever it was.
export function endWords(dataset) {
  const { status, error } = dataset.import;
  if (status === "finished") return `${dataset.title} is imported: ${resultWords(dataset.import)}.`;
  if (status === "cancelled") return `The import of ${dataset.title} was cancelled. Nothing of it was kept.`;
  const reason = error?.message ?? "The import did not work.";
  return status === "needs_mapping" ? `${dataset.title} needs your help: ${reason}` : `${dataset.title} could not be imported. ${reason}`;
}

export function unpricedWords(models) {
  if (!models.length) return "";
  const names = models.length > 6 ? `${models.slice(0, 6).join(", ")} and ${models.length - 6} more` : models.join(", ");
  const subject = models.length === 1 ? "One model has" : `${models.length} models have`;
  return `${subject} rows without a known price: ${names}. Their tokens and requests are counted, their cost is left out and never taken as zero.`;
}

export function comparedWords({ rows, billed, priced, difference }) {
  const gap = Number(difference);
  const share = Number(priced) > 0 ? ` (${formatNumber(Math.abs(gap / Number(priced)) * 100)} %)` : "";
  if (gap === 0) return `Over the ${countOf(rows, "row")} that have both, the bill and the list prices agree.`;
  const direction = gap > 0 ? "more" : "less";
  return `Over the ${countOf(rows, "row")} that have both, ${formatMoney(Number(billed))} was billed: ${formatMoney(Math.abs(gap))}${share} ${direction} than the ${formatMoney(Number(priced))} at list prices.`;
}

export const estimateWords = "Some rows stand for many requests at once. Where a price depends on the size of a single request, it cannot be told, so the cost is an estimate.";
