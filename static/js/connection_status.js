// The connection in words a person can trust: the work goes on at the server, only the view is interrupted.
import { setText } from "./dom.js";

function secondsLeft(state, now) {
  return Math.max(1, Math.ceil((state.until - now) / 1000));
}

const words = {
  connecting: () => "Connecting…",
  live: () => "Live",
  waiting: (state, now) => `Reconnecting in ${secondsLeft(state, now)} s`,
  offline: () => "Offline",
  ended: (state) => (state.code === 4401 ? "Signed out" : "Refused"),
};

const explanations = {
  waiting: "The connection is down. Your work continues on the server; nothing is lost.",
  offline: "You are offline. Your work continues on the server and shows when you are back.",
};

const endings = {
  4401: "You are signed out. Sign in again to go on; what you typed is kept in this browser.",
  4403: "The server refused this connection. Sign in again, or ask who runs this server.",
};

export function describeConnection(state, now = Date.now()) {
  const explanation = state.name === "ended" ? endings[state.code] ?? endings[4403] : explanations[state.name] ?? "";
  return { word: words[state.name](state, now), explanation, signIn: state.name === "ended" };
}

export function createConnectionStatus({ pill, banner, announce, reconnectNow }) {
  const label = pill.querySelector("[data-label]");
  const text = banner.querySelector("[data-text]");
  const signIn = banner.querySelector("[data-sign-in]");
  const again = banner.querySelector("[data-reconnect]");
  let state = { name: "connecting" };
  let troubled = false;
  again.addEventListener("click", reconnectNow);

  function show() {
    const described = describeConnection(state);
    pill.dataset.state = state.name;
    setText(label, described.word);
    if (state.name === "connecting" && troubled) return;
    setText(text, described.explanation);
    banner.hidden = described.explanation === "";
    signIn.hidden = !described.signIn;
    again.hidden = state.name !== "waiting";
  }

  // Short interruptions are not announced: a screen reader hears of trouble once, and of its end.
  function tell() {
    if (state.name === "live" && troubled) announce("Connected again.");
    else if (!troubled && explanations[state.name]) announce(explanations[state.name]);
    else if (state.name === "ended") announce(describeConnection(state).explanation);
    troubled = state.name === "live" ? false : troubled || state.name !== "connecting";
  }

  setInterval(() => state.name === "waiting" && show(), 500);
  return function change(next) {
    state = next;
    show();
    tell();
  };
}
