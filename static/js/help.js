// The help: what works on this page first, what works everywhere after it; and without
// the keys that somebody has turned off. A page that has a part of a section's keys is
// told of that part alone.
const ARROWS = "↑↓←→";

export function arrangeHelp(dialog, { singleKeys }) {
  if (!singleKeys) dialog.querySelectorAll("dl > div").forEach(leaveOutSingle);
  const here = dialog.querySelector("[data-keys-here]");
  const elsewhere = dialog.querySelector("[data-keys-elsewhere]");
  for (const section of dialog.querySelectorAll("section[data-where]")) {
    const rows = [...section.querySelectorAll("dl > div:not([hidden])")];
    const works = isHere(section) ? rows.filter(isHere) : [];
    if (works.length) for (const row of rows) row.hidden = !works.includes(row);
    (works.length ? here : elsewhere).append(section);
  }
  here.append(...here.querySelectorAll("section:not([data-where])"));
  elsewhere.closest("details").hidden = elsewhere.childElementCount === 0;
}

function isHere({ dataset }) {
  return !dataset.where || document.querySelector(dataset.where) !== null;
}

function leaveOutSingle(row) {
  const keys = [...row.querySelectorAll("dt kbd")];
  if (keys.some((key) => key.textContent === "Ctrl")) return;
  for (const key of keys) key.hidden = isSingle(key.textContent);
  row.hidden = keys.every((key) => key.hidden || key.textContent === "Shift");
}

function isSingle(name) {
  return name.length === 1 && !ARROWS.includes(name);
}
