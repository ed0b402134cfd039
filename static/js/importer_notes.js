// The note at the end of an import for a reader who is doing something else.
import { endWords, hasRows, isImporting } from "./data_words.js";

export function askAddress(dataset) {
  return `/?data=${encodeURIComponent(dataset.id)}`;
}

export function pageAddress(dataset) {
  return `/data/${encodeURIComponent(dataset.id)}/`;
}

function tellEnd(dataset, toast) {
  const { status } = dataset.import;
  if (status === "cancelled") {
    toast(endWords(dataset));
    return;
  }
  const isDone = status === "finished" && hasRows(dataset);
  const link = isDone ? { href: askAddress(dataset), text: "Ask about this data" } : { href: pageAddress(dataset), text: "Look at it" };
  toast(endWords(dataset), isDone ? "info" : "error", link);
}

// However the news came, by an event or by asking: an import that was open and is no longer has ended.
export function tellEnds(datasets, toast, isShown) {
  datasets.listen((dataset, known) => {
    if (dataset && isImporting(known) && !isImporting(dataset) && !isShown(dataset.id)) tellEnd(dataset, toast);
  });
}
