// Questions to go on with, under the newest answer of the thread only.
import { el } from "./dom.js";

export function createQuestions(ask) {
  const list = el("ul", {});
  const element = el("div", { class: "next-questions", role: "group", "aria-label": "Questions to go on with" }, list);
  let shown = null;

  function drawQuestion(text) {
    const button = el("button", { type: "button", class: "next-question", text, dir: "auto" });
    button.addEventListener("click", () => ask(text));
    return el("li", {}, button);
  }

  return {
    element,
    update(questions, { isNewest, isBusy }) {
      element.hidden = !isNewest || questions.length === 0;
      const now = JSON.stringify(questions);
      if (now !== shown) list.replaceChildren(...questions.map(drawQuestion));
      shown = now;
      for (const button of list.querySelectorAll("button")) button.disabled = isBusy;
    },
  };
}
