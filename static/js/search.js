// The field above a list: words to choose while typing, and the form that keeps a search.
import { fetchFragment } from "./fragments.js";
import { onKey } from "./keys.js";

const MOST = 12;

export function watchSearch() {
  const field = document.getElementById("search");
  if (!field) return;
  new Words(field).watch();
  showTab();
  onKey("s", openForm);
  onKey("/", () => {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
}

// On a phone, and beside what is read, the tabs are wider than their place.
export function showTab() {
  document.querySelector("#splits [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function openForm() {
  const form = document.getElementById("save-view");
  if (!form) return false;
  form.open = true;
  document.getElementById("view-name").focus();
  return undefined;
}

// A combobox over the word that the cursor stands in (ARIA practices: list, manual).
class Words {
  #field;
  #list;
  #all;
  #current = -1;

  constructor(field) {
    this.#field = field;
    this.#list = document.getElementById("search-words");
  }

  watch() {
    const field = this.#field;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.#list.id);
    field.setAttribute("aria-expanded", "false");
    field.addEventListener("input", () => this.#offer());
    field.addEventListener("keydown", (event) => this.#press(event));
    field.addEventListener("blur", () => this.#close());
    // Before the field loses the focus, and the list with it.
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#take(option);
    });
  }

  async #offer() {
    this.#all ??= this.#load();
    const options = await this.#all;
    const word = this.#word();
    const typed = word.text.toLowerCase();
    const fits = (option) => {
      const text = option.dataset.text;
      return typed && text.startsWith(typed) && text !== typed && (typed.includes(":") || text.endsWith(":"));
    };
    const found = options.filter(fits).slice(0, MOST);
    this.#list.replaceChildren(...found);
    this.#mark(-1);
    this.#show(found.length > 0 && document.activeElement === this.#field);
  }

  async #load() {
    try {
      const address = this.#field.form.dataset.wordsUrl;
      const fragment = await fetchFragment(address);
      return [...(fragment?.querySelectorAll("[role=option]") ?? [])];
    } catch {
      this.#all = undefined;
      return [];
    }
  }

  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.#leave(event);
    if (this.#list.hidden) return;
    const options = [...this.#list.children];
    if (event.key === "ArrowDown") this.#mark((this.#current + 1) % options.length);
    else if (event.key === "ArrowUp") this.#mark((this.#current < 1 ? options.length : this.#current) - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && this.#current >= 0) this.#take(options[this.#current]);
    else return;
    event.preventDefault();
  }

  // First the words go, then the field.
  #leave(event) {
    if (this.#list.hidden) this.#field.blur();
    this.#close();
    event.preventDefault();
  }

  #take(option) {
    const { start, end, minus } = this.#word();
    const text = /\s/.test(option.dataset.text) ? quoted(option.dataset.text) : option.dataset.text;
    const after = text.endsWith(":") ? "" : " ";
    this.#field.setRangeText(minus + text + after, start, end, "end");
    this.#close();
    if (!after) this.#offer();
  }

  // The word before and after the cursor, without its minus.
  #word() {
    const { value, selectionStart: at } = this.#field;
    const start = value.slice(0, at).search(/\S*$/);
    const end = at + value.slice(at).search(/\s|$/);
    const raw = value.slice(start, end);
    const minus = raw.startsWith("-") ? "-" : "";
    return { start, end, minus, text: raw.slice(minus.length) };
  }

  #mark(index) {
    this.#current = index;
    for (const [number, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(number === index));
      if (number === index) option.scrollIntoView({ block: "nearest" });
    }
    const chosen = this.#list.children[index];
    if (chosen) this.#field.setAttribute("aria-activedescendant", chosen.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #show(isOpen) {
    this.#list.hidden = !isOpen;
    this.#field.setAttribute("aria-expanded", String(isOpen));
  }

  #close() {
    this.#mark(-1);
    this.#show(false);
  }
}

function quoted(text) {
  const [key, ...rest] = text.split(":");
  return `${key}:"${rest.join(":")}"`;
}
