// What somebody has put aside comes back when its time is over; "tomorrow" is theirs.
import { fetchFragment } from "./fragments.js";
import { HOUR_STYLE } from "./zone.js";

const MORNING = 8;
const LONGEST_TIMER = 2 ** 31 - 1;
let timer;

export function watchSnooze(live) {
  setMorning();
  wake(live);
  const changed = () => {
    setMorning();
    wake(live);
  };
  new MutationObserver(changed).observe(document.getElementById("main"), { childList: true, subtree: true });
}

// The server only knows its own zone: the browser says in minutes when morning is.
function setMorning() {
  const option = document.querySelector('#hide-minutes option[data-morning][value="0"]');
  if (!option) return;
  const morning = new Date();
  morning.setDate(morning.getDate() + 1);
  morning.setHours(MORNING, 0, 0, 0);
  option.value = String(Math.max(1, Math.round((morning - Date.now()) / 60000)));
  const time = new Intl.DateTimeFormat(undefined, { hour: HOUR_STYLE, minute: "2-digit" });
  option.textContent = `until tomorrow, ${time.format(morning)}`;
}

function wake(live) {
  const at = document.querySelector("[data-wakes]")?.dataset.wakes;
  clearTimeout(timer);
  if (!at) return;
  const wait = Date.parse(at) - Date.now() + 1000;
  if (wait > 0 && wait < LONGEST_TIMER) timer = setTimeout(() => live.dispatchEvent(new Event("resync")), wait);
}

export async function recountHidden() {
  const newer = await fetchFragment(location.pathname + location.search).catch(() => null);
  const link = newer?.querySelector("#hidden-link");
  if (link) document.getElementById("hidden-link").replaceWith(link);
}
