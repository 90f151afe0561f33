// The editor of a draft: line numbers, jumps to problems, saving by itself.
import { drawTimes } from "./clock.js";
import { PolicySaver } from "./policy_saving.js";

const NEW_RULE = ["  - key: new-rule", "    when: ", "    tier: ", "    why: "];

const text = () => document.getElementById("source");
const gutter = () => document.querySelector(".gutter");

export function watchDraft() {
  const form = document.querySelector("[data-draft]");
  if (!form) return;
  drawGutter();
  text().addEventListener("input", drawGutter);
  text().addEventListener("scroll", scrollGutter);
  text().addEventListener("keydown", keepIndentation);
  for (const event of ["keyup", "click", "focus", "input"]) text().addEventListener(event, showPlace);
  new ResizeObserver(scrollGutter).observe(text());
  document.addEventListener("click", jump);
  document.addEventListener("htmx:after:swap", () => {
    markLines();
    drawTimes();
  });
  document.querySelector("[data-new-rule]").addEventListener("click", addRule);
  new PolicySaver(form, text()).watch();
  if (window.location.hash === "#new-rule") {
    window.history.replaceState(null, "", window.location.pathname);
    addRule();
  }
}

// The first of the rules, for they have no order; the cursor is at its condition.
function addRule() {
  const lines = text().value.split("\n");
  const at = lines.findIndex((line) => /^rules:\s*(#.*)?$/.test(line));
  const added = at < 0 ? ["rules:", ...NEW_RULE] : NEW_RULE;
  const place = at < 0 ? lines.length : at + 1;
  const before = lines.slice(0, place).join("\n").length;
  text().focus();
  text().setSelectionRange(before, before);
  document.execCommand("insertText", false, `\n${added.join("\n")}`);
  showAt(place + added.indexOf(NEW_RULE[1]) + 1, NEW_RULE[1].length + 1);
}

// As many numbers as there are lines; only the difference is touched.
function drawGutter() {
  const wanted = text().value.split("\n").length;
  const place = gutter();
  while (place.childElementCount > wanted) place.lastElementChild.remove();
  const added = document.createDocumentFragment();
  for (let number = place.childElementCount + 1; number <= wanted; number += 1) {
    const line = document.createElement("span");
    line.textContent = number;
    added.append(line);
  }
  place.append(added);
  markLines();
  scrollGutter();
}

function scrollGutter() {
  gutter().scrollTop = text().scrollTop;
}

function markLines() {
  const wrong = new Set([...document.querySelectorAll("#checked [data-line]")].map((item) => Number(item.dataset.line)));
  [...gutter().children].forEach((line, index) => line.classList.toggle("wrong", wrong.has(index + 1)));
}

function jump(event) {
  const link = event.target.closest("[data-jump]");
  if (!link) return;
  event.preventDefault();
  showAt(...link.dataset.jump.split(":").map(Number));
}

function showAt(line, column) {
  const before = text().value.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, one) => sum + one.length + 1, 0);
  // Columns count characters, a selection counts UTF-16 units.
  const characters = [...(text().value.split("\n")[line - 1] ?? "")];
  const at = start + characters.slice(0, column - 1).join("").length;
  text().focus();
  text().setSelectionRange(at, at);
  const height = text().scrollHeight / text().value.split("\n").length;
  text().scrollTop = Math.max(0, (line - 1) * height - text().clientHeight / 3);
  showPlace();
}

// Enter begins the next line as deep as this one; Tab leaves the field as everywhere.
function keepIndentation(event) {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
  const { value, selectionStart } = text();
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const indentation = /^ */.exec(line)[0];
  if (!indentation) return;
  event.preventDefault();
  // The one way to type for somebody that they can undo.
  document.execCommand("insertText", false, `\n${indentation}`);
}

function showPlace() {
  const before = text().value.slice(0, text().selectionStart).split("\n");
  document.querySelector("[data-place]").textContent = `${before.length}:${[...before.at(-1)].length + 1}`;
}
