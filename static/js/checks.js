// What the check of an answer's figures found: each figure leads to its rows or to the doubt about it.
import { el } from "./dom.js";
import { bringIntoView } from "./render.js";

const doubts = {
  mismatch: "differs from its source",
  unsourced: "has no source in your rows",
  unchecked: "could not be checked",
};
let made = 0;

export function isConfirmed(figure) {
  return figure.status === "verified";
}

function doubtOf(figure) {
  const doubt = doubts[figure.status] ?? doubts.unchecked;
  return figure.note ? `${doubt}: ${figure.note}` : doubt;
}

function linkTo(id, attributes, follow) {
  const link = el("a", { href: `#${encodeURIComponent(id)}`, ...attributes });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    follow(link);
  });
  return link;
}

// A figure with its result on the page leads there; without it the title still says where it is from.
function drawConfirmed({ source }, words, { inLink, hasCall, openCall }) {
  const title = source ? `${source.call_id ? "Computed" : "From"}: ${source.title}` : "Checked against your rows";
  if (inLink || !hasCall(source?.call_id)) return el("span", { class: "figure verified", title, text: words });
  const attributes = { class: "figure verified", title: `${title}. Show its rows.`, text: words };
  return linkTo(source.call_id, attributes, (link) => openCall(source.call_id, link));
}

function drawDoubtful(figure, words, { inLink, openNote, noteId }) {
  const attributes = { class: `figure doubtful ${figure.status}`, title: `This figure ${doubtOf(figure)}` };
  if (inLink) return el("span", { ...attributes, text: words });
  return linkTo(noteId, { ...attributes, "aria-label": `${words}, not confirmed: ${doubtOf(figure)}`, text: words }, openNote);
}

function confirmedWord(count) {
  return `${count} ${count === 1 ? "figure" : "figures"} checked against your rows`;
}

export function describeChecks(figures) {
  const confirmed = figures.filter(isConfirmed).length;
  const doubtful = figures.length - confirmed;
  if (!doubtful) return confirmed ? `${confirmedWord(confirmed)}.` : "";
  if (!confirmed) return `${doubtful} ${doubtful === 1 ? "figure" : "figures"} could not be confirmed.`;
  return `${confirmedWord(confirmed)}; ${doubtful} could not be confirmed.`;
}

function drawNote(figure, words, { id, mark, hasCall, openCall }) {
  const name = mark ? linkTo(id, { text: words, title: "Back to the figure in the answer" }, () => bringIntoView(mark)) : el("strong", { text: words });
  const note = el("li", { tabindex: "-1" }, name, ` ${doubtOf(figure)}. `);
  if (!hasCall(figure.source?.call_id)) return note;
  const open = el("button", { type: "button", class: "quiet", text: "Show the result" });
  open.addEventListener("click", () => openCall(figure.source.call_id, open));
  note.append(open);
  return note;
}

function drawSummary(text, notes) {
  if (!notes.length) return el("p", { class: "checks", text });
  return el("details", { class: "checks doubtful" }, el("summary", { text }), el("ul", {}, ...notes));
}

/* The marks of one answer and the line under it. `draw` is given to the renderer; `finish` builds the line when every
   figure that could be marked is. Figures come with `words`, as they stand in the answer's text. */
export function createChecks(figures, { hasCall, openCall }) {
  const prefix = `check-${(made += 1)}`;
  const marks = new Map();
  const notes = new Map();
  const idOf = (figure) => `${prefix}-${figures.indexOf(figure)}`;

  function openNote(figure) {
    const note = notes.get(figure);
    note.closest("details").open = true;
    bringIntoView(note);
  }

  function draw(figure, words, inLink) {
    const context = { inLink, hasCall, openCall, openNote: () => openNote(figure), noteId: `${idOf(figure)}-note` };
    const mark = isConfirmed(figure) ? drawConfirmed(figure, words, context) : drawDoubtful(figure, words, context);
    mark.id = idOf(figure);
    marks.set(figure, mark);
    return mark;
  }

  function finish(wordsOf) {
    for (const figure of figures.filter((one) => !isConfirmed(one))) {
      const mark = marks.get(figure);
      const focusable = mark?.tagName === "A" ? mark : null;
      const note = drawNote(figure, wordsOf(figure), { id: idOf(figure), mark: focusable, hasCall, openCall });
      note.id = `${idOf(figure)}-note`;
      notes.set(figure, note);
    }
    return drawSummary(describeChecks(figures), [...notes.values()]);
  }

  return { draw, finish };
}
