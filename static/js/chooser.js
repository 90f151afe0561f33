// The theme button: system, light, dark, and round again; kept in this browser.
const ORDER = ["system", "light", "dark"];

export function watchThemeButton() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    label(button);
    button.addEventListener("click", () => {
      choose(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
      label(button);
    });
  }
}

function current() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not kept, but in force on this page.
  }
}

function label(button) {
  button.setAttribute("aria-label", `Theme: ${current()}`);
  button.title = `Theme: ${current()}`;
}
