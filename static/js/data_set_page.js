// The page of one data set: drawn again whenever an import of it has moved.
import { createTitle, drawActions, drawDelete } from "./data_actions.js";
import { drawModels, drawSummary } from "./data_facts.js";
import { drawRejects, drawRows } from "./data_rows.js";
import { createShell, readBoot } from "./data_shell.js";
import { drawSpend } from "./data_spend.js";
import { hasRows, isImporting } from "./data_words.js";
import { createImporter } from "./importer.js";
import { createImportPanel } from "./importer_panel.js";

const find = (selector) => document.querySelector(selector);
const boot = readBoot();
const id = boot.dataset.id;
const shell = createShell(boot, [boot.dataset], {
  refresh: async ({ call, datasets }) => datasets.put(await call("GET", `datasets/${id}/`)),
});
const { call, datasets, attempt } = shell;
const importer = createImporter(shell, { target: () => (datasets.get(id)?.demo ? null : datasets.get(id)), finished: () => {} });
const read = (part) => (query = "") => call("GET", `datasets/${id}/${part}/${query}`);

const drawTitle = createTitle(find("#data-title"), {
  rename: (title) => attempt(async () => datasets.put(await call("PATCH", `datasets/${id}/`, { title }))),
});
const drawPanel = createImportPanel(find("#data-import"), {
  cancel: () => attempt(async () => datasets.put(await call("POST", `datasets/${id}/cancel/`))),
  retry: () => attempt(async () => datasets.put(await call("POST", `datasets/${id}/retry/`))),
  remap: () => importer.openMapping(datasets.get(id)),
  append: () => importer.open(),
});

function remove() {
  return attempt(async () => {
    await call("DELETE", `datasets/${id}/`);
    location.assign(boot.urls.data);
  });
}

// One part that cannot be read leaves the others as they are.
async function drawContents(dataset) {
  if (hasRows(dataset)) {
    await attempt(async () => drawSpend(find("#data-spend"), (await read("spend")()).blocks));
    await attempt(() => drawRows(find("#data-rows"), read("rows")));
  }
  if (dataset.import) await attempt(() => drawRejects(find("#data-rejects"), read("rejects"), `${boot.urls.api}datasets/${id}/rejects/?download`));
}

function draw(dataset) {
  drawTitle(dataset);
  drawActions(find("#data-actions"), dataset, { append: () => importer.open() });
  drawPanel(dataset);
  drawSummary(find("#data-facts"), dataset);
  drawModels(find("#data-models"), dataset);
  drawDelete(find("#data-delete"), () => datasets.get(id), remove);
}

datasets.listen((dataset, known) => {
  if (!dataset) {
    location.assign(boot.urls.data);
    return;
  }
  if (dataset.id !== id) return;
  draw(dataset);
  if (dataset.version !== known?.version || (isImporting(known) && !isImporting(dataset))) drawContents(dataset);
});
draw(boot.dataset);
drawContents(boot.dataset);
shell.start();
document.documentElement.dataset.ready = "true";
