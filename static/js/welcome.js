// The first steps turn green as they happen; calls are copied with one press.
import { drawTimes } from "./clock.js";
import { fetchFragment } from "./fragments.js";
import { notify } from "./notice.js";

const PAUSE = 300;

export function watchWelcome(live) {
  offerCopies(document);
  document.addEventListener("click", copy);
  const place = document.querySelector("[data-welcome]");
  if (!place) return;
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(place), PAUSE);
  };
  for (const event of ["change", "delivery", "resync"]) live.addEventListener(event, soon);
}

// Only what differs is put in place: nothing moves, and focus stays, while nothing changed.
async function refresh(place) {
  const fragment = await fetchFragment(place.dataset.url).catch(() => null);
  if (!fragment) return;
  const done = stepsOf(fragment);
  if (done === stepsOf(place) && samplesOf(fragment) === samplesOf(place)) return;
  if (place.contains(document.activeElement)) document.getElementById("main").focus();
  const before = Number(place.querySelector("#steps-done").dataset.done);
  place.replaceChildren(fragment);
  drawTimes(place);
  offerCopies(place);
  const now = Number(place.querySelector("#steps-done").dataset.done);
  if (now > before) notify(now === 4 ? "All four steps are done." : `${now} of 4 steps are done.`);
}

const stepsOf = (part) => [...part.querySelectorAll("[data-step]")].map((step) => step.dataset.done).join();
const samplesOf = (part) => [...part.querySelectorAll(".step a, .step pre")].map((one) => one.href ?? one.textContent).join();

function offerCopies(part) {
  if (!navigator.clipboard) return;
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = false;
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.closest(".copy").querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    notify("Copied.");
  } catch {
    notify("The browser does not let us copy: select the text instead.");
  }
}
