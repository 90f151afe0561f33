// What a page offers, read from the page itself: whatever shows its key can be found by
// its words, so nothing has to be listed twice.
export function collect() {
  return [...verbs(), ...pages(), ...tools()];
}

function verbs() {
  const offered = document.querySelectorAll(":is(main, .brake-banner) :is(button, a, summary)");
  return [...offered].filter(isOffered).map((element) => ({
    group: "This page",
    words: wordsOf(element),
    key: keyOf(element),
    element,
  }));
}

function isOffered(element) {
  if (!element.querySelector("kbd") && !element.dataset.key && !element.dataset.words) return false;
  return !element.disabled && !element.closest(".palette") && isVisible(element) && wordsOf(element) !== "";
}

function pages() {
  const links = [...document.querySelectorAll(".topbar :is(.tabs a, .brake-menu a, .account .menu a)")];
  return links.map((link) => ({
    group: "Pages",
    words: wordsOf(link),
    key: link.dataset.go ? `g ${link.dataset.go}` : "",
    address: link.href,
  }));
}

function tools() {
  const [help, theme] = ["[data-open-keys]", "[data-theme-toggle]"].map((name) => document.querySelector(name));
  const out = document.querySelector(".topbar .account .menu form button");
  const made = [
    { element: help, words: "Keyboard help", key: "?" },
    { element: theme, words: "Change the theme", detail: theme?.title },
    { element: out, words: "Sign out" },
  ];
  return made.filter((item) => item.element).map((item) => ({ group: "More", ...item }));
}

function isVisible(element) {
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;
}

function keyOf(element) {
  if (element.dataset.key) return element.dataset.key;
  return [...element.querySelectorAll("kbd")].map((key) => key.textContent.trim()).join(" ");
}

function wordsOf(element) {
  if (element.dataset.words) return element.dataset.words;
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll("kbd")) key.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}
