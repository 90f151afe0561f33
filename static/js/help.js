// The help: what works on this page first, what works everywhere after it.
export function arrangeHelp(dialog) {
  const here = dialog.querySelector("[data-keys-here]");
  const elsewhere = dialog.querySelector("[data-keys-elsewhere]");
  for (const section of dialog.querySelectorAll("section[data-where]")) {
    const works = document.querySelector(section.dataset.where) !== null;
    (works ? here : elsewhere).append(section);
  }
  here.append(...here.querySelectorAll("section:not([data-where])"));
  elsewhere.closest("details").hidden = elsewhere.childElementCount === 0;
}
