// Which data the thread is about: chosen by a click, demo data named as such, never chosen silently.
import { ApiError } from "./api.js";
import { demoBadge } from "./block.js";
import { el } from "./dom.js";
import { formatNumber } from "./format.js";

function describe(dataset) {
  const facts = [];
  if (dataset.rows) facts.push(`${formatNumber(dataset.rows)} calls`);
  if (dataset.first_day && dataset.last_day) facts.push(`${dataset.first_day} to ${dataset.last_day}`);
  return facts.join(" · ");
}

export class DatasetChoice {
  constructor(root, { call, chosen, demoAvailable, failed }) {
    Object.assign(this, { root, call, chosen, demoAvailable, failed, dataset: null, threadId: null, list: null, isOpen: false });
  }

  open(threadId, dataset) {
    this.threadId = threadId;
    this.dataset = dataset;
    this.draw();
  }

  async readList() {
    const { datasets } = await this.call("GET", "datasets/");
    this.list = datasets;
    if (this.dataset) this.dataset = datasets.find((one) => one.id === this.dataset.id) ?? this.dataset;
    return datasets;
  }

  async choose(dataset) {
    if (this.threadId) await this.call("PUT", `threads/${this.threadId}/dataset/`, { dataset_id: dataset?.id ?? null });
    this.dataset = dataset;
    this.isOpen = false;
    this.draw();
    this.chosen(dataset);
  }

  async attempt(action) {
    this.root.toggleAttribute("data-busy", true);
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed(error.message);
    } finally {
      this.root.removeAttribute("data-busy");
    }
  }

  chooseDemo() {
    return this.attempt(async () => {
      const demo = (await this.readList()).find((one) => one.demo);
      if (demo) await this.choose(demo);
      else this.failed("The demo data is not there yet. Ask who runs this server to load it.");
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
    return el("span", { class: "dataset-name" }, title, el("span", { class: "quiet-text", text: describe(this.dataset) }));
  }

  draw() {
    const demo = el("button", { type: "button", class: "chip accent", text: "Use the demo data", on: { click: () => this.chooseDemo() } });
    const change = el("button", { type: "button", class: "quiet", text: this.dataset ? "Change data" : "Choose data", on: { click: () => this.showList() } });
    demo.hidden = Boolean(this.dataset) || !this.demoAvailable;
    this.root.replaceChildren(this.isOpen ? this.drawSelect() : this.drawLabel(), demo, change);
    change.hidden = this.isOpen;
  }
}
