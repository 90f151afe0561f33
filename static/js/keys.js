// Single keys. Inert in fields, with modifiers, in dialogs and while composing; and all
// that are one character, when somebody has turned them off (WCAG 2.1.4).
import { arrangeHelp } from "./help.js";

const bindings = new Map();
const GO_WINDOW = 1000;
let goUntil = 0;
let chord = { first: "", until: 0 };

// ``repeats``: whether holding the key down counts; never for verbs. "* a" is one key
// after the other. What was bound before has its turn when ``act`` answers false.
export function onKey(key, act, { repeats = false } = {}) {
  const before = bindings.get(key);
  const both = (event) => {
    const done = act(event);
    return done === false && before ? before.act(event) : done;
  };
  bindings.set(key, { act: both, repeats });
}

export function watchKeys() {
  document.addEventListener("keydown", press);
  const dialog = document.getElementById("keys");
  const open = () => {
    if (!dialog || document.querySelector("dialog[open]")) return;
    arrangeHelp(dialog, { singleKeys: !areOff() });
    dialog.showModal();
  };
  onKey("?", open);
  for (const button of document.querySelectorAll("[data-open-keys]")) {
    button.addEventListener("click", open);
  }
  onKey("/", () => {
    const field = document.querySelector("[data-search]");
    const fold = field?.closest("details");
    if (fold) fold.open = true;
    field?.focus();
  });
  onKey("Escape", leave);
}

function press(event) {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key.length === 1 && areOff()) return;
  if (performance.now() < goUntil) {
    goUntil = 0;
    go(event);
    return;
  }
  if (event.key === "g" && !event.repeat) {
    goUntil = performance.now() + GO_WINDOW;
    setTimeout(alone, GO_WINDOW, goUntil);
    return;
  }
  if (isPartOfChord(event)) return;
  const binding = bindings.get(event.key) ?? bindingOfPage(event.key);
  if (!binding || (event.repeat && !binding.repeats)) return;
  if (binding.act(event) !== false) event.preventDefault();
}

// A second key that means nothing after the first one does nothing at all.
function isPartOfChord(event) {
  const isSecond = performance.now() < chord.until && event.key !== "Shift";
  if (isSecond) {
    const binding = bindings.get(`${chord.first} ${event.key}`);
    chord.until = 0;
    event.preventDefault();
    if (!event.repeat) binding?.act(event);
    return true;
  }
  const begins = [...bindings.keys()].some((key) => key.startsWith(`${event.key} `));
  if (begins && !event.repeat) chord = { first: event.key, until: performance.now() + GO_WINDOW };
  return begins;
}

function areOff() {
  return document.documentElement.dataset.singleKeys === "off";
}

// Does what the key does on this page, with all that guards it; false without one.
export function perform(key) {
  const binding = bindings.get(key) ?? bindingOfPage(key);
  if (!binding) return false;
  return binding.act() !== false;
}

// What a page's own markup binds: ``data-key="n"`` on a link or a button presses it,
// ``data-key-to="p"`` only leads to it. What a key opens has the focus, too.
function bindingOfPage(key) {
  const name = CSS.escape(key);
  const element = document.querySelector(`[data-key="${name}"], [data-key-to="${name}"]`);
  if (!element) return null;
  const act = () => {
    if ("keyTo" in element.dataset || element.matches("summary")) element.focus();
    if ("key" in element.dataset) element.click();
  };
  return { act, repeats: false };
}

// Nothing followed within the window: then "g" is a key of the page like others.
function alone(until) {
  if (goUntil !== until) return;
  goUntil = 0;
  if (!isTyping(document.activeElement)) bindings.get("g")?.act();
}

function go(event) {
  const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  if (!link || event.repeat) return;
  event.preventDefault();
  link.click();
}

function isTyping(element) {
  return element.matches?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}

function leave() {
  const menu = document.querySelector("details:is(.account, .brake-control, .more)[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return undefined;
  }
  const back = document.querySelector("a.back");
  if (!back) return false;
  back.click();
  return undefined;
}
