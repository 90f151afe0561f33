// Pieces of pages, fetched from the same views that make the pages.

// The fragment as a DocumentFragment; null when it is not there (404).
// Leaves the page when the server says so (signed out).
export async function fetchFragment(address) {
  const response = await fetch(address, {
    headers: { "HX-Request": "true", "HX-Current-URL": location.href },
    cache: "no-store",
    signal: AbortSignal.timeout(10000),
  });
  const elsewhere = response.headers.get("HX-Redirect");
  if (elsewhere) {
    location.assign(elsewhere);
    return null;
  }
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}
