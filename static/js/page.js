// The chat page: wires state, connection and outbox to the parts that draw them.
import { announceEvent, createAnnouncer, createToasts } from "./announce.js";
import { ApiError, createApi } from "./api.js";
import { Delivery } from "./commands.js";
import { Composer } from "./composer.js";
import { createConnectionStatus } from "./connection_status.js";
import { importOf } from "./data_feed.js";
import { DataSets } from "./data_store.js";
import { ImportWatch } from "./data_watch.js";
import { DatasetChoice } from "./dataset.js";
import { createDrawer } from "./drawer.js";
import { createImporter } from "./importer.js";
import { tellEnds } from "./importer_notes.js";
import { createPasteOffer } from "./importer_paste.js";
import { Outbox } from "./outbox.js";
import { createFollower, createTabSign, scheduleDraw } from "./render.js";
import { tickElapsed } from "./runpanel.js";
import { hasFindings } from "./runview.js";
import { Connection } from "./socket.js";
import { applyFrame, loadSnapshot, openThread } from "./store.js";
import { createOlderThreads, createThreadList } from "./threads.js";
import { createTimeline } from "./timeline.js";
import { activeRun } from "./turns.js";

const find = (selector) => document.querySelector(selector);
const boot = JSON.parse(find("#boot").textContent);
const call = createApi(boot.urls.api);
const announce = createAnnouncer(find("#announcer"));
const toast = createToasts(find("#toasts"), announce);
const follower = createFollower(find("#scroll"), find("#jump"), () => find("#timeline").children.length > 0);
const showTabSign = createTabSign(find("#favicon"));
const drawer = createDrawer(find("#sidebar"), find("#open-sidebar"), find("#scrim"));
const requestDraw = scheduleDraw(() => follower.around(draw));

let state = loadSnapshot(boot.snapshot);

const outbox = new Outbox(sessionStorage, requestDraw);
const threadUrl = (id) => `${boot.urls.threads}${id}/`;
const drawThreads = createThreadList(find("#threads"), threadUrl);
const olderThreads = createOlderThreads(find("#older"), call, requestDraw);

const page = {
  position: () => ({ cursor: state.cursor, epoch: state.epoch }),
  watched: () => state.thread_id,
  applyFrame(frame) {
    const next = applyFrame(state, frame);
    if (next === null) return false;
    const cursor = state.cursor;
    state = next;
    const fresh = frame.events.filter((event) => cursor === null || event.seq > cursor);
    for (const event of fresh) announceEvent(event, state.thread_id, { announce, toast });
    for (const dataset of fresh.map(importOf).filter(Boolean)) known.put(dataset);
    requestDraw();
    return true;
  },
  changed: (connectionState) => showConnection(connectionState),
  ready(frame) {
    state = { ...state, epoch: frame.epoch, cursor: state.cursor ?? frame.head };
    delivery.deliverAll();
  },
  answered: (frame) => {
    // Between a resync and the next hello the server may not know what an ack or a watch is about.
    if (frame.type === "error" && !frame.client_id && frame.code !== "hello_required") toast(frame.message, "error");
    delivery.takeAnswer(frame);
    requestDraw();
  },
  resync: () => tryCall(async () => {
    const query = state.thread_id ? `?thread=${state.thread_id}` : "";
    state = loadSnapshot(await call("GET", `snapshot/${query}`));
    watch.readOpen();
    requestDraw();
  }),
};

const socketUrl = new URL(boot.urls.socket, location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(socketUrl.href, page);
const delivery = new Delivery({ outbox, call, connection, opened: showNewThread, refused: tellRefusal });
const showConnection = createConnectionStatus({
  pill: find("#connection"), banner: find("#banner"), announce, reconnectNow: () => connection.reconnectNow(),
});

const composer = new Composer(find("#composer"), { limit: boot.limits.text_characters, storage: localStorage, submitted: sendTyped, stop });
const known = new DataSets(boot.data?.datasets ?? []);
const watch = new ImportWatch({ datasets: known, call, isLive: () => connection.isLive });
const datasets = new DatasetChoice(find("#dataset"), {
  call, known, demoAvailable: boot.demo?.available ?? false, bring: () => importer.open(),
  chosen: (dataset) => announce(dataset ? `Data chosen: ${dataset.title}.` : "No data chosen."),
  failed: (message) => toast(message, "error"),
});
const shell = { boot: { urls: boot.urls, limits: boot.data?.limits }, call, toast, datasets: known, attempt: tryCall, began: (dataset) => datasets.expect(dataset) };
const importer = createImporter(shell, { target: () => null, finished: () => {}, choose: focusQuestion });
createPasteOffer(find("#paste-offer"), composer, { accepted: (text) => importer.open({ text }), announce });
tellEnds(known, toast, (id) => shell.shownInDialog() === id);
const drawTimeline = createTimeline(find("#timeline"), { agents: boot.agents, actions: { ask, copyText, retryRun, resend, takeBack } });

// Tells the reader what went wrong; answers whether it worked.
async function tryCall(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!error.isPassing) toast(error.message, "error");
    return false;
  }
}

function send(text) {
  const dataset_id = state.thread_id ? null : datasets.dataset?.id ?? null;
  const entry = outbox.add({ kind: "send", thread_id: state.thread_id, dataset_id, text });
  follower.follow();
  announce("Question sent.");
  delivery.deliver(entry.client_id);
}

// What is asked while its data is being chosen is asked about that data: until then it stays in the box.
function sendTyped(text) {
  if (!datasets.choosing) {
    send(text);
    return;
  }
  composer.write(text);
  datasets.choosing.then((chosen) => chosen && composer.input.value.trim() === text && composer.form.requestSubmit());
}

// A question the page offers goes the way of a typed one; what is being typed stays in the box.
function ask(text) {
  send(text);
  composer.input.focus();
}

// A refused question says so where it stands; everything else needs a note of its own.
function tellRefusal(entry, message) {
  if (entry.kind === "send") announce(message);
  else toast(message, "error");
}

function stop() {
  const run = activeRun(state);
  if (!run || outbox.entries.some((entry) => entry.run_id === run.id && entry.kind === "cancel")) return;
  const entry = outbox.add({ kind: "cancel", run_id: run.id });
  composer.input.focus();
  announce("Stopping.");
  delivery.deliver(entry.client_id);
}

function retryRun(runId) {
  if (outbox.entries.some((entry) => entry.run_id === runId && entry.kind === "retry")) return;
  follower.follow();
  delivery.deliver(outbox.add({ kind: "retry", run_id: runId }).client_id);
}

function resend(clientId) {
  outbox.update(clientId, { error: null });
  delivery.deliver(clientId);
}

function takeBack(clientId) {
  composer.write(outbox.find(clientId).text);
  outbox.remove(clientId);
  composer.input.focus();
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied.");
  } catch (error) {
    toast(`The browser did not allow copying (${error.name}). Select the text and copy it by hand.`, "error");
  }
}

function showNewThread(thread, entry) {
  if (state.thread_id !== null) return;
  state = openThread({ ...state, threads: { ...state.threads, [thread.id]: state.threads[thread.id] ?? thread } }, thread.id);
  history.replaceState(null, "", threadUrl(thread.id));
  const draft = composer.input.value;
  composer.write("");
  composer.threadId = thread.id;
  composer.write(draft);
  datasets.threadId = thread.id;
  connection.watch();
  requestDraw();
  announce(entry.dataset_id ? "The chat is created with its data." : "The chat is created.");
}

function focusQuestion(_dataset, close) {
  close();
  composer.input.focus();
}

// "Ask about this data" elsewhere opens a new chat with the data's id in the address; it is taken out of it here.
function takeChosenData() {
  const wanted = new URL(location.href).searchParams.get("data");
  if (wanted === null || state.thread_id !== null) return boot.data?.dataset ?? null;
  history.replaceState(null, "", location.pathname);
  const dataset = known.get(wanted);
  if (!dataset) toast("This data is not there any more.", "error");
  return dataset;
}

function stoppingRun(run) {
  const asked = run && outbox.entries.some((entry) => entry.kind === "cancel" && entry.run_id === run.id);
  return asked ? { ...run, cancel_requested: true } : run;
}

let drawnRun = null;

function stayAtAnswer(run) {
  const ended = drawnRun !== run?.id ? state.runs[drawnRun] : null;
  if (ended && hasFindings(ended.findings)) follower.stay();
  drawnRun = run?.id ?? null;
}

function draw() {
  delivery.forgetShown(state);
  const run = stoppingRun(activeRun(state));
  stayAtAnswer(run);
  const title = state.threads[state.thread_id]?.title ?? "";
  const isCreating = state.thread_id === null && outbox.waiting().some((entry) => entry.kind === "send" && entry.thread_id === null);
  drawTimeline(state, outbox.entries);
  drawThreads(state, olderThreads.older);
  composer.block(isCreating ? "The chat is being created…" : "");
  composer.showRun(run);
  find("#thread-title").textContent = title || "New chat";
  find("#welcome").hidden = find("#timeline").children.length > 0;
  showTabSign(title, run);
  tickElapsed(find("#timeline"));
}

function listen() {
  for (const button of document.querySelectorAll("[data-question]")) {
    button.addEventListener("click", () => {
      composer.write(button.dataset.question);
      composer.input.focus();
    });
  }
  find("#older").addEventListener("click", () => tryCall(olderThreads.readMore));
  setInterval(() => tickElapsed(find("#timeline")), 1_000);
}

composer.open(state.thread_id);
datasets.open(state.thread_id, takeChosenData());
follower.around(draw);
listen();
connection.start();
delivery.start();
watch.start();
drawer.start();
if (matchMedia("(min-width: 800px)").matches) composer.input.focus();
document.documentElement.dataset.ready = "true";
