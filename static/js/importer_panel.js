// The newest import on the page of its data set: how far it is, or what went wrong and what can be done.
import { countOf, endWords, hasRows, isImporting, progressWords, shareRead } from "./data_words.js";
import { el, setText } from "./dom.js";
import { button } from "./importer_frame.js";

function createProgress({ cancel }) {
  const bar = el("progress", { max: "1", "aria-label": "Import" });
  const words = el("p", { class: "progress-words" });
  const stop = button("Cancel the import", cancel);
  return {
    element: el("div", { class: "panel" }, el("h2", { text: "Import under way" }), bar, words, el("p", {}, stop)),
    show({ import: current }) {
      if (current.status === "running") bar.value = shareRead(current);
      setText(words, progressWords(current));
      stop.disabled = current.cancelling;
    },
  };
}

function drawTrouble(dataset, { retry, remap, append, cancel }) {
  const { status } = dataset.import;
  const kept = hasRows(dataset) ? " What was there before is unchanged." : "";
  const words = el("p", { text: `${endWords(dataset)}${kept}` });
  const help = button("Say how to read it", remap, "primary");
  const again = button("Try again", retry);
  const other = button("Bring another file", append);
  const buttons = { needs_mapping: [help, button("Give up this import", cancel)], failed: [help, again, other], cancelled: [other] }[status];
  const kind = status === "cancelled" ? "plain" : "warn";
  return el("div", { class: `panel ${kind}` }, el("h2", { text: status === "needs_mapping" ? "This import needs your help" : "The newest import brought nothing" }), words, el("div", { class: "choice" }, ...buttons));
}

function drawResult({ import: current }) {
  if (!current.rows_rejected) return null;
  const words = `${countOf(current.rows_rejected, "row")} of the newest import could not be used. `;
  return el("p", { class: "note warn" }, words, el("a", { href: "#data-rejects", text: "See why" }));
}

export function createImportPanel(root, actions) {
  let progress = null;
  let drawn = "";
  return function draw(dataset) {
    const current = dataset.import;
    if (isImporting(dataset)) {
      if (!progress) root.replaceChildren((progress = createProgress(actions)).element);
      progress.show(dataset);
      drawn = "";
      return;
    }
    progress = null;
    const now = current ? `${current.id} ${current.status} ${current.created_at} ${dataset.title}` : "none";
    if (now === drawn) return;
    drawn = now;
    const part = !current ? null : current.status === "finished" ? drawResult(dataset) : drawTrouble(dataset, actions);
    root.replaceChildren(...(part ? [part] : []));
  };
}
