// What both data pages share: calls, notes, the connection, the data sets and the import dialog.
import { createAnnouncer, createToasts, tellEndOfRun } from "./announce.js";
import { ApiError, createApi } from "./api.js";
import { createConnectionStatus } from "./connection_status.js";
import { createFeed, importOf } from "./data_feed.js";
import { DataSets } from "./data_store.js";
import { ImportWatch } from "./data_watch.js";
import { tellEnds } from "./importer_notes.js";

const find = (selector) => document.querySelector(selector);

export function readBoot() {
  return JSON.parse(find("#boot").textContent);
}

function socketAddress(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export function createShell(boot, known, { refresh }) {
  const call = createApi(boot.urls.api);
  const announce = createAnnouncer(find("#announcer"));
  const toast = createToasts(find("#toasts"), announce);
  const datasets = new DataSets(known);
  const shell = { boot, call, announce, toast, datasets, shownInDialog: () => null };

  // Tells the reader what went wrong; answers whether it worked.
  shell.attempt = async (action) => {
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, "error");
      return false;
    }
  };
  // What only keeps the page current is asked for again by the next news; nobody is told of a failure.
  shell.refresh = async () => {
    try {
      await refresh(shell);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  };

  tellEnds(datasets, toast, (id) => shell.shownInDialog() === id);
  const feed = createFeed(socketAddress(boot.urls.socket), {
    heard: (event) => datasets.put(importOf(event)),
    ended: (event) => tellEndOfRun(event, toast, boot.urls.threads),
    missed: shell.refresh,
    changed: (state) => showConnection(state),
  });
  const showConnection = createConnectionStatus({
    pill: find("#connection"), banner: find("#banner"), announce, reconnectNow: () => feed.reconnectNow(),
  });
  const watch = new ImportWatch({ datasets, call, isLive: () => feed.isLive });
  shell.start = () => {
    feed.start();
    watch.start();
  };
  return shell;
}
