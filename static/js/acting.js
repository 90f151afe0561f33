// A row says what its reader has just done to it, before the server has answered.
const KEPT = 10000;

const DOING = { approve: "approving…", deny: "denying…", hide: "hiding…" };

// ``verb``: approve, deny or hide.
export function say(id, verb) {
  show(id, DOING[verb], false);
}

export function unsay(id) {
  rowOf(id)?.querySelector(".acting")?.remove();
}

// The row is as it was, and says for a while why.
export function revert(id, why) {
  const mark = show(id, why, true);
  setTimeout(() => mark?.remove(), KEPT);
}

const rowOf = (id) => document.getElementById(`row-${id}`);

// Over the row, beside its link: neither moves, and what redraws the one leaves the other.
function show(id, words, isFailure) {
  const row = rowOf(id);
  if (!row) return null;
  unsay(id);
  const mark = document.createElement("span");
  mark.className = isFailure ? "acting failed" : "acting";
  mark.textContent = words;
  row.append(mark);
  return mark;
}
