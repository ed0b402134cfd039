// The page of all data sets: the list, live, and the ways to bring more.
import { createShell, readBoot } from "./data_shell.js";
import { nameBadges, stateBadge } from "./data_facts.js";
import { describeCost, describeSpan, formatBytes, hasRows, isImporting, shareRead } from "./data_words.js";
import { el, keyedList } from "./dom.js";
import { formatNumber } from "./format.js";
import { createImporter } from "./importer.js";
import { pageAddress } from "./importer_notes.js";

const find = (selector) => document.querySelector(selector);
const boot = readBoot();
const shell = createShell(boot, boot.datasets, {
  refresh: async ({ call, datasets }) => datasets.replaceAll((await call("GET", "datasets/")).datasets),
});
const importer = createImporter(shell, { target: () => null, finished: () => {} });

function cell(label, text, isNumber = true) {
  return el("span", { class: `data-cell${isNumber ? " number" : ""}` }, el("span", { class: "data-label", text: `${label} ` }), text);
}

function stateCell(dataset) {
  const bar = isImporting(dataset) ? el("progress", { max: "1", value: String(shareRead(dataset.import)), "aria-label": `Import of ${dataset.title}` }) : null;
  return el("span", { class: "data-cell data-state" }, stateBadge(dataset), bar);
}

function drawItem(item, dataset) {
  const link = item.querySelector("a") ?? el("a", { dir: "auto", href: pageAddress(dataset) });
  link.textContent = dataset.title;
  const name = el("span", { class: "data-name" }, link, ...nameBadges(dataset));
  const known = hasRows(dataset);
  const cells = [
    cell("Rows", known ? formatNumber(dataset.rows) : "–"), cell("Period", describeSpan(dataset), false),
    cell("Cost", describeCost(dataset.summary)), cell("Size", known ? formatBytes(dataset.bytes) : "–"), stateCell(dataset),
  ];
  const hadFocus = document.activeElement === link;
  item.replaceChildren(name, ...cells);
  if (hadFocus) link.focus();
}

function createItem() {
  const element = el("li", { class: "data-row" });
  let drawn = "";
  return {
    element,
    update(dataset) {
      const now = JSON.stringify(dataset);
      if (now !== drawn) drawItem(element, dataset);
      drawn = now;
    },
  };
}

const list = find("#data-sets ul");
list.replaceChildren();
const updateList = keyedList(list, (dataset) => dataset.id, createItem);

function draw() {
  const all = shell.datasets.all();
  updateList(all);
  find("#no-data").hidden = all.some((dataset) => !dataset.demo);
}

shell.datasets.listen(draw);
for (const button of document.querySelectorAll("[data-import]")) button.addEventListener("click", () => importer.open());
draw();
shell.start();
document.documentElement.dataset.ready = "true";
