// Says, each time the page is left or hidden, how long it was in front of somebody.
const SHORTEST = 1000;
let shownSince = null;

export function watchViewing() {
  viewBegins();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") viewBegins();
    else viewEnds();
  });
  window.addEventListener("pagehide", viewEnds);
}

const article = () => document.querySelector("[data-viewed]");

export function viewBegins() {
  if (article() && document.visibilityState === "visible") shownSince = performance.now();
}

// Before another request takes its place, too.
export function viewEnds() {
  const seconds = shownSince === null ? 0 : performance.now() - shownSince;
  shownSince = null;
  if (seconds < SHORTEST || !article()) return;
  const form = new FormData();
  form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  form.set("view", article().dataset.view);
  form.set("seconds", (seconds / 1000).toFixed(1));
  // Outlives the page; nobody waits for its answer.
  navigator.sendBeacon(article().dataset.viewed, form);
}
