// One request: decide with a or d, and never on something else than what is shown.
import { watchActs } from "./acts.js";
import { drawTimes } from "./clock.js";
import { showRaw } from "./evidence.js";
import { fetchFragment } from "./fragments.js";
import { onKey } from "./keys.js";
import { sayWhatIsShown } from "./looking.js";
import { notify } from "./notice.js";
import { look, toNextPart, unseenPart, watchParts } from "./parts.js";
import { assert, words } from "./passkey.js";
import { showSpaces } from "./spaces.js";

const INERT = 500;
const ANSWERED_HERE = new Set([409, 422, 423]);
let armedAt = Infinity;
let isSending = false;
let signed = null;
let timer;
let line;
let isWatching = false;

const article = () => document.getElementById("request");
const verb = (name) => document.querySelector(`[data-verb="${name}"]`);
const reason = () => document.getElementById("reason");
const message = () => document.getElementById("message");

export function watchRequest(live) {
  line = live;
  if (article()) arrive();
}

// A request is shown from now on: for the page of one, and for whoever puts another
// article in its place, or the first one on a page that had none.
export function arrive() {
  if (!isWatching) watch();
  isWatching = true;
  disarm();
  drawTimes();
  openIfFilled();
  showRaw();
  showSpaces();
  look();
  sayWhatIsShown();
}

// Nothing of what is shown can be decided any more: another one is on its way.
export function hold() {
  article()?.setAttribute("data-ui-held", "");
  showArmed(false);
}

// Whether a verdict is on its way, so that what is shown has to stay.
export function isBusy() {
  return isSending;
}

function watch() {
  window.addEventListener("focus", disarm);
  document.addEventListener("visibilitychange", disarm);
  document.addEventListener("submit", guard, { capture: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-reason]")) closeReason();
  });
  document.addEventListener("keydown", inReason, { capture: true });
  onKey("a", () => verb("approve")?.click());
  onKey("d", () => (modeOf() === "deny" ? message().focus() : verb("deny")?.click()));
  onKey("A", () => openReason("approve"));
  onKey("D", () => openReason("deny"));
  for (let number = 1; number <= 9; number += 1) onKey(String(number), () => choose(number));
  watchActs();
  watchParts();
  line.addEventListener("change", (event) => {
    if (event.detail.id === article()?.dataset.request) refresh();
  });
  for (const event of ["resync", "brake"]) line.addEventListener(event, refresh);
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
  for (const button of document.querySelectorAll(".verb, .send, .armed")) {
    if (isArmed) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
}

function guard(event) {
  const form = event.target;
  if (!form.matches("[data-decide], [data-armed]")) return;
  if (form === signed) {
    signed = null; // The passkey has answered for this very press.
    return;
  }
  const mustWait = isSending || performance.now() < armedAt || form.closest("[data-ui-held]");
  const missing = mustWait ? null : stepBefore(form, event.submitter);
  if (mustWait || missing) {
    event.preventDefault();
    event.stopImmediatePropagation();
    missing?.();
    return;
  }
  // What is chosen there says why something is denied.
  if (event.submitter?.value === "approve") clearCodes();
  isSending = true;
  showArmed(false);
}

// What has to come before this press can be sent; null when nothing has.
function stepBefore(form, button) {
  if (!form.matches("[data-decide]")) return null;
  if (button?.dataset.verb === "deny" && modeOf() !== "deny") return () => openReason("deny");
  if (button?.value === "approve" && unseenPart()) return showUnseen;
  const typing = document.getElementById("typed");
  if (button?.value === "approve" && typing && !typing.value) return () => typing.focus();
  if (form.elements.assertion) return () => sign(form, button);
  return null;
}

function showUnseen() {
  toNextPart();
  notify("This tier asks you to look at all of what would run. Here is what you have not seen.");
}

// The page stays as it is meanwhile: what is signed is what is shown.
async function sign(form, button) {
  isSending = true;
  showArmed(false);
  const place = form.querySelector("[data-passkey-failed]");
  place.hidden = true;
  try {
    const options = button.value === "approve" ? form.dataset.passkeyApprove : form.dataset.passkeyDeny;
    form.elements.assertion.value = await assert(JSON.parse(options));
    signed = form;
    form.requestSubmit(button);
  } catch (error) {
    isSending = false;
    place.textContent = words(error);
    place.hidden = false;
    disarm();
    refresh(); // For what it has missed.
  }
}

// Which verdict the open reason goes with; empty while it is closed.
function modeOf() {
  return reason()?.getAttribute("data-ui-open") ?? "";
}

// A second press of the same key or button must not send what the first one opened.
function openReason(mode) {
  if (!reason() || verb(mode).disabled) return false;
  reason().setAttribute("data-ui-open", mode);
  if (mode === "approve") clearCodes();
  message().focus();
  disarm();
  return undefined;
}

function closeReason() {
  const mode = modeOf();
  reason().removeAttribute("data-ui-open");
  verb(mode).focus();
}

function openIfFilled() {
  const isFilled = message()?.value || document.querySelector(".codes input:checked, #message-errors");
  const problem = document.getElementById("problem")?.dataset ?? {};
  if (!reason() || !(isFilled || problem.asksReason)) return;
  const isApproval = problem.verdict === "approve" && !verb("approve").disabled;
  reason().setAttribute("data-ui-open", modeOf() || (isApproval ? "approve" : "deny"));
}

function clearCodes() {
  for (const code of document.querySelectorAll(".codes input:checked")) code.checked = false;
}

function choose(number) {
  const code = document.querySelectorAll(".codes input")[number - 1];
  if (!code || modeOf() !== "deny") return false;
  code.checked = true;
  return undefined;
}

function inReason(event) {
  if (!event.target.closest?.("#reason") || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    closeReason();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
    event.preventDefault();
    document.querySelector(`[data-send="${modeOf()}"]`)?.click();
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault(); // It would press the form's first button: Approve.
  } else if (isChoice(event) && choose(Number(event.key)) !== false) {
    event.preventDefault();
  }
}

// A number is a reason only while there is no sentence that it could belong to.
function isChoice(event) {
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  return /^[1-9]$/.test(event.key) && !hasModifier && event.target === message() && message().value === "";
}

// A page that is still true stays as it is, with its verbs armed and its token.
async function refresh() {
  const { url } = article()?.dataset ?? {};
  const newer = url && (await latest(url));
  if (isSending || !newer || article()?.dataset.url !== url || facts(newer) === facts(article())) return;
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
  document.addEventListener("htmx:before:swap", (event) => {
    // It was on its way to a request that has left the page.
    const { target } = event.detail.ctx;
    if (target instanceof Element && !target.isConnected) event.preventDefault();
    if (!article()) return;
    before = { ...article().dataset };
    hadFocus = isSending || article().contains(document.activeElement);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    // The answer to a vote that is on its way decides, not what came before it.
    if (event.detail.ctx.request.method !== "GET") isSending = false;
    if (!article() || !before) return;
    arrive();
    if (hadFocus) keepFocus();
    tellChange(before, article().dataset);
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (ANSWERED_HERE.has(status)) return;
    isSending = false;
    disarm();
    const said = sentence(event.detail.ctx.text);
    if (said) notify(said, { seconds: 20 });
  });
  document.addEventListener("htmx:error", () => {
    if (!isSending) return;
    isSending = false;
    disarm();
  });
}

// Why it was refused, when the answer is a page of ours that says so.
function sentence(html) {
  const template = document.createElement("template");
  template.innerHTML = html ?? "";
  return template.content.querySelector("#problem strong")?.textContent;
}

// What the reader decides on: a new view token or an elapsed minute is no change.
function facts(element) {
  return element.dataset.facts;
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
  const told = after.done ?? news(before, after);
  if (told) notify(told, { seconds: 20 });
}

// The gravest change, as a sentence.
function news(before, after) {
  const differs = (name) => before[name] !== after[name];
  if (differs("state")) return `This request is now ${after.state}.`;
  if (differs("revision")) return `The action changed: this is now revision ${after.revision}. Read it again.`;
  if (differs("braked")) return after.braked ? "The brake is on: nothing can be approved." : "The brake is released.";
  if (differs("approvals") || differs("denials")) {
    return `Votes changed: ${after.approvals} approved, ${after.denials} denied.`;
  }
  if (differs("replies")) return "The agent has answered. Read what it claims.";
  if (differs("question")) return "The agent was asked a question.";
  if (differs("permit")) return `The permit is now ${after.permit}.`;
  if (differs("outcome")) return `The agent says that it ${after.outcome}.`;
  if (differs("claimed")) return after.claimed ? `${after.claimed} looks at it.` : "Nobody looks at it now.";
  if (differs("assigned")) return `Assigned to ${after.assigned || "nobody"}.`;
  return "";
}
