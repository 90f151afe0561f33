// Reading one request: exact text, links to it, its timeline, and paper.
import { onKey } from "./keys.js";
import { notify } from "./notice.js";

const root = document.documentElement;
const article = () => document.getElementById("request");
let folded = [];

export function watchEvidence() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-raw]")) toggleRaw();
    if (event.target.closest("[data-copy-link]")) copyLink();
  });
  onKey("w", toggleRaw);
  onKey("y", copyLink);
  onKey("t", toTimeline);
  window.addEventListener("beforeprint", unfold);
  window.addEventListener("afterprint", fold);
}

// The state belongs to the page, not to what is swapped into it.
export function showRaw() {
  const isRaw = String("uiRaw" in root.dataset);
  for (const button of document.querySelectorAll("[data-raw]")) button.setAttribute("aria-pressed", isRaw);
}

function toggleRaw() {
  if (!document.querySelector("[data-raw]")) return false;
  root.toggleAttribute("data-ui-raw");
  showRaw();
  return undefined;
}

// With the event that the address names, if it names one of this request's.
async function copyLink() {
  const button = document.querySelector("[data-copy-link]");
  if (!button) return false;
  const isEvent = /^#e\d+$/.test(location.hash) && document.querySelector(location.hash);
  const address = location.origin + button.dataset.copyLink + (isEvent ? location.hash : "");
  try {
    await navigator.clipboard.writeText(address);
    notify("Link copied.");
  } catch {
    notify(`This browser does not let the page copy. The link: ${address}`, { seconds: 20 });
  }
  return undefined;
}

function toTimeline() {
  const title = document.getElementById("timeline-title");
  if (!title) return false;
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start" });
  return undefined;
}

// Nothing is folded on paper.
function unfold() {
  folded = [...(article()?.querySelectorAll("details:not([open], .act)") ?? [])];
  for (const each of folded) each.open = true;
}

function fold() {
  for (const each of folded) each.open = false;
  folded = [];
}
