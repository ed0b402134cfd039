// The last steps: the upload, the import at the server, and how it ended.
import { countOf, endWords, formatBytes, hasRows, progressWords, resultWords, shareRead } from "./data_words.js";
import { el, setText } from "./dom.js";
import { button } from "./importer_frame.js";
import { askAddress, pageAddress } from "./importer_notes.js";

const quarters = 4;

// Speaks at each quarter and is silent in between: a voice that never stops tells nothing.
function createQuarters(announce) {
  let told = 0;
  return (share, text) => {
    const quarter = Math.floor(share * quarters);
    if (quarter <= told) return;
    told = quarter;
    announce(text);
  };
}

export function createUploadView({ name, cancel, announce }) {
  const bar = el("progress", { max: "1", value: "0", "aria-label": "Upload" });
  const words = el("p", { class: "progress-words", text: "Starting the upload…" });
  const stop = button("Cancel the upload", cancel);
  const tell = createQuarters(announce);
  const aside = el("p", { class: "quiet-text", text: "You may close this window; the upload goes on as long as the page is open." });
  return {
    step: { title: `Uploading ${name}`, body: [bar, words, aside], buttons: [stop], focus: stop },
    show(sent, total) {
      const share = total ? sent / total : 0;
      bar.value = share;
      const text = share < 1 ? `${formatBytes(sent)} of ${formatBytes(total)} sent (${Math.floor(share * 100)} %)` : "Sent. The server is storing the file…";
      setText(words, text);
      tell(share, text);
    },
  };
}

export function createImportView({ dataset, cancel, close, announce }) {
  const bar = el("progress", { max: "1", "aria-label": "Import" });
  const words = el("p", { class: "progress-words" });
  const rejected = el("p", { class: "quiet-text" });
  const stop = button("Cancel the import", cancel);
  const leave = button("Close", close, "quiet");
  const tell = createQuarters(announce);
  const aside = el("p", { class: "quiet-text", text: "You may close this window or leave the page: the import goes on, and a note tells when it is done." });
  return {
    step: { title: `Importing ${dataset.title}`, body: [bar, words, rejected, aside], buttons: [stop, leave], focus: stop },
    show({ import: current }) {
      const text = progressWords(current);
      // Without a value the bar says that something goes on, and not how far it is.
      if (current.status === "running") bar.value = shareRead(current);
      setText(words, text);
      setText(rejected, current.rows_rejected ? `${countOf(current.rows_rejected, "row")} could not be used so far.` : "");
      stop.disabled = current.cancelling;
      tell(shareRead(current), text);
    },
  };
}

function finishedStep(dataset, { close, choose }) {
  const { import: current } = dataset;
  const words = el("p", { class: "result", text: `${resultWords(current)}.` });
  const rejects = current.rows_rejected ? el("p", {}, el("a", { href: `${pageAddress(dataset)}#data-rejects`, text: "See the rejected rows and why" })) : null;
  const page = el("a", { class: "secondary", href: pageAddress(dataset), text: "Look at the data" });
  const ask = choose ? button("Ask about this data", choose, "primary") : el("a", { class: "primary button", href: askAddress(dataset), text: "Ask about this data" });
  const body = [words, rejects].filter(Boolean);
  return { title: `${dataset.title} is imported`, body, buttons: [...(hasRows(dataset) ? [ask] : []), page, button("Close", close, "quiet")], focus: ask };
}

function failedStep(dataset, { close, remap, again }) {
  const { status } = dataset.import;
  const words = el("p", { class: status === "cancelled" ? "result" : "form-error", role: "alert", text: endWords(dataset) });
  const map = button("Say how to read it", remap, "primary");
  const retry = button("Choose another file", again);
  const page = el("a", { class: "quiet", href: pageAddress(dataset), text: "Look at it later" });
  const buttons = status === "cancelled" ? [retry] : [map, retry, page];
  const title = status === "cancelled" ? "Import cancelled" : status === "needs_mapping" ? "This file needs your help" : "The import did not work";
  return { title, body: [words], buttons: [...buttons, button("Close", close, "quiet")], focus: buttons[0] };
}

export function endStep(dataset, actions) {
  return dataset.import.status === "finished" ? finishedStep(dataset, actions) : failedStep(dataset, actions);
}

export function refusedStep(message, { again, close }) {
  const go = button("Try again", again, "primary");
  return { title: "The upload did not work", body: [el("p", { class: "form-error", role: "alert", text: message })], buttons: [go, button("Close", close, "quiet")], focus: go };
}
