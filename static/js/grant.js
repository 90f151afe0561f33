// Allowing the like: approve only what the preview on the page showed.
import { drawTimes } from "./clock.js";
import { assert, words } from "./passkey.js";

const INERT = 500;
let armedAt = Infinity;
let isChanged = false;
let timer;

const form = () => document.querySelector("[data-terms]");
const button = () => document.querySelector("[data-allow]");

export function watchGrant() {
  if (!document.getElementById("grant")) return;
  arm();
  window.addEventListener("focus", arm);
  document.addEventListener("visibilitychange", arm);
  document.addEventListener("input", (event) => {
    if (!event.target.closest("[data-terms]") || event.target.closest("[data-previewed]")) return;
    isChanged = true;
    show();
  });
  document.addEventListener("submit", guard, { capture: true });
  document.addEventListener("htmx:after:swap", afterSwap);
  for (const event of ["htmx:response:error", "htmx:error"]) document.addEventListener(event, arm);
}

// Approving does nothing for a moment after the page shows, changes or gets the focus.
function arm() {
  armedAt = performance.now() + INERT;
  clearTimeout(timer);
  timer = setTimeout(show, INERT);
  show();
}

function show() {
  const mark = document.querySelector("[data-changed]");
  if (mark) mark.hidden = !isChanged;
  if (isChanged || performance.now() < armedAt) button()?.setAttribute("aria-disabled", "true");
  else button()?.removeAttribute("aria-disabled");
}

// Enter in a field asks for a preview, because that button comes first.
function guard(event) {
  if (event.target !== form() || !event.submitter?.matches("[data-allow]")) return;
  const needsPasskey = form().dataset.passkey && !form().elements.assertion.value;
  if (!isChanged && performance.now() >= armedAt && !needsPasskey) {
    armedAt = Infinity; // Until the answer is there.
    show();
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!isChanged && performance.now() >= armedAt) answer();
}

async function answer() {
  const place = document.querySelector("[data-passkey-problem]");
  place.hidden = true;
  try {
    form().elements.assertion.value = await assert(JSON.parse(form().dataset.passkey));
    form().requestSubmit(button());
  } catch (error) {
    place.textContent = words(error);
    place.hidden = false;
    button().focus();
  }
}

function afterSwap() {
  isChanged = false;
  drawTimes();
  arm();
  const place = document.getElementById("problem") ?? document.getElementById("allowed-title");
  place?.focus();
}
