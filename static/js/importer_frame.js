// The dialog the steps of an import are shown in: one heading, one body, its buttons, and a voice of its own.
import { createAnnouncer } from "./announce.js";
import { el, setText } from "./dom.js";

/* A step is {title, body: [nodes], buttons: [nodes], focus: node or null}. */
export function createFrame({ closed }) {
  const heading = el("h2", { id: "importer-title", tabindex: "-1" });
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close", text: "×" });
  const body = el("div", { class: "importer-body" });
  const buttons = el("div", { class: "importer-buttons" });
  // What lies outside an open modal dialog is silent, so the dialog speaks for itself.
  const voice = el("div", { class: "sr-only", role: "status", "aria-live": "polite" });
  const head = el("div", { class: "importer-head" }, heading, close);
  const dialog = el("dialog", { class: "importer", "aria-labelledby": "importer-title" }, head, body, buttons, voice);
  let before = null;
  let shown = null;
  const focusStep = () => (shown.focus ?? heading).focus();
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    before?.focus();
    closed();
  });
  document.body.append(dialog);

  return {
    dialog,
    body,
    announce: createAnnouncer(voice),
    get isOpen() {
      return dialog.open;
    },
    open() {
      if (dialog.open) return;
      before = document.activeElement;
      dialog.showModal();
      focusStep();
    },
    close: () => dialog.close(),
    show(step) {
      setText(heading, step.title);
      body.replaceChildren(...step.body);
      buttons.replaceChildren(...step.buttons);
      body.scrollTop = 0;
      shown = step;
      if (dialog.open) focusStep();
    },
  };
}

export function button(text, click, kind = "secondary") {
  return el("button", { type: "button", class: kind, text, on: { click } });
}
