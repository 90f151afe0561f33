// The queue stays true without moving: known rows change in place, new ones wait
// behind the pill, unless there is nothing below the place they belong to.
import { drawTimes } from "./clock.js";
import { fail } from "./failures.js";
import { fetchFragment } from "./fragments.js";
import { onKey } from "./keys.js";
import { rove, select } from "./rows.js";

const AT_ONCE = 3;
const PAUSE = 400;
const AGAIN = 2000;

export function watchQueue(live) {
  const place = document.querySelector("[data-queue]");
  if (place) new Queue(place).follow(live);
}

class Queue {
  #place;
  #fresh = new Set();
  #asked = new Set();
  #timer;
  #lastLook = 0;
  #turn = Promise.resolve();

  constructor(place) {
    this.#place = place;
  }

  follow(live) {
    live.addEventListener("change", (event) => this.#ask(event.detail.id));
    live.addEventListener("resync", () => this.#inTurn(() => this.#resync()));
    this.#place.addEventListener("click", (event) => {
      if (event.target.closest("#pill")) this.#inTurn(() => this.#load());
    });
    onKey(".", () => this.#inTurn(() => this.#load()));
  }

  // One read after the other: an older answer must never come after a newer one.
  #inTurn(read) {
    this.#turn = this.#turn.then(read, read);
  }

  // One look for what came within PAUSE; the first one at once.
  #ask(id) {
    this.#asked.add(id);
    if (this.#timer) return;
    const wait = Math.max(0, this.#lastLook + PAUSE - Date.now());
    this.#timer = setTimeout(() => this.#inTurn(() => this.#look()), wait);
  }

  async #look() {
    const ids = [...this.#asked];
    this.#asked.clear();
    this.#lastLook = Date.now();
    this.#timer = null;
    if (ids.length > AT_ONCE) await this.#resync();
    else await Promise.all([...ids.map((id) => this.#lookAt(id)), this.#recount()]);
  }

  async #lookAt(id) {
    const address = this.#place.dataset.rowUrl.replace("00000000-0000-0000-0000-000000000000", id);
    const fragment = await this.#fetch(address);
    const row = fragment?.querySelector("li");
    if (row) this.#receive(row);
    else if (fragment === undefined) setTimeout(() => this.#ask(id), AGAIN);
    else this.#fresh.delete(id);
    this.#show();
  }

  async #resync() {
    const fragment = await this.#fetch(location.pathname + location.search);
    if (!fragment) return;
    const current = [...fragment.querySelectorAll("#rows > li")];
    const ids = new Set(current.map((row) => row.id));
    const gone = this.#shown("pending").filter((row) => !ids.has(row.id));
    for (const row of current) this.#receive(row);
    await Promise.all(gone.slice(0, 20).map((row) => this.#lookAt(row.dataset.id)));
    showCount(fragment);
    this.#show();
  }

  // Only the server can count: rows and number are read at different moments, and
  // most of what waits may stand on other pages.
  async #recount() {
    const fragment = await this.#fetch(this.#place.dataset.countUrl);
    if (fragment) showCount(fragment);
  }

  // null where there is nothing (any more), undefined where nobody answered.
  async #fetch(address) {
    try {
      return await fetchFragment(address);
    } catch {
      return undefined;
    }
  }

  #receive(row) {
    const known = document.getElementById(row.id);
    const isPending = row.dataset.state === "pending";
    if (known) this.#change(known, row);
    else if (!isPending) this.#fresh.delete(row.dataset.id);
    else if (this.#belongsLast(row)) this.#append(row);
    else this.#fresh.add(row.dataset.id);
  }

  // The link itself stays, and with it focus and the pointer's target.
  #change(known, row) {
    Object.assign(known.dataset, row.dataset);
    const [link, newer] = [known.querySelector("a.row"), row.querySelector("a.row")];
    if (link.dataset.state === newer.dataset.state && sameText(link, newer)) return;
    link.dataset.state = newer.dataset.state;
    link.replaceChildren(...newer.childNodes);
    drawTimes(link);
  }

  // Appending moves nothing: allowed where the order allows it.
  #belongsLast(row) {
    if (this.#place.dataset.first !== "yes" || this.#place.querySelector(".pager")) return false;
    if (this.#fresh.size) return false;
    return this.#shown("pending").every((other) => comesBefore(other.dataset, row.dataset));
  }

  #append(row) {
    const list = document.getElementById("rows");
    list.append(row);
    drawTimes(row);
    rove();
    document.getElementById("empty").hidden = true;
  }

  #shown(state) {
    return [...document.querySelectorAll(`#rows > li[data-state="${state}"]`)];
  }

  #tellFailure() {
    fail({
      what: "The new requests could not be loaded.",
      so: "Nothing was decided or changed; what you see may be old.",
      again: () => this.#inTurn(() => this.#load()),
    });
  }

  #show() {
    const pill = document.getElementById("pill");
    const words = `${this.#fresh.size} new`;
    pill.hidden = this.#fresh.size === 0;
    const place = document.getElementById("pill-words");
    if (place.textContent !== words) place.textContent = words;
  }

  async #load() {
    const focusedId = document.activeElement?.closest("#rows > li")?.id;
    const firstPage = this.#place.dataset.first === "yes" ? location.pathname : "/";
    if (firstPage !== location.pathname || location.search) {
      location.assign(firstPage);
      return;
    }
    const fragment = await this.#fetch(location.pathname);
    if (fragment === undefined) this.#tellFailure();
    if (!fragment) return;
    this.#fresh.clear();
    this.#place.replaceChildren(fragment);
    drawTimes(this.#place);
    rove();
    const row = (focusedId && document.getElementById(focusedId)) ?? document.querySelector("#rows > li");
    select(row?.querySelector("a.row"));
  }
}

function showCount(fragment) {
  const words = fragment.querySelector("#waiting").textContent;
  const place = document.getElementById("waiting");
  if (place.textContent !== words) place.textContent = words;
}

function comesBefore(one, other) {
  const [rank, otherRank] = [Number(one.rank), Number(other.rank)];
  return rank > otherRank || (rank === otherRank && one.expires <= other.expires);
}

// Times are drawn differently by now; they are compared as what they mean.
function sameText(one, other) {
  const read = (link) => {
    const copy = link.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.replaceWith(time.dateTime);
    return copy.innerHTML;
  };
  return read(one) === read(other);
}
