// The first step: choose a file, drop one, or paste a table.
import { formatBytes } from "./data_words.js";
import { el } from "./dom.js";
import { button } from "./importer_frame.js";

export function drawPick({ title, limit, picked, pasted, close }) {
  const input = el("input", { type: "file", class: "sr-only" });
  input.addEventListener("change", () => input.files.length && picked([...input.files]));
  const choose = el("label", { class: "primary button file-button" }, "Choose a file", input);
  const area = el("div", { class: "drop-area" },
    el("p", { class: "drop-words", text: "Drop a file here, or anywhere on the page" }), choose,
    el("p", { class: "quiet-text", text: `CSV, TSV, JSON or JSONL, also as .gz or .zip, up to ${formatBytes(limit)}` }));
  const text = el("textarea", { id: "importer-paste", rows: "6", spellcheck: "false", placeholder: "time,model,input_tokens,output_tokens" });
  const go = button("Look at what I pasted", () => pasted(text.value), "secondary");
  go.disabled = true;
  text.addEventListener("input", () => { go.disabled = !text.value.trim(); });
  const paste = el("div", { class: "paste-area" }, el("label", { for: "importer-paste", text: "Or paste a table or JSON" }), text);
  return { title, body: [area, paste], buttons: [go, button("Cancel", close, "quiet")], focus: input };
}
