// Says over the socket which request this page shows, and shows who else looks at it.
import { fetchFragment } from "./fragments.js";

let line = null;

const place = () => document.getElementById("looking");
const shown = () => document.getElementById("request")?.dataset.request ?? null;

export function watchLooking(live) {
  line = live;
  live.addEventListener("resync", sayWhatIsShown);
  live.addEventListener("looking", (event) => {
    if (event.detail.id === shown()) showOthers();
  });
  // Whoever lost the line says no farewell: they are gone with the next look.
  live.addEventListener("ping", showOthers);
  document.addEventListener("visibilitychange", sayWhatIsShown);
  window.addEventListener("pagehide", () => line.say({ looking: null }));
}

// The same again changes nothing; nobody looks at a page that is hidden.
export function sayWhatIsShown() {
  line?.say({ looking: document.visibilityState === "visible" ? shown() : null });
}

// Never the article: that somebody looks is no change of what is decided on.
async function showOthers() {
  if (!place()) return;
  const { url } = place().dataset;
  try {
    const fragment = await fetchFragment(url);
    if (fragment && place()?.dataset.url === url) place().replaceChildren(fragment);
  } catch {
    // The next word of it repairs.
  }
}
