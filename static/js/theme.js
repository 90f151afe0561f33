// Loaded before the first paint, so that a chosen theme never flashes. What the server
// keeps for somebody goes before what this browser keeps, unless the server made this
// page before it was told.
(() => {
  const ON_ITS_WAY = 5000;
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const { person, themeKept } = root.dataset;
    const unsent = JSON.parse(localStorage.getItem("theme-unsent"));
    const isNewer = !unsent?.answered || Date.now() - unsent.answered < ON_ITS_WAY;
    const mine = person && unsent?.person === person && isNewer ? unsent.theme : null;
    const theme = mine ?? themeKept ?? localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    // For the page to sign in at, which knows nobody.
    if (themeKept) localStorage.setItem("theme", theme);
  } catch {
    // Storage is off: what the server wrote, or the system's.
  }
})();
