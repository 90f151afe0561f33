// The theme button: system, light, dark, and round again. In force at once, then kept
// by the server; until it has answered, in this browser.
const ORDER = ["system", "light", "dark"];
const UNSENT = "theme-unsent";

export function watchThemeButton() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    label(button);
    const unsent = unsentTheme();
    if (unsent) send(button, unsent);
    button.addEventListener("click", () => {
      const theme = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
      show(theme);
      label(button);
      send(button, theme);
    });
  }
}

function current() {
  return document.documentElement.dataset.theme ?? "system";
}

function show(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  keep("theme", theme);
}

function unsentTheme() {
  try {
    const unsent = JSON.parse(localStorage.getItem(UNSENT));
    const isMine = unsent?.person === document.documentElement.dataset.person;
    return isMine && !unsent.answered ? unsent.theme : null;
  } catch {
    return null;
  }
}

async function send(button, theme) {
  const sent = { person: document.documentElement.dataset.person, theme };
  keep(UNSENT, JSON.stringify(sent));
  const form = new FormData();
  form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  form.set("theme", theme);
  try {
    // Outlives the page, if somebody leaves it at once.
    const answer = await fetch(button.dataset.themeToggle, { method: "POST", body: form, keepalive: true });
    // Not forgotten yet: the next page may have been made before this was kept.
    if (answer.ok && unsentTheme() === theme) keep(UNSENT, JSON.stringify({ ...sent, answered: Date.now() }));
  } catch {
    // Said again by the next page.
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Not kept, but in force on this page.
  }
}

function label(button) {
  button.setAttribute("aria-label", `Theme: ${current()}`);
  button.title = `Theme: ${current()}`;
}
