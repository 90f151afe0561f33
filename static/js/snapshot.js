// The last queue of one person on this device, for when the server is out of reach: text
// that looks like the list and can do nothing. No links, no forms, no tokens.
const LIST = "countersign-list";
const ADDRESS = "/offline/list";
const LONGEST = 12 * 3600 * 1000;
const ELEMENTS = new Set(["CODE", "DIV", "I", "LI", "P", "SPAN", "STRONG", "TIME"]);
const ATTRIBUTES = new Set(["class", "data-code", "data-state", "data-time", "datetime", "title"]);

export async function keep(person, rows, at) {
  const html = rows.map((row) => cleaned(row)?.outerHTML ?? "").join("");
  const zone = document.documentElement.dataset.timeZone ?? "";
  const cache = await caches.open(LIST);
  await cache.put(ADDRESS, new Response(JSON.stringify({ person, at, zone, html })));
}

// Deletes what is somebody else's, or everybody's: nobody is signed in then.
export async function forget({ unless = null } = {}) {
  if (unless !== null && (await kept())?.person === unless) return;
  await caches.delete(LIST);
}

// null where there is none, or it is too old to help.
export async function kept() {
  const stored = await caches.match(ADDRESS, { cacheName: LIST });
  if (!stored) return null;
  const snapshot = await stored.json();
  if (Date.now() - snapshot.at < LONGEST) return snapshot;
  await caches.delete(LIST);
  return null;
}

// Cleaned again: what was stored is not trusted to be what was kept.
export function rowsOf(snapshot) {
  const template = document.createElement("template");
  template.innerHTML = snapshot.html;
  return [...template.content.children].map(cleaned).filter(Boolean);
}

// Links become blocks; whatever else could do something is left out.
function cleaned(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  const name = node.tagName === "A" ? "DIV" : node.tagName;
  if (!ELEMENTS.has(name)) return null;
  const made = document.createElement(name);
  for (const { name: key, value } of node.attributes) {
    if (ATTRIBUTES.has(key)) made.setAttribute(key, value);
  }
  made.append(...[...node.childNodes].map(cleaned).filter(Boolean));
  return made;
}
