// One's own page: Ctrl+S saves, as in every editor.
export function watchPreferences() {
  const form = document.querySelector("[data-preferences]");
  if (!form) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!event.repeat) form.requestSubmit();
  });
  // What is saved here is newer than what the button in the top bar could not send.
  form.addEventListener("submit", () => {
    try {
      localStorage.removeItem("theme-unsent");
    } catch {
      // Storage is off: nothing is kept there.
    }
  });
  // In force at once, so that one sees what one chooses; kept when it is saved.
  form.elements.theme.addEventListener("change", ({ target }) => {
    if (target.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = target.value;
  });
  form.elements.density.addEventListener("change", ({ target }) => {
    document.documentElement.dataset.density = target.value;
  });
}
