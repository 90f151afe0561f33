// The reader's time zone: the one they chose, else the browser's.

const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();

// 7:05 PM where a day has two halves, 07:05 elsewhere.
export const HOUR_STYLE = hour12 ? "numeric" : "2-digit";

export function formatIn(options) {
  const timeZone = document.documentElement.dataset.timeZone || undefined;
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(undefined, options); // A zone this browser does not know.
  }
}
