// Bringing data, from the choice of a file to rows that can be asked about: the steps and what leads from one to the next.
import { ApiError } from "./api.js";
import { formatBytes, isImporting } from "./data_words.js";
import { Check } from "./importer_check.js";
import { createDropZone } from "./importer_drop.js";
import { createFrame } from "./importer_frame.js";
import { drawPick } from "./importer_pick.js";
import { createImportView, createUploadView, endStep, refusedStep } from "./importer_progress.js";
import { formOf, sendForm } from "./importer_upload.js";
import { headBytes } from "./importer_words.js";

const pastedName = "pasted data";

class Importer {
  constructor(shell, { target, finished, choose }) {
    Object.assign(this, { shell, target, finished, choose, upload: null, followed: null, view: null, source: null });
    this.api = shell.boot.urls.api;
    this.limit = shell.boot.limits?.upload_bytes ?? Infinity;
    this.frame = createFrame({ closed: () => this.leave() });
    shell.shownInDialog = () => (this.frame.isOpen ? this.followed : null);
    shell.datasets.listen((dataset) => dataset && this.take(dataset));
    createDropZone({
      place: () => (this.frame.isOpen ? this.frame.dialog : document.body),
      words: () => (this.isBusy ? "One import at a time" : this.target() ? `Drop the file to add its rows to ${this.target().title}` : "Drop the file to import it"),
      dropped: (files) => this.pickFiles(files),
    });
    addEventListener("beforeunload", (event) => this.upload && event.preventDefault());
  }

  // While something is on its way the dialog shows that, whoever opens it.
  get isBusy() {
    return this.upload !== null || (this.followed !== null && isImporting(this.shell.datasets.get(this.followed)));
  }

  get close() {
    return () => this.frame.close();
  }

  open({ text } = {}) {
    if (text && !this.isBusy) this.pickText(text);
    else if (!this.isBusy) this.pick();
    this.frame.open();
  }

  leave() {
    if (this.isBusy) return;
    this.followed = null;
    this.source = null;
  }

  pick() {
    const target = this.target();
    const title = target ? `Add rows to ${target.title}` : "Bring your data";
    this.followed = null;
    this.frame.show(drawPick({ title, limit: this.limit, picked: (files) => this.pickFiles(files), pasted: (text) => this.pickText(text), close: this.close }));
  }

  pickFiles(files) {
    if (this.isBusy) {
      this.frame.open();
      return;
    }
    const [file] = files;
    if (files.length > 1) this.refuse("That were several files. Bring them one at a time, or together as one zip archive.");
    else if (file.size === 0) this.refuse(`${file.name} is empty.`);
    else if (file.size > this.limit) this.refuse(`${file.name} has ${formatBytes(file.size)}; this account may bring up to ${formatBytes(this.limit)} at once. Split it, or compress it with gzip.`);
    else this.check({ name: file.name, blob: file });
    this.frame.open();
  }

  pickText(text) {
    this.check({ name: pastedName, blob: new Blob([text], { type: "text/plain" }) });
  }

  refuse(message) {
    this.frame.show(refusedStep(message, { again: () => this.pick(), close: this.close }));
  }

  check(source) {
    const target = this.target();
    this.source = source;
    const words = { title: target ? `Add rows to ${target.title}` : "Check and import", go: target ? "Add the rows" : "Import", back: "Choose something else", asksTitle: !target };
    const detect = (wish) => sendForm(`${this.api}datasets/detect/`, formOf(source, wish, source.blob.slice(0, headBytes))).done;
    const done = (choice) => this.send(source, choice, target);
    this.startCheck(new Check({ source, words, detect, done, back: () => this.pick(), announce: this.frame.announce }));
  }

  startCheck(check) {
    this.frame.show(check.step);
    check.start();
  }

  async send(source, choice, target) {
    const path = target ? `datasets/${target.id}/rows/` : "datasets/";
    const view = createUploadView({ name: source.name, cancel: () => this.upload?.abort(), announce: this.frame.announce });
    this.frame.show(view.step);
    this.upload = sendForm(this.api + path, formOf(source, choice), (sent, total) => view.show(sent, total));
    try {
      const dataset = await this.upload.done;
      this.upload = null;
      this.follow(dataset);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.upload = null;
      this.endUpload(error, source);
    }
  }

  endUpload(error, source) {
    if (!this.frame.isOpen) this.shell.toast(`${source.name}: ${error.message}`, error.code === "aborted" ? "info" : "error");
    else if (error.code === "aborted") this.check(source);
    else this.frame.show(refusedStep(error.message, { again: () => this.check(source), close: this.close }));
  }

  follow(dataset) {
    this.followed = dataset.id;
    const cancel = () => this.shell.attempt(async () => this.shell.datasets.put(await this.shell.call("POST", `datasets/${dataset.id}/cancel/`)));
    this.view = createImportView({ dataset, cancel, close: this.close, announce: this.frame.announce });
    this.frame.show(this.view.step);
    this.shell.datasets.put(dataset);
    // A small import may have ended before the answer to its upload was here.
    this.take(this.shell.datasets.get(dataset.id));
    this.shell.began?.(dataset);
  }

  take(dataset) {
    if (dataset.id !== this.followed || !this.view) return;
    if (isImporting(dataset)) {
      this.view.show(dataset);
      return;
    }
    this.view = null;
    if (dataset.import.status === "finished") this.finished(dataset);
    if (!this.frame.isOpen) {
      this.followed = null;
      return;
    }
    const choose = this.choose ? () => this.choose(dataset, this.close) : null;
    this.frame.show(endStep(dataset, { close: this.close, choose, remap: () => this.openMapping(dataset), again: () => this.pick() }));
    this.frame.announce(this.frame.dialog.querySelector("h2").textContent);
  }

  // The upload lies at the server: it is read again in the way that is chosen here. Its beginning may be at hand still.
  openMapping(dataset) {
    const { detection, error } = dataset.import;
    const source = this.followed === dataset.id ? this.source : null;
    const head = source ? source.blob.slice(0, headBytes) : new Blob([`${(detection?.columns ?? []).join(",")}\n`]);
    const name = source?.name ?? dataset.import.file_name ?? "data.csv";
    const words = { title: `How to read ${dataset.title}`, go: "Read it this way", back: "Close", asksTitle: false };
    const detect = async (wish) => {
      const answer = await sendForm(`${this.api}datasets/detect/`, formOf({ name }, wish, head)).done;
      return source ? answer : { ...answer, ...detection, fields: answer.fields, formats: answer.formats, rows: [], rejects: [], error: null };
    };
    const done = (choice) => this.remap(dataset, choice);
    const check = new Check({ source: null, words, detect, done, back: this.close, announce: this.frame.announce, mustMap: error?.message ?? "" });
    this.startCheck(check);
    this.frame.open();
  }

  async remap(dataset, { format, mapping, options }) {
    const path = `datasets/${dataset.id}/mapping/`;
    await this.shell.attempt(async () => this.follow(await this.shell.call("PUT", path, { format, mapping, options })));
  }
}

export function createImporter(shell, wishes) {
  return new Importer(shell, wishes);
}
