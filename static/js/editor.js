// The editor of arguments: Ctrl+Enter shows the preview, and saving waits a moment.
const INERT = 500;

export function watchEditor() {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  let isInert;
  let timer;
  // For a moment after the page shows or gets the focus, and one sees it.
  const disarm = () => {
    const save = form.querySelector("[data-save]");
    isInert = true;
    save?.setAttribute("aria-disabled", "true");
    clearTimeout(timer);
    timer = setTimeout(() => {
      isInert = false;
      save?.removeAttribute("aria-disabled");
    }, INERT);
  };
  disarm();
  window.addEventListener("focus", disarm);
  form.addEventListener("submit", (event) => {
    const isSave = event.submitter?.matches("[data-save]");
    if (isSave && isInert) event.preventDefault();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat || event.isComposing) return;
    event.preventDefault();
    form.querySelector("[data-preview]").click();
  });
  // What was previewed is no longer what would be saved.
  form.querySelector("textarea").addEventListener("input", () => {
    const save = form.querySelector("[data-save]");
    if (save) save.disabled = true;
  });
}
