// On tiers that ask for it: whether all of what would run has been on the screen.
const SLICE = 120;
// Each part's slices, from the top, and which of them were seen.
let seen = new Map();
let knownAs = "";

const panel = () => document.querySelector("[data-must-view]");
const parts = () => [...document.querySelectorAll("#what .drawn :is(.code, .udiff)")].filter((one) => !one.closest(".exact"));

export function watchParts() {
  window.addEventListener("resize", look);
  // Scrolling does not bubble: whatever scrolls, be it the window or a pane of it.
  document.addEventListener("scroll", look, { capture: true, passive: true });
  document.addEventListener("toggle", look, { capture: true });
  document.addEventListener("visibilitychange", look);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-next-part]")) toNextPart();
  });
}

// Whoever has seen one revision has not seen the next.
export function look() {
  if (!panel()) return;
  const { request, revision } = document.getElementById("request").dataset;
  if (knownAs !== `${request} ${revision}`) seen = new Map();
  knownAs = `${request} ${revision}`;
  if (document.visibilityState === "visible") parts().forEach(note);
  show();
}

// Null where nothing is left, or where no tier asks.
export function unseenPart() {
  look();
  return (panel() && parts().find((part) => !isSeen(part))) || null;
}

export function toNextPart() {
  const part = unseenPart();
  if (!part) return;
  const fold = part.closest("details");
  if (fold) fold.open = true;
  const first = slicesOf(part).indexOf(false);
  const top = part.getBoundingClientRect().top + first * SLICE;
  (paneOf(part) ?? document.scrollingElement).scrollBy({ top: top - upper(part) - SLICE / 2 });
  part.focus({ preventScroll: true });
}

function slicesOf(part) {
  const number = Math.max(1, Math.ceil(part.scrollHeight / SLICE));
  if (seen.get(part)?.length !== number) seen.set(part, Array(number).fill(false));
  return seen.get(part);
}

// A slice counts when the middle of it stands between the bars.
function note(part) {
  const box = part.getBoundingClientRect();
  if (!box.height) return;
  const slices = slicesOf(part);
  const [from, to] = [upper(part), lower(part)];
  for (let at = 0; at < slices.length; at += 1) {
    const middle = box.top + ((at + 0.5) / slices.length) * box.height;
    if (middle > from && middle < to) slices[at] = true;
  }
}

const isSeen = (part) => seen.get(part)?.every(Boolean) ?? false;

// What scrolls it, where that is not the window.
function paneOf(part) {
  let box = part.parentElement;
  while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
  return box === document.body || box === document.documentElement ? null : box;
}

function upper(part) {
  const bar = document.querySelector(".topbar")?.getBoundingClientRect().bottom ?? 0;
  return Math.max(bar, paneOf(part)?.getBoundingClientRect().top ?? 0);
}

function lower(part) {
  const bar = document.querySelector(".verbs");
  const isBelow = bar && getComputedStyle(bar).position === "fixed";
  const end = isBelow ? bar.getBoundingClientRect().top : innerHeight;
  return Math.min(end, paneOf(part)?.getBoundingClientRect().bottom ?? end);
}

// The page says what it showed; nobody ticks it by hand where it can.
function show() {
  const all = parts();
  const number = all.filter(isSeen).length;
  const box = panel().querySelector("[name=viewed]");
  box.checked = number === all.length;
  box.closest("label").hidden = true;
  const words = `${number} of ${all.length} parts of what would run were shown to you.`;
  const place = panel().querySelector("[data-parts-shown]");
  if (place.textContent !== words) place.textContent = words;
  panel().querySelector("[data-next-part]").hidden = box.checked;
}
