// One line at the foot of the page, read out politely, gone after a while.
let timer;

export function notify(words, { seconds = 8 } = {}) {
  const place = document.getElementById("notice");
  place.textContent = words;
  clearTimeout(timer);
  timer = setTimeout(() => {
    place.textContent = "";
  }, seconds * 1000);
}
