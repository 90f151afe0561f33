// Times in the reader's zone, counted on the server's clock.
import { notify } from "./notice.js";
import { HOUR_STYLE, formatIn } from "./zone.js";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const SOON = 5 * MINUTE;
const day = formatIn({ day: "numeric", month: "short" });
const date = formatIn({ dateStyle: "short" });
const time = formatIn({ hour: HOUR_STYLE, minute: "2-digit", timeZoneName: "short" });
const full = formatIn({ dateStyle: "full", timeStyle: "long" });

let offset = 0;
const announced = new Set();

export function setServerTime(iso) {
  offset = Date.parse(iso) - Date.now();
}

export function serverNow() {
  return Date.now() + offset;
}

export function startClock() {
  const stamp = document.querySelector('meta[name="server-time"]');
  if (stamp) setServerTime(stamp.content);
  drawTimes();
  setInterval(drawTimes, 1000);
}

export function drawTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-time]")) draw(element);
  announceDeadline();
}

function draw(element) {
  const at = new Date(element.dateTime);
  if (element.dataset.time === "utc") return;
  const words = wordsFor(at, element.dataset.time);
  if (element.textContent === words) return;
  element.textContent = words;
  element.title = `${full.format(at)} · ${element.dateTime}`;
  element.classList.toggle("soon", isSoon(at));
}

function wordsFor(at, style) {
  if (style === "relative") return relative(at);
  if (style === "absolute") return absolute(at);
  return `${absolute(at)} (${relative(at)})`;
}

function absolute(at) {
  const isToday = date.format(serverNow()) === date.format(at);
  return isToday ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
}

function secondsUntil(at) {
  return (at.getTime() - serverNow()) / 1000;
}

function isSoon(at) {
  const seconds = secondsUntil(at);
  return seconds > 0 && seconds < SOON;
}

export function relative(at) {
  const seconds = secondsUntil(at);
  return seconds > 0 ? `in ${length(seconds, true)}` : past(-seconds);
}

function past(seconds) {
  return seconds < MINUTE ? "just now" : `${length(seconds, false)} ago`;
}

// Text changes each minute; seconds only in the last five.
function length(seconds, counting) {
  if (counting && seconds < SOON) {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")} min`;
  }
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) {
    const minutes = Math.floor((seconds % HOUR) / MINUTE);
    return minutes && seconds < 6 * HOUR
      ? `${Math.floor(seconds / HOUR)} h ${minutes} min`
      : `${Math.floor(seconds / HOUR)} h`;
  }
  const days = Math.floor(seconds / DAY);
  return days === 1 ? "1 day" : `${days} days`;
}

function announceDeadline() {
  const deadline = document.querySelector("[data-deadline]");
  if (!deadline) return;
  const seconds = secondsUntil(new Date(deadline.dataset.deadline));
  deadline.classList.toggle("soon", seconds < SOON);
  for (const minutes of [5, 1]) {
    const key = `${deadline.dataset.deadline} ${minutes}`;
    const isNow = seconds <= minutes * MINUTE && seconds > minutes * MINUTE - 5;
    if (isNow && !announced.has(key)) {
      announced.add(key);
      notify(`Denied automatically in ${minutes} minute${minutes === 1 ? "" : "s"}.`);
    }
  }
}
