// Keeps the queue for the page that shows when the server is out of reach, and starts
// the worker that shows it. On origins without workers (plain http) nothing happens.
import { serverNow } from "./clock.js";
import { forget, keep } from "./snapshot.js";

const PAUSE = 2000;
const EVERY = 30000;
const MOST = 100;
let isOver = false;
let timer;

export async function watchOffline(live) {
  if (!navigator.serviceWorker || !globalThis.caches) return;
  const { person } = document.documentElement.dataset;
  // Before anything is kept: what is somebody else's goes first.
  await quietly(forget({ unless: person ?? null }));
  if (!person) return;
  start();
  for (const form of document.querySelectorAll("form[action$='/logout/']")) form.addEventListener("submit", end);
  if (document.querySelector("[data-queue][data-first=yes]") && location.pathname === "/" && !location.search) follow(live, person);
}

function start() {
  const { worker } = document.body.dataset;
  const register = () => quietly(navigator.serviceWorker.register(worker, { scope: "/", updateViaCache: "none" }));
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register);
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data === "signed-out") end();
  });
}

// Signed out here or in another tab: from now on nothing is kept.
function end() {
  isOver = true;
  quietly(forget());
}

function follow(live, person) {
  const store = () => {
    if (isOver) return;
    const rows = [...document.querySelectorAll("#rows > li")].slice(0, MOST);
    quietly(keep(person, rows, serverNow()));
  };
  // Only while the line stands is the list on the page true now.
  const storeIfTrue = () => {
    if (document.getElementById("live").dataset.state === "live") store();
  };
  store();
  for (const event of ["change", "resync"]) {
    live.addEventListener(event, () => {
      clearTimeout(timer);
      timer = setTimeout(storeIfTrue, PAUSE);
    });
  }
  setInterval(storeIfTrue, EVERY);
}

// Storage may be full or forbidden: then there is no list offline, and all else works.
async function quietly(promise) {
  try {
    await promise;
  } catch {
    // As if there were no worker.
  }
}
