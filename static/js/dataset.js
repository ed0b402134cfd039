// Which data the thread is about: chosen by a click, demo data named as such, never chosen silently.
import { ApiError } from "./api.js";
import { demoBadge } from "./block.js";
import { countOf, describeSpan, hasRows, isImporting, shareRead } from "./data_words.js";
import { el } from "./dom.js";
import { pageAddress } from "./importer_notes.js";

function describe(dataset) {
  const facts = [];
  if (dataset.rows) facts.push(countOf(dataset.rows, "row"));
  if (dataset.first_day) facts.push(describeSpan(dataset));
  return facts.join(" · ");
}

function importWords({ title, import: current }) {
  return current.status === "running" ? `Importing ${title}: ${Math.round(shareRead(current) * 100)} %` : `Importing ${title}…`;
}

export class DatasetChoice {
  constructor(root, { call, known, chosen, demoAvailable, bring, failed }) {
    Object.assign(this, { root, call, known, chosen, demoAvailable, bring, failed, dataset: null, threadId: null, list: null, isOpen: false, expected: null, choosing: null });
    known.listen((dataset) => dataset && this.take(dataset));
  }

  open(threadId, dataset) {
    this.threadId = threadId;
    this.dataset = dataset;
    this.draw();
  }

  // What is imported from here is chosen when it is there, unless something else was chosen meanwhile.
  expect(dataset) {
    this.expected = dataset.id;
    this.take(this.known.get(dataset.id));
  }

  take(dataset) {
    if (dataset.id === this.dataset?.id) this.dataset = dataset;
    if (dataset.id !== this.expected) return;
    if (isImporting(dataset)) {
      this.drawImport(dataset);
      return;
    }
    this.expected = null;
    if (dataset.import.status === "finished" && hasRows(dataset)) this.attempt(() => this.choose(dataset));
    else this.draw();
  }

  async readList() {
    const { datasets } = await this.call("GET", "datasets/");
    this.known.replaceAll(datasets);
    this.list = this.known.all().filter(hasRows);
    if (this.dataset) this.dataset = this.known.get(this.dataset.id) ?? this.dataset;
    return this.list;
  }

  async choose(dataset) {
    this.expected = null;
    if (this.threadId) await this.call("PUT", `threads/${this.threadId}/dataset/`, { dataset_id: dataset?.id ?? null });
    this.dataset = dataset;
    this.isOpen = false;
    this.draw();
    this.chosen(dataset);
  }

  // `choosing` says, while the server is asked, whether it came to a choice.
  attempt(action) {
    const choosing = this.perform(action).finally(() => {
      if (this.choosing === choosing) this.choosing = null;
    });
    this.choosing = choosing;
    return choosing;
  }

  async perform(action) {
    this.root.toggleAttribute("data-busy", true);
    try {
      return (await action()) !== false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed(error.message);
      return false;
    } finally {
      this.root.removeAttribute("data-busy");
    }
  }

  chooseDemo() {
    return this.attempt(async () => {
      const demo = (await this.readList()).find((one) => one.demo);
      if (!demo) this.failed("The demo data is not there yet. Ask who runs this server to load it.");
      else await this.choose(demo);
      return Boolean(demo);
    });
  }

  showList() {
    return this.attempt(async () => {
      await this.readList();
      this.isOpen = true;
      this.draw();
      this.root.querySelector("select")?.focus();
    });
  }

  drawSelect() {
    const options = this.list.map((one) => el("option", { value: one.id, selected: one.id === this.dataset?.id, text: `${one.title}${one.demo ? " (demo)" : ""}, ${describe(one)}` }));
    const none = el("option", { value: "", selected: !this.dataset, text: "No data" });
    const select = el("select", { "aria-label": "Data of this chat" }, none, ...options);
    select.addEventListener("change", () => this.attempt(() => this.choose(this.list.find((one) => one.id === select.value) ?? null)));
    return select;
  }

  drawLabel() {
    if (!this.dataset) return el("span", { class: "quiet-text", text: "No data chosen" });
    const title = this.dataset.demo ? demoBadge() : el("strong", { text: this.dataset.title });
    const link = el("a", { class: "dataset-link", href: pageAddress(this.dataset), title: "Look at this data" }, title);
    return el("span", { class: "dataset-name" }, link, el("span", { class: "quiet-text", text: describe(this.dataset) }));
  }

  // Progress comes several times a second: the button is made once and only its words change.
  drawImport(dataset) {
    let button = this.root.querySelector("[data-importing]");
    if (!button) {
      button = el("button", { type: "button", class: "chip", "data-importing": true, on: { click: () => this.bring() } });
      this.root.replaceChildren(button);
    }
    button.textContent = importWords(dataset);
  }

  draw() {
    const demo = el("button", { type: "button", class: "chip accent", text: "Use the demo data", on: { click: () => this.chooseDemo() } });
    const bring = el("button", { type: "button", class: "chip", text: "Bring your data", on: { click: () => this.bring() } });
    const change = el("button", { type: "button", class: "quiet", text: this.dataset ? "Change data" : "Choose data", on: { click: () => this.showList() } });
    demo.hidden = Boolean(this.dataset) || !this.demoAvailable;
    bring.hidden = Boolean(this.dataset) && !this.isOpen;
    this.root.replaceChildren(this.isOpen ? this.drawSelect() : this.drawLabel(), demo, bring, change);
    change.hidden = this.isOpen;
  }
}
