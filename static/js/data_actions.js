// What can be done with a data set: ask, add, rename in place, delete after a question.
import { el } from "./dom.js";
import { askAddress } from "./importer_notes.js";
import { hasRows, isImporting } from "./data_words.js";
import { nameBadges } from "./data_facts.js";

function renameForm(title, { save, close }) {
  const input = el("input", { type: "text", value: title, maxlength: "200", required: true, "aria-label": "Name of this data", dir: "auto" });
  const cancel = el("button", { type: "button", class: "quiet", text: "Cancel", on: { click: close } });
  const form = el("form", { class: "rename" }, input, el("button", { type: "submit", class: "primary", text: "Save" }), cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = input.value.trim();
    if (wanted) save(wanted);
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());
  return { form, input };
}

export function createTitle(root, { rename }) {
  let isEditing = false;
  let shown = null;

  function close() {
    isEditing = false;
    draw(shown);
    root.querySelector("button")?.focus();
  }

  function edit() {
    isEditing = true;
    const { form, input } = renameForm(shown.title, { close, save: async (title) => (await rename(title)) && close() });
    root.replaceChildren(form);
    input.select();
  }

  function draw(dataset) {
    shown = dataset;
    if (isEditing) return;
    const heading = el("h1", { dir: "auto", text: dataset.title });
    const button = el("button", { type: "button", class: "quiet", text: "Rename", on: { click: edit } });
    const drawn = el("div", {}, heading, ...nameBadges(dataset), ...(dataset.demo ? [] : [button]));
    // News of the data set come at any moment: who has the button under the finger keeps it.
    if (drawn.innerHTML === root.innerHTML) return;
    const hadFocus = root.contains(document.activeElement) && document.activeElement.matches("button.quiet");
    root.replaceChildren(...drawn.children);
    if (hadFocus) button.focus();
    document.title = `${dataset.title} · Data · Netra`;
  }

  return draw;
}

// Progress comes several times a second: what has not changed keeps its focus.
export function drawActions(root, dataset, { append }) {
  const isBusy = isImporting(dataset);
  const now = `${hasRows(dataset)} ${dataset.demo} ${isBusy}`;
  if (root.dataset.drawn === now) return;
  root.dataset.drawn = now;
  const ask = hasRows(dataset) ? el("a", { class: "primary button", href: askAddress(dataset), text: "Ask about this data" }) : null;
  const add = dataset.demo ? null : el("button", { type: "button", class: "secondary", text: "Add rows", disabled: isBusy, on: { click: append } });
  root.replaceChildren(...[ask, add].filter(Boolean));
}

function confirmDialog(dataset, remove) {
  const sentence = "Its rows, the uploaded files and the list of rejected rows are deleted from this server at once and cannot be brought back. Answers in your chats stay, but nothing can be computed from this data again.";
  const cancel = el("button", { type: "button", class: "secondary", text: "Keep it" });
  const sure = el("button", { type: "button", class: "danger", text: "Delete it for good" });
  const title = el("h2", { id: "confirm-title", text: `Delete “${dataset.title}”?` });
  const dialog = el("dialog", { class: "confirm", "aria-labelledby": "confirm-title" }, title, el("p", { text: sentence }), el("div", { class: "choice" }, sure, cancel));
  cancel.addEventListener("click", () => dialog.close());
  sure.addEventListener("click", async () => {
    sure.disabled = true;
    if (!(await remove())) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  return { dialog, cancel };
}

export function drawDelete(section, current, remove) {
  section.hidden = current().demo;
  const body = section.querySelector("[data-body]");
  if (body.children.length) return;
  const button = el("button", { type: "button", class: "danger", text: "Delete this data" });
  button.addEventListener("click", () => {
    const { dialog, cancel } = confirmDialog(current(), remove);
    document.body.append(dialog);
    dialog.addEventListener("close", () => button.focus());
    dialog.showModal();
    cancel.focus();
  });
  body.replaceChildren(el("p", { text: "The rows, the uploaded files and everything computed for this page are removed from the server." }), el("p", {}, button));
}
