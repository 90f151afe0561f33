// A thin line while the server takes long; nothing at all for what is quick.
const PATIENCE = 300;
const LONGEST = 10000;
let waiting = 0;
let timer;

export function watchBusy() {
  document.addEventListener("htmx:before:request", begin);
  document.addEventListener("htmx:finally:request", end);
  window.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    begin();
    setTimeout(end, LONGEST); // The answer may be a file: then the page stays.
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    waiting = 0;
    show(false);
  });
}

function begin() {
  waiting += 1;
  if (waiting === 1) timer = setTimeout(show, PATIENCE, true);
}

function end() {
  waiting = Math.max(0, waiting - 1);
  if (waiting) return;
  clearTimeout(timer);
  show(false);
}

function show(isBusy) {
  document.getElementById("busy").hidden = !isBusy;
}
