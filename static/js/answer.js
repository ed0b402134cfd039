// The answer of a run: streamed as it is written, then whole, with its figures marked by what their check found.
import { createChecks } from "./checks.js";
import { el } from "./dom.js";
import { renderFigures, unitOffsets } from "./figures.js";
import { createMarkdown } from "./markdown.js";

function wordsIn(text) {
  const offsets = unitOffsets(text);
  return (figure) => text.slice(offsets[figure.start] ?? 0, offsets[figure.end] ?? 0).replaceAll(/[*_~\\]/g, "").trim();
}

function createMarked(element, line, steps) {
  let shown = null;
  let last = null;
  return {
    show(text, figures) {
      if (figures === last) return;
      last = figures;
      const now = JSON.stringify([text, figures]);
      if (now === shown) return;
      shown = now;
      const checks = createChecks(figures, steps);
      renderFigures(element, text, figures, checks.draw);
      line.replaceChildren(checks.finish(wordsIn(text)));
    },
  };
}

// `steps` knows the run's calls: `hasCall(id)`, `openCall(id, from)`.
export function createAnswer(steps) {
  const element = el("div", { class: "markdown answer", dir: "auto" });
  const line = el("div", { class: "answer-checks" });
  const plain = createMarkdown(element);
  const marked = createMarked(element, line, steps);

  function show(whole, streamed, figures) {
    if (whole === null) plain.stream(streamed?.text ?? "");
    else if (figures.length) marked.show(whole, figures);
    else plain.showWhole(whole);
  }

  return {
    element,
    line,
    update({ view, answer }, streamed, isLive) {
      const whole = answer?.text ?? view.written ?? (isLive ? null : streamed?.text ?? "");
      const { figures } = view.findings;
      show(whole, streamed, figures);
      element.hidden = whole === null ? !streamed : whole === "";
      element.classList.toggle("streaming", whole === null && Boolean(streamed));
      line.hidden = !figures.length;
    },
  };
}
