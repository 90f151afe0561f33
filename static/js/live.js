// The socket that says what changed. It carries ids, never content.
import { setServerTime } from "./clock.js";
import { HOUR_STYLE, formatIn } from "./zone.js";

const SIGNED_OUT = 4401;
const SILENCE = 45000;
const LONGEST_PAUSE = 4000;
const OFFLINE_AFTER = 10000;
const WHILE_OFFLINE = "What you see may be old. Approve and deny still go to the server.";
const clock = formatIn({ hour: HOUR_STYLE, minute: "2-digit" });

// Events: "change" with detail {id}, "brake" when one was pulled or released,
// "delivery" when a callback was delivered or given up,
// "looking" with detail {id} when somebody begins or ceases to look at a request that
// this page looks at, too, "ping" every 20 seconds at most, "resync" when something may
// have been missed.
export class Live extends EventTarget {
  #badge = document.getElementById("live");
  #banner = document.getElementById("offline-banner");
  #socket;
  #expected = 0;
  #failures = 0;
  #lostAt = null;
  #retry;
  #silence;

  start() {
    if (!this.#badge) return;
    this.#connect();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wakeUp();
    });
    window.addEventListener("online", () => this.#wakeUp());
    window.addEventListener("pagehide", () => this.#socket?.close());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.#wakeUp();
    });
    setInterval(() => this.#show(), 1000);
  }

  // What this page tells the server; nothing while there is no line to it.
  say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #wakeUp() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#tell("resync");
    else this.#connect();
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live`);
    this.#socket = socket;
    this.#expected = 0;
    socket.addEventListener("message", (event) => this.#receive(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    this.#listenForSilence();
  }

  #receive(frame) {
    const isGap = frame.seq !== this.#expected;
    const isFirst = this.#expected === 0;
    this.#expected = frame.seq + 1;
    this.#failures = 0;
    this.#lostAt = null;
    this.#listenForSilence();
    this.#show();
    if (frame.now) setServerTime(frame.now);
    // The page was made before the socket was open: what happened in between?
    if (isFirst || isGap || frame.resync) this.#tell("resync");
    else if (frame.id) this.#tell("change", { id: frame.id });
    else if (frame.brake) this.#tell("brake");
    else if (frame.delivery) this.#tell("delivery");
    else if (frame.looking) this.#tell("looking", { id: frame.looking });
    else if (frame.now) this.#tell("ping");
  }

  // The server speaks every 20 seconds; a dead line does not say that it is dead.
  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket.close(), SILENCE);
  }

  #lost(code) {
    clearTimeout(this.#silence);
    this.#lostAt ??= Date.now();
    if (code === SIGNED_OUT && this.#mayReload()) {
      // The server then shows the sign-in, or what is missing.
      location.reload();
      return;
    }
    const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
    this.#show();
  }

  #mayReload() {
    const last = Number(sessionStorage.getItem("signed-out-at") ?? 0);
    sessionStorage.setItem("signed-out-at", String(Date.now()));
    return Date.now() - last > 30000;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #show() {
    const [state, words] = this.#standing();
    if (this.#badge.dataset.state === state) return;
    this.#badge.dataset.state = state;
    this.#badge.querySelector(".live-words").textContent = words;
    // Over the page, not in it: coming and going, it moves nothing.
    const isOffline = state === "offline";
    this.#banner.hidden = !isOffline;
    this.#banner.textContent = isOffline ? `${words}. ${WHILE_OFFLINE}` : "";
  }

  #standing() {
    if (this.#expected > 0 && this.#lostAt === null) return ["live", "Live"];
    if (this.#lostAt === null) return ["connecting", "Connecting…"];
    if (Date.now() - this.#lostAt < OFFLINE_AFTER) return ["reconnecting", "Reconnecting…"];
    return ["offline", `Offline since ${clock.format(this.#lostAt)}`];
  }
}
