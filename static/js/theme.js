// Loaded before the first paint, so that a chosen theme never flashes. What the server
// keeps for somebody goes before what this browser keeps, unless it was not told yet.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const { person, themeKept } = root.dataset;
    const unsent = JSON.parse(localStorage.getItem("theme-unsent"));
    const mine = person && unsent?.person === person ? unsent.theme : null;
    const theme = mine ?? themeKept ?? localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    // For the page to sign in at, which knows nobody.
    if (themeKept) localStorage.setItem("theme", theme);
  } catch {
    // Storage is off: what the server wrote, or the system's.
  }
})();
