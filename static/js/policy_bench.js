// The test bench: Ctrl+Enter runs it, a picked request fills it; lists that filter.
import { drawTimes } from "./clock.js";

export function watchBench() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
  if (!document.querySelector("[data-bench]")) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat || event.isComposing) return;
    event.preventDefault();
    document.querySelector("[data-bench]").requestSubmit();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    drawTimes();
    if (event.detail.ctx?.target?.id === "bench") document.getElementById("bench-text").focus();
  });
}

function filter(field) {
  const wanted = field.value.trim().toLowerCase();
  for (const item of document.querySelector(field.dataset.filter).children) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
}
