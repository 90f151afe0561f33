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
const RECOUNT = 1500;
const WHOLE = 3000;

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
  #count = new Rarely(RECOUNT, () => this.#inTurn(() => this.#recount()));
  #whole = new Rarely(WHOLE, () => this.#inTurn(() => this.#resync()));
  #turn = Promise.resolve();

  constructor(place) {
    this.#place = place;
  }

  follow(live) {
    live.addEventListener("change", (event) => this.#ask(event.detail.id));
    live.addEventListener("brake", () => this.#whole.ask());
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
    else {
      this.#count.ask();
      await Promise.all(ids.map((id) => this.#lookAt(id)));
    }
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
    for (const flood of fragment.querySelectorAll("#rows > li.flood")) this.#changeFlood(flood);
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
    const equal = this.#equal(row);
    if (known) this.#changeKnown(known, row);
    else if (!isPending || row.dataset.fits === "no") this.#fresh.delete(row.dataset.id);
    else if (this.#isLeftOut(row)) this.#whole.ask();
    else if (!equal && this.#belongsLast(row)) this.#append(row);
    else if (!equal) this.#fresh.add(row.dataset.id);
    // What came or went is counted on the row that it is folded into.
    if (!known && equal) this.#lookLater(equal.dataset.id);
  }

  // Of equal requests, the others go on waiting when the shown one is decided.
  #changeKnown(known, row) {
    const next = known.dataset.next;
    const ends = known.dataset.state === "pending" && row.dataset.state !== "pending";
    this.#change(known, row);
    if (ends && next) this.#ask(next);
  }

  // The shown row that stands for this request: the same action in the same tier.
  #equal(row) {
    const { digest, rank, id } = row.dataset;
    if (new URLSearchParams(location.search).get("q")?.includes("digest:")) return undefined;
    const same = (other) => other.dataset.digest === digest && other.dataset.rank === rank && other.dataset.id !== id;
    return this.#shown("pending").find(same);
  }

  #lookLater(id) {
    if (!this.#asked.has(id)) this.#ask(id);
  }

  // Its agent has as many rows as the list allows, and it comes after them.
  #isLeftOut(row) {
    const flood = floodOf(row.dataset.agent);
    const last = flood?.previousElementSibling;
    return Boolean(last?.dataset.rank) && comesBefore(last.dataset, row.dataset);
  }

  #changeFlood(newer) {
    const known = floodOf(newer.dataset.agent);
    if (!known || known.textContent === newer.textContent) return;
    known.querySelector("a").replaceChildren(...newer.querySelector("a").childNodes);
  }

  // The link itself stays, and with it focus and the pointer's target.
  #change(known, row) {
    Object.assign(known.dataset, row.dataset);
    changeFold(known, row);
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
    if (this.#place.dataset.first !== "yes") {
      location.assign(this.#place.dataset.firstUrl);
      return;
    }
    const fragment = await this.#fetch(location.pathname + location.search);
    if (fragment === undefined) this.#tellFailure();
    if (!fragment) return;
    showCount(fragment);
    fragment.querySelector("#splits")?.remove();
    this.#fresh.clear();
    this.#place.replaceChildren(fragment);
    drawTimes(this.#place);
    rove();
    const row = (focusedId && document.getElementById(focusedId)) ?? document.querySelector("#rows > li");
    select(row?.querySelector("a.row"));
  }
}

function showCount(fragment) {
  for (const id of ["waiting", "found"]) {
    const [place, words] = [document.getElementById(id), fragment.querySelector(`#${id}`)?.textContent];
    if (place && words && place.textContent !== words) place.textContent = words;
  }
  for (const count of fragment.querySelectorAll("[data-split]")) {
    const shown = document.querySelector(`#splits [data-split="${CSS.escape(count.dataset.split)}"]`);
    if (shown && shown.textContent !== count.textContent) shown.textContent = count.textContent;
  }
}

function floodOf(agent) {
  return document.querySelector(`#rows > li.flood[data-agent="${CSS.escape(agent)}"]`);
}

// It has no height of its own while it is closed, so it may come and go.
function changeFold(known, row) {
  const [old, newer] = [known.querySelector(".fold"), row.querySelector(".fold")];
  if (!newer) old?.remove();
  else if (!old) known.append(newer);
  else if (old.textContent !== newer.textContent) {
    // The summary itself stays, and with it the focus.
    const [summary, other] = [old.querySelector("summary"), newer.querySelector("summary")];
    summary.setAttribute("aria-label", other.getAttribute("aria-label"));
    summary.replaceChildren(...other.childNodes);
    old.querySelector(".fold-list").replaceWith(newer.querySelector(".fold-list"));
  }
  const shown = known.querySelector(".fold");
  if (shown) drawTimes(shown);
}

// Asked as often as it may be, done once in a while: the first time at once.
class Rarely {
  #pause;
  #act;
  #last = -Infinity;
  #timer;

  constructor(pause, act) {
    this.#pause = pause;
    this.#act = act;
  }

  ask() {
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + this.#pause - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#last = Date.now();
      this.#act();
    }, wait);
  }
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
