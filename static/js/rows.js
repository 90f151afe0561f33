// One row of a list can be reached by Tab; j, k and arrows move among them.
import { onKey } from "./keys.js";

// A row is a link, or has one that opens it.
const ROW = "#rows :is(a.row, a[data-row])";
const rows = () => [...document.querySelectorAll(ROW)];

export function watchRows() {
  arrive();
  if (!document.getElementById("rows")) return;
  rove();
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(ROW)) rove(event.target);
  });
  for (const key of ["j", "ArrowDown"]) onKey(key, () => step(1), { repeats: true });
  for (const key of ["k", "ArrowUp"]) onKey(key, () => step(-1), { repeats: true });
  onKey("Home", () => select(rows()[0]));
  onKey("End", () => select(rows().at(-1)));
  onKey("o", () => focused()?.click());
}

export function focused() {
  return document.activeElement?.closest(ROW);
}

export function select(row) {
  if (!row) return false;
  rove(row);
  row.focus();
  return undefined;
}

// Exactly one row has a place in the tab order.
export function rove(chosen) {
  const all = rows();
  const current = chosen ?? all.find((row) => row.tabIndex === 0 && row.hasAttribute("tabindex")) ?? all[0];
  for (const row of all) row.setAttribute("tabindex", row === current ? "0" : "-1");
}

function step(by) {
  const all = rows();
  const at = all.indexOf(focused());
  const start = all.findIndex((row) => row.tabIndex === 0);
  const next = at < 0 ? Math.max(start, 0) : at + by;
  return select(all[Math.min(Math.max(next, 0), all.length - 1)]);
}

// After a decision the address names the row to turn to. After any other act focus is
// not left nowhere: it begins where the page says what was done.
function arrive() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const main = document.getElementById("main");
  if (target && location.hash.startsWith("#row-")) {
    history.replaceState(null, "", location.pathname + location.search);
    select(target.querySelector("a.row"));
  } else if (document.querySelector(".messages") && (!target || target === main)) {
    const isTaken = document.activeElement !== document.body || main.querySelector("[autofocus]");
    if (!isTaken) main.focus({ preventScroll: true });
  }
}
