// The one sanitising renderer: Markdown to elements, while it streams and whole; never HTML, never remote images.
import * as smd from "../vendor/streaming-markdown/smd.js";
import { el } from "./dom.js";

const allowedProtocols = new Set(["http:", "https:", "mailto:"]);
const headings = [smd.HEADING_1, smd.HEADING_2, smd.HEADING_3, smd.HEADING_4, smd.HEADING_5, smd.HEADING_6];

// Parsed as the browser would, so tabs, entities and odd slashes cannot hide a scheme.
export function safeUrl(value) {
  if (!URL.canParse(value.trim(), document.baseURI)) return null;
  const url = new URL(value.trim(), document.baseURI);
  return allowedProtocols.has(url.protocol) && !url.username ? url : null;
}

// Characters for private use, by which figures.js marks places in a text.
export function withoutMarks(text) {
  return text.replace(/[\uE000-\uF8FF]/g, "");
}

function push(data, node) {
  data.nodes[data.index].append(node);
  data.index += 1;
  data.nodes[data.index] = node;
}

function addTable(data) {
  const table = el("table");
  data.nodes[data.index].append(el("div", { class: "scroll-box", tabindex: "0", role: "region", "aria-label": "Table" }, table));
  data.index += 1;
  data.nodes[data.index] = table;
}

// The answer sits below the page's own headings.
function headingTag(type) {
  return `h${Math.min(headings.indexOf(type) + 3, 6)}`;
}

function addToken(renderer, data, type) {
  if (type === smd.IMAGE) push(data, el("span", { class: "image-note", title: "Images are not loaded" }));
  else if (type === smd.EQUATION_BLOCK || type === smd.EQUATION_INLINE) push(data, el("code"));
  else if (type === smd.TABLE) addTable(data);
  else if (headings.includes(type)) push(data, el(headingTag(type)));
  else renderer.add_token(data, type);
}

function setLink(link, value) {
  const url = safeUrl(value);
  if (!url) return;
  link.setAttribute("href", url.href);
  if (url.origin !== location.origin) {
    link.setAttribute("rel", "noopener noreferrer nofollow");
    link.setAttribute("target", "_blank");
  }
}

function setAttribute(data, type, given) {
  const node = data.nodes[data.index];
  const value = withoutMarks(given);
  if (type === smd.HREF && node.tagName === "A") setLink(node, value);
  else if (type === smd.LANG && /^[\w+#.-]{1,30}$/.test(value)) node.setAttribute("data-language", value);
  else if (type === smd.START && /^\d{1,9}$/.test(value)) node.setAttribute("start", value);
  else if (type === smd.CHECKED) node.setAttribute("checked", "");
}

const looksLikeNumber = /^[-+−]?[$€£]?\d[\d.,\s]*(?:%|ms|s|[kMB])?$/;

function plainText(node) {
  return withoutMarks(node.textContent).trim();
}

// Markdown's own alignment is not parsed; figures are told by their looks.
function endToken(renderer, data) {
  const node = data.nodes[data.index];
  if (node.tagName === "TD" && looksLikeNumber.test(plainText(node))) node.classList.add("number");
  renderer.end_token(data);
}

function alignHeads(root) {
  for (const table of root.querySelectorAll("table")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    table.querySelectorAll("th").forEach((head, index) => {
      const cells = rows.map((row) => row.children[index]).filter((cell) => cell && plainText(cell).length > 1);
      head.classList.toggle("number", cells.length > 0 && cells.every((cell) => cell.classList.contains("number")));
      if (!head.classList.length) head.removeAttribute("class");
    });
  }
}

function safeRenderer(root) {
  const renderer = smd.default_renderer(root);
  return {
    ...renderer,
    add_token: (data, type) => addToken(renderer, data, type),
    end_token: (data) => endToken(renderer, data),
    set_attr: setAttribute,
  };
}

function parserInto(element) {
  return smd.parser(safeRenderer(element));
}

export function renderMarkdown(element, text) {
  element.replaceChildren();
  const parser = parserInto(element);
  smd.parser_write(parser, text);
  smd.parser_end(parser);
  alignHeads(element);
}

// Writes only what is new of a growing text; a text that does not continue the old one starts again.
function streamInto(element) {
  let parser = null;
  let shown = "";
  return function write(text) {
    if (!parser || !text.startsWith(shown)) {
      element.replaceChildren();
      parser = parserInto(element);
      shown = "";
    }
    if (text.length > shown.length) smd.parser_write(parser, text.slice(shown.length));
    shown = text;
  };
}

/* One text through its life. While it streams, the parser may hold back its last characters (they could open a
   link or a table); whole, everything is there. */
export function createMarkdown(element) {
  let write = null;
  let whole = null;
  return {
    stream(text) {
      write ??= streamInto(element);
      whole = null;
      write(text);
    },
    showWhole(text) {
      if (whole !== text) renderMarkdown(element, text);
      whole = text;
      write = null;
    },
  };
}
