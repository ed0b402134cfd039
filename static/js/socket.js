// The connection: says hello with the page's cursor, hands on frames in order, acknowledges, reconnects.

const endedCodes = new Set([4401, 4403]);
const ackEvery = 100;
const times = { ack: 1_000, heartbeat: 25_000, answer: 5_000, quickPhase: 10_000, quickDelay: 2_000, slowDelay: 10_000 };

export function reconnectDelay(millisecondsDown, random = Math.random) {
  return random() * (millisecondsDown < times.quickPhase ? times.quickDelay : times.slowDelay);
}

/* `page` gives position() -> {cursor, epoch}, applyFrame(frame) -> bool, watched() -> thread id or null, and takes
   changed(state), ready(frame), answered(frame) and resync(reason) -> promise. */
export class Connection {
  constructor(url, page, WebSocketClass = WebSocket) {
    Object.assign(this, { url, page, WebSocketClass });
    this.state = { name: "connecting" };
    this.acknowledged = 0;
    this.downSince = Date.now();
    this.isGreeting = false;
    this.isResyncing = false;
    this.timers = {};
  }

  start() {
    setInterval(() => this.acknowledge(), times.ack);
    addEventListener("online", () => this.probe());
    addEventListener("offline", () => this.probe());
    document.addEventListener("visibilitychange", () => document.hidden || this.probe());
    this.open();
  }

  get isLive() {
    return this.state.name === "live";
  }

  change(state) {
    this.state = state;
    this.page.changed(state);
  }

  open() {
    clearTimeout(this.timers.reconnect);
    this.change({ name: "connecting" });
    const socket = new this.WebSocketClass(this.url);
    this.socket = socket;
    socket.onopen = () => this.greet();
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = (closed) => this.lose(closed.code);
    this.timers.answer = setTimeout(() => this.abandon(), times.answer * 2);
  }

  send(command) {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  greet() {
    this.isGreeting = true;
    this.send({ command: "hello", v: 1, ...this.page.position() });
  }

  receive(frame) {
    clearTimeout(this.timers.answer);
    this.timers.answer = null;
    if (frame.type === "events") this.takeEvents(frame);
    else if (frame.type === "ready") this.takeReady(frame);
    else if (frame.type === "resync") this.resync(frame.reason);
    else if (frame.type === "result" || frame.type === "error") this.page.answered(frame);
  }

  takeReady(frame) {
    this.isGreeting = false;
    this.downSince = null;
    const { epoch } = this.page.position();
    if (epoch !== null && frame.epoch !== epoch) {
      this.resync("epoch");
      return;
    }
    this.watch();
    this.beat();
    this.change({ name: "live" });
    this.page.ready(frame);
  }

  // A frame that does not continue the state means something was missed: ask again from the cursor, once.
  takeEvents(frame) {
    if (!this.page.applyFrame(frame)) {
      if (!this.isGreeting && !this.isResyncing) this.greet();
      return;
    }
    if (this.page.position().cursor - this.acknowledged >= ackEvery) this.acknowledge();
  }

  async resync(reason) {
    if (this.isResyncing) return;
    this.isResyncing = true;
    const loaded = await this.page.resync(reason);
    this.isResyncing = false;
    if (!loaded) {
      this.abandon();
      return;
    }
    this.acknowledged = 0;
    this.greet();
  }

  // Each connection says once how far the page is, a snapshot's events included: the last ack may have been lost.
  acknowledge() {
    const { cursor } = this.page.position();
    if (!this.isLive || cursor === null || cursor <= this.acknowledged) return;
    if (this.send({ command: "ack", seq: cursor })) this.acknowledged = cursor;
  }

  watch() {
    this.send({ command: "watch", thread_id: this.page.watched() });
  }

  beat() {
    clearInterval(this.timers.heartbeat);
    this.timers.heartbeat = setInterval(() => this.ping(), times.heartbeat);
  }

  ping() {
    if (this.timers.answer || !this.send({ command: "ping" })) return;
    this.timers.answer = setTimeout(() => this.abandon(), times.answer);
  }

  // The network changed or the page is looked at again: find out now what the connection is worth.
  probe() {
    if (this.state.name === "ended") return;
    if (this.socket?.readyState === 1) this.ping();
    else if (navigator.onLine && this.state.name !== "connecting") this.open();
    else if (!navigator.onLine) this.change({ name: "offline" });
  }

  // Closing a dead connection can take minutes; it is left behind instead.
  abandon() {
    const socket = this.socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.lose(1006);
  }

  lose(code) {
    clearInterval(this.timers.heartbeat);
    clearTimeout(this.timers.answer);
    this.timers.answer = null;
    this.isGreeting = false;
    this.acknowledged = 0;
    if (endedCodes.has(code)) {
      this.change({ name: "ended", code });
      return;
    }
    this.downSince ??= Date.now();
    const delay = reconnectDelay(Date.now() - this.downSince);
    clearTimeout(this.timers.reconnect);
    this.timers.reconnect = setTimeout(() => this.open(), delay);
    this.change({ name: navigator.onLine ? "waiting" : "offline", until: Date.now() + delay });
  }

  reconnectNow() {
    if (this.state.name === "waiting" || this.state.name === "offline") this.open();
  }
}
