// The reader's time zone: the one they chose, else the browser's.
export function formatIn(options) {
  const timeZone = document.documentElement.dataset.timeZone || undefined;
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(undefined, options); // A zone this browser does not know.
  }
}
