// Shown by the worker in place of a page the server did not send.
import { kept, rowsOf } from "./snapshot.js";

const EVERY = 5000;

document.querySelector("[data-again]").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});
show();
setTimeout(tryAgain, EVERY);

async function show() {
  const snapshot = await kept().catch(() => null);
  const rows = snapshot ? rowsOf(snapshot) : [];
  document.querySelector("[data-no-list]").hidden = rows.length > 0;
  document.querySelector(".offline-list").hidden = rows.length === 0;
  if (!rows.length) return;
  if (snapshot.zone) document.documentElement.dataset.timeZone = snapshot.zone;
  const asOf = document.querySelector("[data-as-of]");
  asOf.dateTime = new Date(snapshot.at).toISOString();
  asOf.dataset.time = "both";
  document.querySelector("[data-rows]").replaceChildren(...rows);
  // Only now: it reads the zone when it is loaded.
  const { startClock } = await import("./clock.js");
  startClock();
}

// Reading only; what is on this page cannot be sent anywhere.
async function tryAgain() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(EVERY) });
    if (answer.ok) {
      location.reload();
      return;
    }
  } catch {
    // Still out of reach.
  }
  setTimeout(tryAgain, EVERY);
}
