// The data sets a page knows: put by answers and events in any order, the newest truth kept.

const rank = { queued: 0, running: 1, needs_mapping: 2, finished: 3, failed: 3, cancelled: 3 };

// Times as the server writes them end in +00:00 and may lack microseconds, so they are compared as times.
function began(current) {
  return new Date(current.created_at).getTime();
}

// An answer may arrive after the event that came later: an import never goes back unless it was begun again.
export function isNewer(known, given) {
  if (!known || !known.import || !given.import) return (given.version ?? 0) >= (known?.version ?? 0);
  const [before, after] = [known.import, given.import];
  if (began(after) !== began(before)) return began(after) > began(before);
  if (rank[after.status] !== rank[before.status]) return rank[after.status] > rank[before.status];
  return after.bytes_read >= before.bytes_read && (given.version ?? 0) >= (known.version ?? 0);
}

export class DataSets {
  constructor(datasets = []) {
    this.byId = new Map(datasets.map((dataset) => [dataset.id, dataset]));
    this.listeners = new Set();
  }

  get(id) {
    return this.byId.get(id) ?? null;
  }

  all() {
    return [...this.byId.values()].sort((one, other) => Number(one.demo) - Number(other.demo) || (other.created_at ?? "").localeCompare(one.created_at ?? ""));
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  put(dataset) {
    const known = this.get(dataset.id);
    if (known && !isNewer(known, dataset)) return;
    this.byId.set(dataset.id, dataset);
    for (const listener of this.listeners) listener(dataset, known);
  }

  // The server's list is the truth about what there is; what is gone from it was deleted.
  replaceAll(datasets) {
    const ids = new Set(datasets.map((dataset) => dataset.id));
    for (const id of [...this.byId.keys()]) if (!ids.has(id)) this.remove(id);
    for (const dataset of datasets) this.put(dataset);
  }

  remove(id) {
    const known = this.get(id);
    if (!known || !this.byId.delete(id)) return;
    for (const listener of this.listeners) listener(null, known);
  }
}
