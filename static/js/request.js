// One request: decide with a or d, and never on something else than what is shown.
import { drawTimes } from "./clock.js";
import { fetchFragment } from "./fragments.js";
import { onKey } from "./keys.js";
import { notify } from "./notice.js";

const INERT = 500;
const ANSWERED_HERE = new Set([409, 422]);
let armedAt = Infinity;
let isSending = false;
let timer;

const article = () => document.getElementById("request");
const verb = (name) => document.querySelector(`[data-verb="${name}"]`);
const reason = () => document.getElementById("reason");

export function watchRequest(live) {
  if (!article()) return;
  disarm();
  openIfFilled();
  window.addEventListener("focus", disarm);
  document.addEventListener("visibilitychange", disarm);
  document.addEventListener("submit", guard, { capture: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-reason]")) closeReason();
  });
  document.addEventListener("keydown", inReason);
  onKey("a", () => verb("approve")?.click());
  onKey("d", () => (isOpen() ? document.getElementById("message").focus() : verb("deny")?.click()));
  live.addEventListener("change", (event) => {
    if (event.detail.id === article().dataset.request) refresh();
  });
  live.addEventListener("resync", refresh);
  watchAnswers();
}

// Verbs do nothing for a moment after the page shows, changes or gets the focus.
function disarm() {
  armedAt = performance.now() + INERT;
  showArmed(false);
  clearTimeout(timer);
  timer = setTimeout(() => showArmed(!isSending), INERT);
}

function showArmed(isArmed) {
  for (const button of document.querySelectorAll(".verb, .send")) {
    if (isArmed) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
}

function guard(event) {
  if (!event.target.matches("[data-decide]")) return;
  const isDenial = event.submitter?.dataset.verb === "deny";
  const mustWait = isSending || performance.now() < armedAt;
  if (mustWait || (isDenial && !isOpen())) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!mustWait) openReason();
    return;
  }
  isSending = true;
  showArmed(false);
}

function isOpen() {
  return reason()?.hasAttribute("data-ui-open") ?? false;
}

// A second press of the same key or button must not send what the first one opened.
function openReason() {
  reason().setAttribute("data-ui-open", "");
  document.getElementById("message").focus();
  disarm();
}

function closeReason() {
  reason().removeAttribute("data-ui-open");
  verb("deny").focus();
}

function openIfFilled() {
  const message = document.getElementById("message");
  const isFilled = message?.value || document.querySelector(".codes input:checked, #message-errors");
  const asksForReason = document.getElementById("problem")?.dataset.asksReason;
  if (isFilled || asksForReason) reason()?.setAttribute("data-ui-open", "");
}

function inReason(event) {
  if (!event.target.closest?.("#reason") || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    closeReason();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
    event.preventDefault();
    document.querySelector("[data-send]").click();
  }
}

// A page that is still true stays as it is, with its verbs armed and its token.
async function refresh() {
  const { url } = article().dataset;
  const newer = await latest(url);
  if (isSending || !newer || facts(newer) === facts(article())) return;
  await htmx.ajax("GET", url, { target: "#request", swap: "outerMorph" });
}

async function latest(url) {
  try {
    return (await fetchFragment(url))?.querySelector("#request");
  } catch {
    return null; // The socket's badge says that we are offline; the next resync repairs.
  }
}

function watchAnswers() {
  let before = null;
  let hadFocus = false;
  document.addEventListener("htmx:before:swap", () => {
    before = { ...article().dataset };
    hadFocus = isSending || article().contains(document.activeElement);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    // The answer to a vote that is on its way decides, not what came before it.
    if (event.detail.ctx.request.method !== "GET") isSending = false;
    disarm();
    drawTimes();
    openIfFilled();
    if (hadFocus) keepFocus();
    tellChange(before, article().dataset);
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (ANSWERED_HERE.has(status)) return;
    isSending = false;
    disarm();
    notify(words(status), { seconds: 20 });
  });
  document.addEventListener("htmx:error", () => {
    if (!isSending) return;
    isSending = false;
    disarm();
    notify("No answer from the server. Reload the page to see whether your vote was counted.", { seconds: 60 });
  });
}

function words(status) {
  if (status === 403) return "You may not decide this, or this form is no longer valid. Nothing was decided. Reload the page.";
  if (status === 404) return "This request is no longer there for you. Nothing was decided.";
  return `The server failed (${status}). Reload the page to see whether your vote was counted.`;
}

// What the reader decides on: a new view token or an elapsed minute is no change.
function facts(element) {
  const { state, revision, approvals, denials } = element.dataset;
  return JSON.stringify([state, revision, approvals, denials]);
}

// Focus must not fall to the body when the element that had it is gone.
function keepFocus() {
  const problem = document.getElementById("problem");
  if (problem) problem.focus();
  else if (document.activeElement === document.body || document.activeElement?.disabled) {
    document.getElementById("decision-title").focus();
  }
}

function tellChange(before, after) {
  if (document.getElementById("problem") || isSending) return;
  if (before.state !== after.state) notify(`This request is now ${after.state}.`, { seconds: 20 });
  else if (before.revision !== after.revision) {
    notify(`The action changed: this is now revision ${after.revision}. Read it again.`, { seconds: 20 });
  } else {
    notify(`Votes changed: ${after.approvals} approved, ${after.denials} denied.`, { seconds: 20 });
  }
}
