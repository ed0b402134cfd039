// The text box: sends with Enter, keeps a draft for each thread, says why it cannot send.
import { setText } from "./dom.js";

const counterFrom = 0.9;

function draftKey(threadId) {
  return `netra.draft.${threadId ?? "new"}`;
}

export function countCharacters(text) {
  return [...text].length;
}

export class Composer {
  constructor(form, { limit, storage, submitted, stop }) {
    Object.assign(this, { form, limit, storage, submitted });
    this.input = form.querySelector("textarea");
    this.button = form.querySelector("[data-send]");
    this.stopButton = form.querySelector("[data-stop]");
    this.note = form.querySelector("[data-note]");
    this.threadId = null;
    this.blockedBecause = "";
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    form.addEventListener("submit", (event) => this.submit(event));
    this.stopButton.addEventListener("click", stop);
  }

  open(threadId) {
    this.threadId = threadId;
    this.write(this.keepTyped(this.storage.getItem(draftKey(threadId)) ?? ""));
  }

  // What was typed before this script was there stays, below the draft of an earlier visit.
  keepTyped(draft) {
    const typed = this.input.value;
    if (!typed || typed === draft) return draft;
    return draft ? `${draft}\n${typed}` : typed;
  }

  write(text) {
    this.input.value = text;
    this.typed();
  }

  typed() {
    const key = draftKey(this.threadId);
    if (this.input.value) this.storage.setItem(key, this.input.value);
    else this.storage.removeItem(key);
    this.grow();
    this.show();
  }

  grow() {
    this.input.style.setProperty("height", "auto");
    this.input.style.setProperty("height", `${Math.min(this.input.scrollHeight, 240)}px`);
  }

  // While an input method is composing, Enter belongs to it (keyCode 229 in older browsers).
  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  reason() {
    const count = countCharacters(this.input.value);
    if (count > this.limit) return `${(count - this.limit).toLocaleString("en-US")} characters too many: shorten the text to send it.`;
    return this.blockedBecause;
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || this.reason()) return;
    this.write("");
    this.submitted(text);
    this.input.focus();
  }

  block(reason) {
    this.blockedBecause = reason;
    this.show();
  }

  show() {
    const reason = this.reason();
    const count = countCharacters(this.input.value);
    const near = count > this.limit * counterFrom;
    const counter = `${count.toLocaleString("en-US")} of ${this.limit.toLocaleString("en-US")} characters`;
    this.button.disabled = Boolean(reason) || !this.input.value.trim();
    this.note.classList.toggle("error-text", Boolean(reason));
    setText(this.note, reason || (near ? counter : this.hint ?? ""));
  }

  showRun(run) {
    const stopping = Boolean(run?.cancel_requested);
    this.stopButton.hidden = !run;
    this.stopButton.disabled = stopping;
    setText(this.stopButton.querySelector("[data-label]"), stopping ? "Stopping…" : "Stop");
    this.hint = run && !stopping ? "A further question waits until this answer is done." : "";
    this.show();
  }
}
