// Ctrl+K: go to a page, an agent or a request, or do what this page offers. A verb that
// is chosen goes the way of its key, with all that guards it, and only if the page
// beneath is still the one it was when the palette opened.
import { perform } from "./keys.js";
import { notify } from "./notice.js";
import { collect } from "./palette_items.js";

const INERT = 500;
const SHOWN = 40;
const FRESH = 10000;

export function watchPalette() {
  const dialog = document.getElementById("palette");
  if (dialog) new Palette(dialog).watch();
}

class Palette {
  #dialog;
  #field = document.getElementById("palette-text");
  #list = document.getElementById("palette-list");
  #said = document.getElementById("palette-said");
  #items = [];
  #shown = [];
  #at = -1;
  #places = [];
  #placesAt = -Infinity;
  #openedAt = 0;
  #facts;

  constructor(dialog) {
    this.#dialog = dialog;
  }

  watch() {
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      if (!event.repeat && !event.isComposing) this.#open();
    });
    for (const button of document.querySelectorAll("[data-open-palette]")) button.addEventListener("click", () => this.#open());
    this.#field.addEventListener("input", () => this.#draw());
    this.#field.addEventListener("keydown", (event) => this.#press(event));
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose(this.#shown[Number(option.dataset.at)]);
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    // The page shows again: its verbs are inert for a moment, as after any return.
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue !== "chosen") window.dispatchEvent(new Event("focus"));
    });
  }

  #open() {
    if (document.querySelector("dialog[open]")) return;
    this.#openedAt = performance.now();
    this.#facts = facts();
    this.#items = collect();
    this.#field.value = "";
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    this.#field.focus();
    this.#draw();
    this.#load();
  }

  async #load() {
    if (performance.now() - this.#placesAt < FRESH) return;
    try {
      const response = await fetch(this.#dialog.dataset.places, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(10000) });
      if (!response.ok) throw new Error(String(response.status));
      const { agents, requests } = await response.json();
      this.#places = [...requests.map((one) => place("Requests", one)), ...agents.map((one) => place("Agents", one))];
      this.#placesAt = performance.now();
      this.#draw();
    } catch {
      this.#places = [];
      this.#draw();
      this.#said.textContent = "Requests and agents could not be loaded. Nothing was changed.";
    }
  }

  #press(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const [count, isDown] = [this.#shown.length, event.key === "ArrowDown"];
      const from = isDown ? this.#at : Math.max(this.#at, 0);
      if (count) this.#mark((from + (isDown ? 1 : count - 1)) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat && this.#shown[this.#at]) this.#choose(this.#shown[this.#at]);
    }
  }

  #draw() {
    const text = this.#field.value.trim().toLowerCase();
    const found = text ? matching([...this.#items, ...this.#places, ...this.#byId(text)], text) : this.#first();
    this.#shown = byGroup(found.slice(0, SHOWN));
    this.#list.replaceChildren(...groups(this.#shown));
    // Enter alone, right after the palette opened, must not do anything.
    this.#mark(text ? 0 : -1);
    const more = found.length - this.#shown.length;
    this.#said.textContent = found.length ? `${found.length} found${more > 0 ? `, ${more} not shown` : ""}` : "Nothing found";
  }

  // Before anything is typed: what this page offers, the pages, the newest requests.
  #first() {
    return [...this.#items, ...this.#places.filter((item) => item.group === "Requests").slice(0, 8)];
  }

  #byId(text) {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return [];
    const address = this.#dialog.dataset.request.replace("00000000-0000-0000-0000-000000000000", text);
    return [place("Requests", { words: `Open the request ${text}`, detail: "", address })];
  }

  #mark(at) {
    this.#at = at;
    const options = this.#list.querySelectorAll("[role=option]");
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    const chosen = options[at];
    if (chosen) this.#field.setAttribute("aria-activedescendant", chosen.id);
    else this.#field.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  #choose(item) {
    const wasCovered = item.element && (facts() !== this.#facts || !item.element.isConnected);
    if (item.element && performance.now() - this.#openedAt < INERT) return;
    if (wasCovered) {
      this.#dialog.close();
      notify("The page changed while the palette was open. Nothing was done. Look at it again.", { seconds: 20 });
      return;
    }
    this.#dialog.close("chosen");
    if (item.address) location.assign(item.address);
    else if (!(item.key?.length === 1 && perform(item.key))) item.element.click();
  }
}

// What the reader of a request, or of several, decides on; nothing on other pages.
function facts() {
  return [...document.querySelectorAll("[data-facts]")].map((element) => element.dataset.facts).join("\n");
}

function place(group, { words, detail, address }) {
  return { group, words, detail, address };
}

// Every word must be in it; what begins with the text comes first.
function matching(items, text) {
  const parts = text.split(/\s+/);
  const found = items.filter((item) => {
    const whole = `${item.words} ${item.detail ?? ""} ${item.group}`.toLowerCase();
    return parts.every((part) => whole.includes(part));
  });
  const begins = (item) => item.words.toLowerCase().startsWith(text);
  return [...found.filter(begins), ...found.filter((item) => !begins(item))];
}

// The group of the best comes first; the order of the keys is that on the screen.
function byGroup(items) {
  const order = [...new Set(items.map((item) => item.group))];
  return items.toSorted((one, other) => order.indexOf(one.group) - order.indexOf(other.group));
}

function groups(items) {
  const made = new Map();
  items.forEach((item, at) => {
    if (!made.has(item.group)) made.set(item.group, group(item.group, made.size));
    made.get(item.group).append(option(item, at));
  });
  return [...made.values()];
}

function group(name, number) {
  const [box, title] = [document.createElement("div"), document.createElement("div")];
  box.setAttribute("role", "group");
  title.id = `palette-group-${number}`;
  title.className = "palette-group";
  title.textContent = name;
  box.setAttribute("aria-labelledby", title.id);
  box.append(title);
  return box;
}

// Names come from agents, too: only ever as text.
function option(item, at) {
  const made = document.createElement("div");
  made.setAttribute("role", "option");
  made.id = `palette-option-${at}`;
  made.dataset.at = at;
  const words = document.createElement("span");
  words.className = "isolate";
  words.textContent = item.words;
  made.append(words);
  if (item.detail) made.append(small("span", item.detail));
  if (item.key) made.append(...item.key.split(" ").map((key) => small("kbd", key)));
  return made;
}

function small(name, text) {
  const made = document.createElement(name);
  made.className = name === "span" ? "muted small isolate" : "";
  made.textContent = text;
  return made;
}
