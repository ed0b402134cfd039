// The socket on a data page: the news of imports, and the ends of runs, from the moment the page connects.
import { Connection } from "./socket.js";

const importEvents = new Set(["import_progressed", "import_finished"]);

export function importOf(event) {
  return importEvents.has(event.type) ? event.data.dataset ?? null : null;
}

/* `heard(event)` gets each import event once, `ended(event)` each end of a run: what this page acknowledges it has to
   tell. `missed()` is called whenever events may have been missed. */
export function createFeed(url, { heard, ended, missed, changed, ConnectionClass = Connection }) {
  let position = { cursor: null, epoch: null };
  const page = {
    position: () => position,
    watched: () => null,
    changed,
    applyFrame(frame) {
      const { cursor } = position;
      if (cursor !== null && frame.prev > cursor) return false;
      for (const event of frame.events) {
        if (cursor !== null && event.seq <= cursor) continue;
        if (importOf(event)) heard(event);
        if (event.terminal) ended(event);
      }
      position = { ...position, cursor: Math.max(cursor ?? 0, frame.to) };
      return true;
    },
    ready(frame) {
      const isFirst = position.cursor === null;
      position = { epoch: frame.epoch, cursor: position.cursor ?? frame.head };
      if (isFirst) missed();
    },
    answered() {},
    async resync() {
      position = { cursor: null, epoch: null };
      return true;
    },
  };
  return new ConnectionClass(url, page);
}
