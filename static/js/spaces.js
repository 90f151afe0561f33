// Spaces and tabs of diffs, drawn: a change of nothing else would not be seen.
const root = document.documentElement;

export function watchSpaces() {
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-spaces]")) return;
    root.toggleAttribute("data-ui-spaces");
    showSpaces();
  });
}

// The state belongs to the page, not to what is swapped into it.
export function showSpaces() {
  const isShown = root.hasAttribute("data-ui-spaces");
  for (const button of document.querySelectorAll("[data-spaces]")) button.setAttribute("aria-pressed", isShown);
  if (!isShown) return;
  for (const code of document.querySelectorAll(":is(.half, .line) code:not(:has(.blank))")) mark(code);
}

// The characters stay what they are; what is drawn lies over them.
function mark(code) {
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = text.data.split(/([ \t]+)/).filter(Boolean);
    text.replaceWith(...parts.map((part) => (/^[ \t]/.test(part) ? blank(part) : part)));
  }
}

function blank(text) {
  const made = document.createElement("span");
  made.className = "blank";
  made.dataset.drawn = text.replaceAll(" ", "·").replaceAll("\t", "→\t");
  made.textContent = text;
  return made;
}
