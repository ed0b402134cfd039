// Figures of an answer, found again in its rendered text: each is marked in the Markdown by characters nobody writes.
import { renderMarkdown, withoutMarks } from "./markdown.js";

const firstMark = 0xe000;
const lastMark = 0xf8ff;
const around = new Set([" ", "\n", "\t", "*", "_", "~"]);

// Offsets come in code points, JavaScript counts in UTF-16 units.
export function unitOffsets(text) {
  const offsets = [];
  let unit = 0;
  for (const character of text) {
    offsets.push(unit);
    unit += character.length;
  }
  return [...offsets, unit];
}

// The emphasis round a figure stays outside its mark; a currency sign or an escape before it belongs inside.
function fitRange(text, start, end) {
  let from = start;
  let to = end;
  while (from < to && around.has(text[from])) from += 1;
  while (to > from && around.has(text[to - 1])) to -= 1;
  if (from < to && "$€£¥".includes(text[from - 1] ?? " ")) from -= 1;
  if (from < to && text[from - 1] === "\\") from -= 1;
  return [from, to];
}

// In order and apart; what cannot be a place in the text is left out.
export function rangesOf(text, figures) {
  const offsets = unitOffsets(text);
  const ranges = [];
  const ordered = figures.toSorted((one, other) => one.start - other.start);
  for (const figure of ordered) {
    const [start, end] = fitRange(text, offsets[figure.start] ?? Infinity, offsets[figure.end] ?? 0);
    if (start < end && start >= (ranges.at(-1)?.end ?? 0)) ranges.push({ figure, start, end });
  }
  return ranges;
}

function freeMarks(text, count) {
  const used = new Set(text);
  const marks = [];
  for (let code = firstMark; code <= lastMark && marks.length < count; code += 1) {
    const mark = String.fromCharCode(code);
    if (!used.has(mark)) marks.push(mark);
  }
  return marks;
}

// One mark for every beginning, one for all ends, so that each place is told from the others.
function putMarks(text, ranges) {
  const [end, ...begins] = freeMarks(text, ranges.length + 1);
  const marked = ranges.slice(0, begins.length);
  const pieces = marked.map((range, index) => {
    const before = text.slice(index === 0 ? 0 : marked[index - 1].end, range.start);
    return `${before}${begins[index]}${text.slice(range.start, range.end)}${end}`;
  });
  return { text: pieces.join("") + text.slice(marked.at(-1)?.end ?? 0), end, byMark: new Map(marked.map((range, index) => [begins[index], range])) };
}

function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

function dropMarks(root) {
  for (const node of textNodes(root)) {
    const plain = withoutMarks(node.data);
    if (plain !== node.data) node.data = plain;
  }
  root.normalize();
}

// A mark must not change what its Markdown means.
function readsTheSame(marked, plain) {
  const copy = marked.cloneNode(true);
  const other = plain.cloneNode(true);
  dropMarks(copy);
  dropMarks(other);
  return copy.isEqualNode(other);
}

function renderMarked(text, ranges) {
  const marks = putMarks(text, ranges);
  const root = document.createElement("div");
  renderMarkdown(root, marks.text);
  root.normalize();
  return { root, marks };
}

function renderUnchanged(text, ranges) {
  const plain = document.createElement("div");
  renderMarkdown(plain, text);
  const whole = renderMarked(text, ranges);
  if (readsTheSame(whole.root, plain)) return whole;
  const harmless = ranges.filter((range) => readsTheSame(renderMarked(text, [range]).root, plain));
  const rest = renderMarked(text, harmless);
  return readsTheSame(rest.root, plain) ? rest : renderMarked(text, []);
}

function splitAtMarks(node, { end, byMark }, draw) {
  const parts = [];
  let rest = 0;
  for (let at = 0; at < node.data.length; at += 1) {
    const range = byMark.get(node.data[at]);
    const close = range ? node.data.indexOf(end, at) : -1;
    if (close < 0) continue;
    parts.push(node.data.slice(rest, at), draw(range.figure, node.data.slice(at + 1, close), node.parentElement.closest("a") !== null));
    rest = close + 1;
    at = close;
  }
  return [...parts, node.data.slice(rest)];
}

/* Renders the text and puts `draw(figure, words, inLink)` in the place of each figure. Code stays as it was written,
   and so does a figure whose mark would change what the Markdown around it means. */
export function renderFigures(element, text, figures, draw) {
  const { root, marks } = renderUnchanged(text, rangesOf(text, figures));
  for (const node of textNodes(root)) {
    if (!node.parentElement.closest("code")) node.replaceWith(...splitAtMarks(node, marks, draw));
  }
  restoreText(root, marks);
  element.replaceChildren(...root.childNodes);
}

// Only the marks that were put in: the same characters in the answer's own text stay.
function restoreText(root, { end, byMark }) {
  for (const node of textNodes(root)) {
    const own = [...node.data].filter((character) => character !== end && !byMark.has(character)).join("");
    if (own !== node.data) node.data = own;
  }
}
