// A table pasted into the question: it may be meant as data, so importing it is offered, and nothing is done unasked.
import { el } from "./dom.js";
import { button } from "./importer_frame.js";
import { countLines, looksLikeData } from "./importer_words.js";

export function createPasteOffer(root, composer, { accepted, announce }) {
  let offered = null;

  function hide() {
    offered = null;
    root.hidden = true;
    root.replaceChildren();
  }

  function accept() {
    const { text, before } = offered;
    hide();
    composer.write(before);
    accepted(text);
  }

  function keep() {
    hide();
    composer.input.focus();
  }

  function offer(text, before) {
    offered = { text, before };
    const words = `This looks like a table or JSON with ${countLines(text)} lines.`;
    root.replaceChildren(el("span", { text: words }), button("Import this as data", accept, "chip accent"), button("Keep it as text", keep, "quiet"));
    root.hidden = false;
    announce(`${words} You can import it as data.`);
  }

  composer.input.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (looksLikeData(text)) offer(text, composer.input.value);
  });
  composer.input.addEventListener("input", () => composer.input.value || hide());
  composer.form.addEventListener("submit", hide);
}
