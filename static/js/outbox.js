// Commands the server has not answered yet, kept in this tab's storage so that a reload loses none of them.

const storageKey = "netra.outbox";

function readStored(storage) {
  try {
    const entries = JSON.parse(storage.getItem(storageKey) ?? "[]");
    return Array.isArray(entries) ? entries : [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}

// crypto.randomUUID exists on secure origins only; a host reached over plain HTTP needs this.
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class Outbox {
  constructor(storage, changed) {
    Object.assign(this, { storage, changed, entries: readStored(storage) });
  }

  save(entries) {
    this.entries = entries;
    this.storage.setItem(storageKey, JSON.stringify(entries));
    this.changed();
  }

  add(entry) {
    const added = { ...entry, client_id: newClientId(), created_at: new Date().toISOString(), error: null };
    this.save([...this.entries, added]);
    return added;
  }

  find(clientId) {
    return this.entries.find((entry) => entry.client_id === clientId) ?? null;
  }

  update(clientId, change) {
    this.save(this.entries.map((entry) => (entry.client_id === clientId ? { ...entry, ...change } : entry)));
  }

  remove(clientId) {
    if (this.find(clientId)) this.save(this.entries.filter((entry) => entry.client_id !== clientId));
  }

  waiting() {
    return this.entries.filter((entry) => !entry.error && !entry.message_id);
  }
}
