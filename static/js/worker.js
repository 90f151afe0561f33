// Shows a page of its own when the server is out of reach. It answers navigations and
// the files of that page; whatever can change something (POST) and every other request
// never passes through it, so nothing is ever queued, repeated or answered from a cache.
// ``FILES`` (addresses, a digest of their contents) is written above by the server.
/* global FILES */
const SHELL = `countersign-shell-${FILES.digest}`;
const LIST = "countersign-list";
const PATIENCE = 30000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method !== "GET") {
    if (url.pathname === FILES.signOut) event.waitUntil(forget());
    return;
  }
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (FILES.files.includes(url.pathname)) event.respondWith(file(request));
});

async function install() {
  const shell = await caches.open(SHELL);
  await shell.addAll([FILES.page, ...FILES.files].map((address) => new Request(address, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => ![SHELL, LIST].includes(name)).map((name) => caches.delete(name)));
  await self.clients.claim();
}

// Somebody signs out: their list goes before the answer comes, in every tab.
async function forget() {
  for (const client of await self.clients.matchAll()) client.postMessage("signed-out");
  await caches.delete(LIST);
}

async function page(request) {
  try {
    const answer = await Promise.race([fetch(request), late()]);
    if (!isOfAProxy(answer)) return answer;
  } catch {
    // Out of reach.
  }
  return (await caches.match(FILES.page, { cacheName: SHELL, ignoreVary: true })) ?? Response.error();
}

async function file(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(new URL(request.url).pathname, { cacheName: SHELL, ignoreVary: true })) ?? Response.error();
  }
}

function late() {
  return new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("no answer")));
}

// The server behind it did not answer; ours never says so in a page.
function isOfAProxy(answer) {
  const isPage = answer.headers.get("Content-Type")?.startsWith("text/html");
  return Boolean(isPage) && [502, 503, 504].includes(answer.status);
}
