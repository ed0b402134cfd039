// Delivers the outbox: over the socket while it lives, else over REST with the same client_id, until answered.
import { ApiError } from "./api.js";

const retryMilliseconds = 4_000;
const passingCodes = new Set(["server_error", "database_unavailable"]);
const wantedAnyway = { cancel: "run_already_finished" };

const restCalls = {
  send: (entry) => ["POST", `threads/${entry.thread_id}/messages/`, { text: entry.text, client_id: entry.client_id }],
  cancel: (entry) => ["POST", `runs/${entry.run_id}/cancel/`, { client_id: entry.client_id }],
  retry: (entry) => ["POST", `runs/${entry.run_id}/retry/`, { client_id: entry.client_id }],
};

const socketCommands = {
  send: (entry) => ({ command: "send_message", client_id: entry.client_id, thread_id: entry.thread_id, text: entry.text }),
  cancel: (entry) => ({ command: "cancel_run", client_id: entry.client_id, run_id: entry.run_id }),
};

export class Delivery {
  constructor({ outbox, call, connection, opened, refused }) {
    Object.assign(this, { outbox, call, connection, opened, refused });
    this.busy = new Set();
  }

  start() {
    setInterval(() => this.deliverAll(), retryMilliseconds);
  }

  deliverAll() {
    for (const entry of this.outbox.waiting()) this.deliver(entry.client_id);
  }

  async deliver(clientId) {
    const entry = this.outbox.find(clientId);
    if (!entry || this.busy.has(clientId)) return;
    if (this.sendOverSocket(entry)) return;
    this.busy.add(clientId);
    try {
      await this.deliverOverRest(entry);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fail(clientId, error);
    } finally {
      this.busy.delete(clientId);
    }
  }

  // A new chat, its data, and a command the socket does not know always go over REST.
  sendOverSocket(entry) {
    const command = socketCommands[entry.kind];
    if (!command || entry.thread_id === null || entry.dataset_id || !this.connection.isLive) return false;
    return this.connection.send(command(entry));
  }

  async deliverOverRest(entry) {
    if (entry.thread_id === null) await this.createThread(entry);
    if (entry.dataset_id) await this.chooseData(entry.client_id);
    const ready = this.outbox.find(entry.client_id);
    if (this.sendOverSocket(ready)) return;
    const result = await this.call(...restCalls[ready.kind](ready));
    this.settle(ready.client_id, result);
  }

  async createThread(entry) {
    const thread = await this.call("POST", "threads/", {});
    this.outbox.update(entry.client_id, { thread_id: thread.id });
    this.opened(thread, entry);
  }

  async chooseData(clientId) {
    const { thread_id, dataset_id } = this.outbox.find(clientId);
    await this.call("PUT", `threads/${thread_id}/dataset/`, { dataset_id });
    this.outbox.update(clientId, { dataset_id: null });
  }

  takeAnswer(frame) {
    if (frame.type === "result") this.settle(frame.client_id, frame.result);
    else if (frame.client_id) this.fail(frame.client_id, { ...frame, isPassing: passingCodes.has(frame.code) });
  }

  settle(clientId, result) {
    const entry = this.outbox.find(clientId);
    if (entry?.kind === "send" && result?.message) this.outbox.update(clientId, { message_id: result.message.id });
    else this.outbox.remove(clientId);
  }

  fail(clientId, { isPassing, code, message }) {
    const entry = this.outbox.find(clientId);
    if (!entry || isPassing) return;
    if (entry.kind === "send") this.outbox.update(clientId, { error: message });
    else this.outbox.remove(clientId);
    if (code !== wantedAnyway[entry.kind]) this.refused(entry, message);
  }

  // The server has it and the page shows it (or shows another thread): nothing is left to do for it.
  forgetShown(state) {
    for (const entry of this.outbox.entries) {
      const elsewhere = entry.thread_id !== state.thread_id;
      if (entry.message_id && (elsewhere || state.messages[entry.message_id])) this.outbox.remove(entry.client_id);
    }
  }
}
