// Saves a draft, one save at a time, and never over what another tab has saved.
import { drawTimes } from "./clock.js";
import { notify } from "./notice.js";

const PAUSE = 1000;
const AGAIN = 5000;

export class PolicySaver {
  #form;
  #text;
  #saved;
  #timer;
  #saving = null;
  #isStopped = false;

  constructor(form, text) {
    this.#form = form;
    this.#text = text;
    this.#saved = text.value;
  }

  watch() {
    this.#text.addEventListener("input", () => this.#later(PAUSE));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save({ isAsked: true });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      if (!event.repeat) this.save({ isAsked: true });
    });
    document.addEventListener("click", (event) => this.#settle(event.target));
    for (const link of document.querySelectorAll("[data-saved-first]")) link.addEventListener("click", (event) => this.#first(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#isChanged) event.preventDefault();
    });
  }

  get #isChanged() {
    return this.#text.value !== this.#saved;
  }

  #later(pause) {
    this.#say("Not saved yet");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), pause);
  }

  // One after the other; whoever asks while one is under way waits for that one.
  save(options = {}) {
    this.#saving ??= this.#save(options).finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  async #save({ isAsked = false }) {
    if (this.#isStopped) return;
    if (!this.#isChanged) {
      this.#say("Saved");
      if (isAsked) notify("Saved.");
      return;
    }
    clearTimeout(this.#timer);
    const sent = this.#text.value;
    try {
      const response = await fetch(this.#form.action, {
        method: "POST",
        headers: { "HX-Request": "true" },
        body: new URLSearchParams(new FormData(this.#form)),
        signal: AbortSignal.timeout(10000),
      });
      await this.#answered(response, sent, isAsked);
    } catch {
      this.#say("Not saved: no answer. Trying again.");
      this.#timer = setTimeout(() => this.save(), AGAIN);
    }
    if (!this.#isStopped && this.#isChanged && sent !== this.#text.value) this.#later(PAUSE);
  }

  async #answered(response, sent, isAsked) {
    const elsewhere = response.headers.get("HX-Redirect");
    if (response.ok && !elsewhere) {
      this.#saved = sent;
      document.getElementById("saved").innerHTML = await response.text();
      const { edition } = this.#form.elements;
      for (const field of document.querySelectorAll("[data-edition]")) field.value = edition.value;
      drawTimes();
      if (isAsked) notify("Saved.");
    } else if ([409, 422].includes(response.status)) {
      this.#isStopped = true;
      document.getElementById("conflict").innerHTML = await response.text();
      this.#say("Not saved");
      drawTimes();
      document.getElementById("conflict").scrollIntoView({ block: "center" });
    } else {
      this.#say(elsewhere ? "Not saved: sign in again in another tab." : `Not saved: the server answered ${response.status}.`);
      this.#timer = setTimeout(() => this.save(), AGAIN);
    }
  }

  // After a conflict: mine over theirs, or theirs into the editor, with mine kept beside.
  #settle(pressed) {
    const theirs = document.getElementById("theirs");
    if (!theirs || !pressed.matches("[data-keep-mine], [data-take-theirs]")) return;
    this.#form.elements.edition.value = theirs.dataset.edition;
    this.#isStopped = false;
    if (pressed.matches("[data-take-theirs]")) {
      const mine = this.#text.value;
      this.#text.value = theirs.value;
      this.#saved = theirs.value;
      theirs.value = mine;
      document.querySelector("label[for=theirs]").textContent = "What was in the editor";
      pressed.closest(".editor-row").remove();
      this.#text.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      document.getElementById("conflict").replaceChildren();
      this.save({ isAsked: true });
    }
    this.#text.focus();
  }

  // What is tried or published is what is saved.
  async #first(event) {
    if (!this.#isChanged) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    await this.save();
    // The one that was under way may have begun before the last key.
    if (this.#isChanged) await this.save();
    if (!this.#isChanged) location.assign(href);
  }

  #say(words) {
    const place = document.querySelector("#saved [data-state]");
    if (place) place.textContent = words;
  }
}
