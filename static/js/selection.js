// Which rows are selected, to decide many of them at once. It survives whatever happens
// to the rows; what was decided elsewhere leaves it, and that is said.
import { onKey } from "./keys.js";
import { notify } from "./notice.js";
import { focused, select } from "./rows.js";

// The id of each selected row, with the value of its box when it was selected: what is
// folded into the row is in it, too, each with the revision that was shown then.
const chosen = new Map();
// Shift+j and Shift+k extend from here for as long as the focus stays at the end.
let anchor = null;
let end = null;

const items = () => [...document.querySelectorAll("#rows > li:has(> a.row)")];
const boxOf = (item) => item?.querySelector("[data-pick]");
const isOpen = (item) => item?.dataset.state === "pending" && boxOf(item);

export function watchSelection() {
  const place = document.getElementById("queue");
  if (!document.getElementById("bulk-form") || !place) return;
  place.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) choose(event.target.closest("li"), event.target.checked);
  });
  document.querySelector("[data-bulk-clear]").addEventListener("click", clear);
  document.getElementById("bulk-form").addEventListener("submit", (event) => {
    if (chosen.size === 0) event.preventDefault();
  });
  onKey("x", toggle);
  onKey("J", () => extend(1), { repeats: true });
  onKey("K", () => extend(-1), { repeats: true });
  onKey("* a", () => chooseAll());
  onKey("Escape", () => (chosen.size ? clear() : false));
  const watched = { childList: true, subtree: true, attributeFilter: ["data-state", "data-picks"] };
  new MutationObserver(settle).observe(place, watched);
  settle();
}

function choose(item, isChosen) {
  if (!isOpen(item)) return;
  const box = boxOf(item);
  box.checked = isChosen;
  if (isChosen) chosen.set(item.dataset.id, box.value);
  else chosen.delete(item.dataset.id);
  show();
}

function toggle() {
  const item = focused()?.closest("li");
  if (!isOpen(item)) return false;
  choose(item, !boxOf(item).checked);
  anchor = end = item.id;
  return undefined;
}

// The rows from the anchor to the focus are selected; going back takes them out again.
function extend(by) {
  const all = items();
  const from = all.indexOf(focused()?.closest("li"));
  if (from < 0) return false;
  if (all[from].id !== end || !document.getElementById(anchor)) anchor = all[from].id;
  const to = Math.min(Math.max(from + by, 0), all.length - 1);
  const start = all.findIndex((item) => item.id === anchor);
  const goesBack = Math.abs(to - start) < Math.abs(from - start);
  choose(all[from], !goesBack);
  if (!goesBack) choose(all[to], true);
  end = all[to].id;
  return select(all[to].querySelector("a.row"));
}

function chooseAll() {
  for (const item of items()) choose(item, true);
}

function clear() {
  for (const item of items()) if (boxOf(item)) boxOf(item).checked = false;
  chosen.clear();
  anchor = end = null;
  show();
  // The button that was pressed is gone with the bar.
  if (document.activeElement?.closest("#bulk-form")) select(document.querySelector('#rows a.row[tabindex="0"]'));
}

// After any change of the list: boxes are as chosen, and what is decided is dropped.
function settle() {
  const lost = [];
  for (const [id, value] of chosen) {
    const item = document.getElementById(`row-${id}`);
    if (isOpen(item)) Object.assign(boxOf(item), { checked: true, value });
    else if (chosen.delete(id)) lost.push(id);
  }
  for (const item of items()) {
    const box = boxOf(item);
    if (!box) continue;
    box.disabled = item.dataset.state !== "pending";
    if (!chosen.has(item.dataset.id)) Object.assign(box, { checked: false, value: item.dataset.picks });
  }
  show();
  if (lost.length === 1) notify("One request you had selected is no longer waiting here: it left the selection.", { seconds: 20 });
  else if (lost.length) notify(`${lost.length} requests you had selected are no longer waiting here: they left the selection.`, { seconds: 20 });
}

function show() {
  document.body.toggleAttribute("data-selecting", chosen.size > 0);
  const number = [...chosen.values()].flatMap((value) => value.split(",")).length;
  const words = number ? `${number} selected` : "";
  const place = document.getElementById("bulk-count");
  if (place.textContent !== words) place.textContent = words;
}
