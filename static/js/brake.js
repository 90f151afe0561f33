// The brake: its control in the top bar, the banner on every page, and its own page.
import { drawTimes } from "./clock.js";
import { fetchFragment } from "./fragments.js";
import { onKey } from "./keys.js";

const EVERY = 5000;
const FAILURES = 2;
const PAUSE = 1000;

export function watchBrake(live) {
  watchControl();
  const banner = document.getElementById("brake-banner");
  if (banner) new Banner(banner).follow(live);
  const list = document.getElementById("brakes");
  if (list) new Board(list).follow(live);
}

// The key opens and never acts: focus goes where only words can be typed.
function watchControl() {
  const control = document.getElementById("brake-control");
  if (!control) return;
  onKey("B", () => {
    control.open = true;
    control.querySelector("input[name=reason]").focus();
  });
  control.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !control.open || event.isComposing) return;
    event.preventDefault();
    control.open = false;
    control.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!control.contains(event.target)) control.open = false;
  });
}

// One look at a time; whoever asks meanwhile gets one more.
class Reader {
  #isLooking = false;
  #again = false;

  async look() {
    this.#again = this.#isLooking;
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.read();
    this.#isLooking = false;
    if (this.#again) this.look();
  }
}

// Asked for at once when the socket says so, and every few seconds in any case.
class Banner extends Reader {
  #place;
  #failures = 0;

  constructor(place) {
    super();
    this.#place = place;
  }

  follow(live) {
    for (const event of ["brake", "resync"]) live.addEventListener(event, () => this.look());
    document.addEventListener("visibilitychange", () => this.#lookIfSeen());
    setInterval(() => this.#lookIfSeen(), EVERY);
  }

  #lookIfSeen() {
    if (document.visibilityState === "visible") this.look();
  }

  async read() {
    try {
      const fragment = await fetchFragment(this.#place.dataset.url);
      this.#failures = 0;
      this.#show(fragment?.querySelector("[data-brakes]"));
    } catch {
      this.#failures += 1;
      if (this.#failures < FAILURES) return;
      const unknown = document.getElementById("brake-unknown").content.cloneNode(true);
      this.#show(unknown.querySelector("[data-brakes]"));
    }
  }

  #show(newer) {
    const shown = this.#place.querySelector("[data-brakes]");
    if (!newer || shown?.dataset.brakes === newer.dataset.brakes) return;
    this.#place.replaceChildren(newer);
    drawTimes(this.#place);
  }
}

// What is in force and what it stops now; what somebody is typing stays.
class Board extends Reader {
  #list;
  #timer;

  constructor(list) {
    super();
    this.#list = list;
  }

  follow(live) {
    for (const event of ["brake", "resync", "change"]) live.addEventListener(event, () => this.#soon());
  }

  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.look();
    }, PAUSE);
  }

  async read() {
    try {
      const fragment = await fetchFragment(this.#list.dataset.url);
      if (fragment) this.#merge([...fragment.children]);
    } catch {
      // The banner says that the state is unknown; the next look repairs.
    }
  }

  #merge(newer) {
    const known = new Map([...this.#list.children].map((item) => [item.dataset.key, item]));
    const isSame = known.size === newer.length && newer.every((item) => known.has(item.dataset.key));
    const merged = newer.map((item) => update(known.get(item.dataset.key), item));
    if (isSame) return;
    const focused = document.activeElement;
    this.#list.replaceChildren(...merged);
    if (focused !== document.body && focused.isConnected) focused.focus();
    drawTimes(this.#list);
  }
}

function update(shown, newer) {
  if (!shown) return newer;
  const [words, latest] = [shown, newer].map((item) => item.querySelector("[data-stops]"));
  if (words && words.textContent !== latest.textContent) words.textContent = latest.textContent;
  return shown;
}
