// The preview of a lot: what changes meanwhile is unticked, and the verbs wait.
import { fetchFragment } from "./fragments.js";
import { notify } from "./notice.js";
import { arrive } from "./request.js";

const form = () => document.getElementById("bulk");
const items = () => [...document.querySelectorAll(".lot-item")];

export function watchBulk(live) {
  document.getElementById("outcome-title")?.focus();
  if (!form()) return;
  arrive();
  form().addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) count();
  });
  live.addEventListener("change", (event) => {
    if (items().some((item) => item.dataset.id === event.detail.id)) check();
  });
  for (const event of ["resync", "brake"]) live.addEventListener(event, check);
  // Shown again by the Back button, it says what was true before.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  count();
}

// What is decided changes with each tick: the verbs are inert for a moment.
function count() {
  const place = document.querySelector("[data-ticked]");
  const words = String(items().filter((item) => item.querySelector("[data-pick]").checked).length);
  if (place.textContent !== words) place.textContent = words;
  arrive();
}

async function check() {
  let fragment;
  try {
    fragment = await fetchFragment(form().dataset.live);
  } catch {
    return; // The socket's badge says that we are offline; the server checks each vote.
  }
  const now = new Map([...(fragment?.querySelectorAll(".lot-item") ?? [])].map((item) => [item.dataset.id, item]));
  const changed = items().filter((item) => {
    const isOut = item.querySelector("[data-pick]").disabled;
    return !isOut && now.get(item.dataset.id)?.dataset.facts !== item.dataset.facts;
  });
  for (const item of changed) {
    Object.assign(item.querySelector("[data-pick]"), { checked: false, disabled: true });
    item.querySelector("[data-changed]").hidden = false;
  }
  if (changed.length === 0) return;
  count();
  notify(`${changed.length} of these changed and ${changed.length === 1 ? "is" : "are"} unticked.`, { seconds: 20 });
}
