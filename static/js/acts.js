// What can be done to a request beside deciding: keys that open forms and follow links.
import { onKey } from "./keys.js";

const FORMS = { c: "ask", m: "assign", z: "take-back", h: "hide" };

export function watchActs() {
  for (const [key, id] of Object.entries(FORMS)) onKey(key, () => open(document.getElementById(id)));
  onKey("e", () => press("[data-act-edit]"));
  onKey("g", () => press("[data-act-grant]"));
  onKey("i", () => press("[data-act-claim]"));
  // Before the page's keys: Escape closes the form and does not leave the page.
  document.addEventListener("keydown", inForm, { capture: true });
  // What was sent is done: its form closes. One that was refused stays open.
  document.addEventListener("htmx:after:swap", () => {
    if (!document.getElementById("request")?.dataset.done) return;
    for (const act of document.querySelectorAll("details.act[open]")) act.open = false;
  });
}

function open(act) {
  if (!act) return false;
  act.open = true;
  act.querySelector("textarea, select").focus();
  return undefined;
}

function press(selector) {
  const element = document.querySelector(selector);
  if (!element) return false;
  element.click();
  return undefined;
}

function inForm(event) {
  const act = event.target.closest?.("details.act[open]");
  if (!act || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.preventDefault();
    act.open = false;
    act.querySelector("summary").focus();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
    event.preventDefault();
    act.querySelector("form").requestSubmit();
  }
}
