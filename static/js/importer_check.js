// The second step: what the data looks like, how its columns are read, and what comes out, tried again at each change.
import { ApiError } from "./api.js";
import { formatBytes } from "./data_words.js";
import { el, setText } from "./dom.js";
import { button } from "./importer_frame.js";
import { createMapping } from "./importer_mapping.js";
import { drawRefused, drawSample } from "./importer_sample.js";
import { isGeneric, isLookedInto, titleFor } from "./importer_words.js";

const pauseMilliseconds = 250;
const nothingKnown = { format: null, title: "", why: "", shape: "", columns: [], mapping: {}, options: {}, notes: [], fields: [], formats: [], rows: [], rejects: [], error: null };

/* `detect(wish)` answers what the data looks like; `done(choice)` takes {title, format, mapping, options}. */
export class Check {
  constructor({ source, words, detect, done, back, announce, mustMap = null }) {
    Object.assign(this, { source, words, detect, done, announce, mustMap, detection: null, form: null, format: "", tries: 0, timer: null });
    this.about = el("p", { class: "quiet-text", text: source ? `${source.name} · ${formatBytes(source.blob.size)}` : "" });
    this.looks = el("p", { class: "looks" });
    this.problem = el("p", { class: "form-error", role: "alert", hidden: true });
    this.notes = el("ul", { class: "notes" });
    this.formats = el("select", { id: "importer-format" });
    this.formatField = el("div", { class: "map-field", hidden: true }, el("label", { for: "importer-format", text: "Read it as" }), this.formats);
    this.mappingPlace = el("div", {});
    this.sample = el("div", { class: "sample" });
    this.refused = el("div", {});
    this.title = el("input", { type: "text", id: "importer-name", maxlength: "200", value: source ? titleFor(source.name) : null, dir: "auto" });
    this.titleField = el("div", { class: "map-field", hidden: !words.asksTitle }, el("label", { for: "importer-name", text: "Name" }), this.title);
    this.go = button(words.go, () => this.finish(), "primary");
    this.back = button(words.back, back, "quiet");
    this.formats.addEventListener("change", () => this.chooseFormat());
  }

  get step() {
    const body = [this.about, this.looks, this.problem, this.notes, this.titleField, this.formatField, this.sample, this.refused, this.mappingPlace];
    return { title: this.words.title, body, buttons: [this.go, this.back], focus: null };
  }

  async start() {
    if (this.source && !isLookedInto(this.source)) {
      setText(this.looks, "What is inside a zip archive is found out after the upload. If it is not understood, you will be asked then.");
      return;
    }
    setText(this.looks, "Looking at the first rows…");
    this.go.disabled = true;
    await this.tryOut();
  }

  wish() {
    const { mapping = {}, options = {} } = this.form?.read() ?? {};
    const format = this.format || (this.form ? this.detection?.format ?? "" : "");
    return { format, mapping, options };
  }

  // Only the newest try counts: an answer that was overtaken is dropped.
  async tryOut() {
    this.tries += 1;
    const number = this.tries;
    this.sample.toggleAttribute("data-busy", true);
    try {
      const answer = await this.detect(this.wish());
      if (number === this.tries) this.show({ ...nothingKnown, ...answer });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (number === this.tries) this.showProblem(error.message);
    }
    if (number === this.tries) this.sample.removeAttribute("data-busy");
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tryOut(), pauseMilliseconds);
  }

  // Another format has other columns to map; what was chosen for the former one is dropped.
  chooseFormat() {
    clearTimeout(this.timer);
    this.format = this.formats.value;
    this.form = null;
    this.mappingPlace.replaceChildren();
    this.tryOut();
  }

  show(detection) {
    this.detection = detection;
    this.showLooks(detection);
    this.notes.replaceChildren(...detection.notes.map((text) => el("li", { text })));
    this.showFormats(detection);
    if (isGeneric(detection) && !this.form) this.drawForm(detection);
    if (!isGeneric(detection)) this.dropForm();
    drawSample(this.sample, detection);
    drawRefused(this.refused, detection);
    this.showProblem(detection.error?.message ?? (this.tries === 1 ? this.mustMap ?? "" : ""));
    this.go.disabled = Boolean(detection.error) || (!detection.rows.length && this.mustMap === null);
  }

  showLooks({ format, title, why, shape }) {
    const file = shape ? `The file is ${shape}.` : "";
    const reason = why.startsWith("It ") ? `, because it ${why.slice(3)}` : `. ${why}`;
    const parts = format ? ["Looks like ", el("strong", { text: title }), `${reason} ${file}`] : [file];
    this.looks.replaceChildren(...parts);
    this.announce(this.looks.textContent);
  }

  showFormats({ formats, title, format }) {
    if (this.formats.children.length || !formats.length) return;
    const found = format ? `${title} (found out)` : "Choose what it is";
    const options = formats.map((one) => el("option", { value: one.name, text: one.title }));
    this.formats.replaceChildren(el("option", { value: "", text: found }), ...options);
    this.formatField.hidden = false;
  }

  drawForm(detection) {
    this.form = createMapping(detection, () => this.changed());
    this.mappingPlace.replaceChildren(this.form.element);
  }

  dropForm() {
    this.form = null;
    this.mappingPlace.replaceChildren();
  }

  showProblem(text) {
    setText(this.problem, text);
    this.problem.hidden = !text;
  }

  finish() {
    clearTimeout(this.timer);
    const title = this.words.asksTitle ? this.title.value.trim() : "";
    this.done({ title, ...this.wish() });
  }
}
