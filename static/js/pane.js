// The selected request beside the list: read and decided there, and the list keeps its
// place. Where there is no room for it, keys open the request's own page instead.
import { revert, say, unsay } from "./acting.js";
import { fetchFragment } from "./fragments.js";
import { onKey, perform } from "./keys.js";
import { notify } from "./notice.js";
import { arrive, hold, isBusy } from "./request.js";
import { focused, select } from "./rows.js";
import { showTab } from "./search.js";
import { recountHidden } from "./snooze.js";
import { viewBegins, viewEnds } from "./viewing.js";

// Whoever runs through the list loads what they stop at.
const PAUSE = 120;
const VERBS = ["a", "d"];
const ACTS = ["c", "e", "g", "h", "i", "m", "z"];
const ANSWERED_HERE = new Set([409, 422, 423]);
const NOBODY = "00000000-0000-0000-0000-000000000000";
const room = matchMedia("(min-width: 60rem)");

const pane = () => document.getElementById("pane");
const content = () => document.getElementById("pane-content");
const article = () => content()?.querySelector("#request");
const preference = () => document.body.dataset.afterDecision || "next";
const isOpen = () => Boolean(pane()) && !pane().hidden;

let wanted = null;
let timer;
let acted = null;
let then = null;

export function watchPane() {
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const stays = isOpen() || preference() === "stay";
    if (ctx.request.method !== "GET" && stays) ctx.request.headers["After-Decision"] = "stay";
  });
  if (!pane()) return;
  arrive(); // So that the keys of a request have their turn after those of the list.
  watchOpening();
  watchDeciding();
  for (const key of VERBS) onKey(key, () => (isOpen() ? false : openToRead(key)));
  for (const key of ACTS) onKey(key, () => (isOpen() ? false : openTo(key)));
}

function watchOpening() {
  onKey("o", () => (room.matches ? toggle() : false));
  onKey("Escape", () => (isOpen() ? close() : false));
  // On its own page they lead to the request before and after this one.
  onKey("[", () => (isOpen() ? step(-1) : false));
  onKey("]", () => (isOpen() ? step(1) : false));
  document.getElementById("pane-close").addEventListener("click", close);
  document.addEventListener("focusin", (event) => {
    const id = idOf(event.target.closest?.("#rows a.row"));
    if (isOpen() && id && id !== wanted) load(id);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-pane]")) return open(current() ?? first());
    const row = event.target.closest("#rows a.row");
    // Enter on a row is a click, too, with no count: it opens the page.
    const isPlain = event.detail > 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!row || !isOpen() || !isPlain) return undefined;
    event.preventDefault();
    return select(row);
  });
  // Rows that were loaded anew do not know yet which of them is shown.
  new MutationObserver(markRow).observe(document.getElementById("queue"), { childList: true, subtree: true });
  room.addEventListener("change", () => {
    if (!room.matches && isOpen()) close();
  });
}

// Not every row of a list is a request.
const current = () => (focused()?.matches("a.row") ? focused() : null);
const idOf = (row) => row?.closest("li").dataset.id;
const first = () => document.querySelector('#rows a.row[tabindex="0"]');

function toggle() {
  const row = current();
  if (!row && focused()) return false;
  if (!row) return isOpen() ? close() : open(first());
  return isOpen() && idOf(row) === wanted ? close() : open(row);
}

function step(by) {
  const all = [...document.querySelectorAll("#rows a.row")];
  const at = all.findIndex((row) => idOf(row) === wanted);
  if (at >= 0 && all[at + by]) select(all[at + by]);
}

function open(row) {
  if (!row) return false;
  if (!room.matches) {
    row.click();
    return undefined;
  }
  pane().hidden = false;
  document.body.dataset.pane = "open";
  showTab();
  if (row === current()) load(idOf(row));
  else select(row);
  row.scrollIntoView({ block: "nearest" });
  return undefined;
}

function close() {
  const row = document.querySelector(`#row-${wanted ?? NOBODY} a.row`);
  viewEnds();
  clearTimeout(timer);
  wanted = null;
  then = null;
  pane().hidden = true;
  delete document.body.dataset.pane;
  content().replaceChildren();
  arrive(); // Nothing is shown any more.
  markRow();
  if (row) select(row);
  row?.scrollIntoView({ block: "nearest" });
}

// A verdict is never given on a row alone: what it is about has to be read.
function openToRead(key) {
  const row = current();
  if (!row) return false;
  open(row);
  notify(`Read it first. Then ${key} decides it.`);
  return undefined;
}

function openTo(key) {
  const row = current();
  if (!row) return false;
  then = room.matches ? key : null;
  return open(row);
}

// From this moment on nothing of what was shown before can be decided.
function load(id) {
  wanted = id;
  markRow();
  hold();
  clearTimeout(timer);
  // The answer that is on its way comes first, or the passkey is cancelled.
  if (isBusy()) {
    timer = setTimeout(load, PAUSE, id);
    return;
  }
  content().setAttribute("aria-busy", "true");
  timer = setTimeout(fetchIt, article() ? PAUSE : 0, id);
}

async function fetchIt(id) {
  let shown;
  try {
    const fragment = await fetchFragment(pane().dataset.requestUrl.replace(NOBODY, id));
    shown = fragment?.querySelector("#request") ?? sentence("This request is no longer there for you.");
  } catch {
    shown = sentence("No answer from the server. Nothing was decided.", id);
  }
  if (wanted !== id) return;
  viewEnds();
  content().replaceChildren(shown);
  content().removeAttribute("aria-busy");
  content().scrollTop = 0;
  document.getElementById("pane-page").href = pane().dataset.requestUrl.replace(NOBODY, id);
  if (!article()) return;
  htmx.process(content());
  arrive();
  viewBegins();
  const key = then;
  then = null;
  if (key) perform(key);
}

function sentence(words, id) {
  const place = document.createElement("div");
  place.className = "pane-empty";
  place.append(Object.assign(document.createElement("p"), { textContent: words }));
  if (id) {
    const again = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: "Try again" });
    again.addEventListener("click", () => load(id));
    place.append(again);
  }
  return place;
}

function markRow() {
  const shown = document.querySelector(`#row-${wanted ?? NOBODY} a.row`);
  for (const row of document.querySelectorAll("#rows a.row[aria-current]")) {
    if (row !== shown) row.removeAttribute("aria-current");
  }
  if (shown && !shown.hasAttribute("aria-current")) shown.setAttribute("aria-current", "true");
}

function watchDeciding() {
  // After the guard of the verbs, which lets only what may be sent come here.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!content().contains(form)) return;
    const isHiding = form.closest("#hide") !== null;
    if (!form.matches("[data-decide]") && !isHiding) return;
    acted = { id: article().dataset.request, verb: isHiding ? "hide" : event.submitter?.value };
    say(acted.id, acted.verb);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.request.method === "GET" || !isOpen()) return;
    const why = document.querySelector("#problem strong")?.textContent;
    settled(why && `Not done: ${why}`);
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (!ANSWERED_HERE.has(status)) settled(`Not done: the server answered ${status}.`);
  });
  document.addEventListener("htmx:error", () => settled("No answer: reload to see what was counted."));
}

// The server has answered, or nobody has.
function settled(why) {
  const done = acted;
  acted = null;
  if (done && why) revert(done.id, why);
  else if (done) unsay(done.id);
  if (done?.verb === "hide" && !why) hidden(done.id);
  const movedOn = wanted !== null && wanted !== article()?.dataset.request;
  if (movedOn) load(wanted);
  else if (done && !why && preference() !== "stay") advance(done.id);
}

// It leaves with the next load, like what is decided.
function hidden(id) {
  const row = document.getElementById(`row-${id}`);
  row.dataset.state = row.querySelector("a.row").dataset.state = "hidden";
  recountHidden();
}

// To the next that waits, and the focus with it.
function advance(id) {
  const all = [...document.querySelectorAll("#rows > li")];
  const at = all.findIndex((item) => item.dataset.id === id);
  const waits = (item) => item.dataset.state === "pending" && item.dataset.id !== id;
  const next = all.slice(at + 1).find(waits) ?? all.find(waits);
  if (next) {
    select(next.querySelector("a.row"));
    next.scrollIntoView({ block: "nearest" });
    return;
  }
  close();
  notify("Nothing else waits in this list.");
}
