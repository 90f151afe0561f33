// What failed, whether anything was decided, how to name it, and how to go on. Nothing
// is swapped then: what was on the page stays.
const NOTHING = "Nothing was decided or changed.";

export function watchFailures() {
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (isAnsweredInPlace(ctx) || saysWhy(ctx.text)) return;
    const { status, headers } = ctx.response;
    fail({ ...words(status, isRead(ctx)), id: headers.get("X-Request-ID"), again: again(ctx) });
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    // Without a request it is a fault of a script, and in the console.
    if (ctx?.request) fail({ ...words(0, isRead(ctx)), again: again(ctx) });
  });
  // What came through proves that the line is good again.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx?.response?.status < 400) close();
  });
}

// ``again``: what "Try again" does; without it the page is loaded anew.
export function fail({ what, so, id = "", again = null }) {
  const place = document.getElementById("failure");
  const [title, more] = [document.createElement("strong"), document.createElement("p")];
  title.textContent = what;
  more.textContent = so;
  const said = document.createElement("div");
  said.setAttribute("role", "alert");
  said.append(title, more, ...(id ? [named(id)] : []));
  const row = document.createElement("div");
  row.className = "send-row";
  row.append(button(again ? "Try again" : "Reload the page", again ?? (() => location.reload())), button("Close", close));
  place.replaceChildren(said, row);
}

function close() {
  document.getElementById("failure").replaceChildren();
}

function named(id) {
  const line = document.createElement("p");
  const code = document.createElement("code");
  code.textContent = id;
  line.append("When you ask an administrator, name this: ", code);
  return line;
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", () => {
    close();
    act();
  });
  return made;
}

const isRead = (ctx) => ctx.request.method === "GET";

// A refusal that is swapped into the page, as the element asks for.
function isAnsweredInPlace(ctx) {
  const name = `hx-status:${ctx.response.status}`;
  return Boolean(ctx.sourceElement?.closest?.(`[${CSS.escape(name)}]`));
}

function saysWhy(html) {
  const template = document.createElement("template");
  template.innerHTML = html ?? "";
  return template.content.querySelector("#problem strong") !== null;
}

// Only what changes nothing is asked for again by itself.
function again(ctx) {
  if (!isRead(ctx)) return null;
  return () => htmx.ajax("GET", ctx.request.action, { target: ctx.target, swap: ctx.swap });
}

function words(status, isReading) {
  if (status === 0) {
    const so = isReading ? `${NOTHING} What you see may be old.` : "Whether it was done is not known. Reload the page: it shows what is decided.";
    return { what: "No answer from the server.", so };
  }
  if (status === 403) return { what: "You may not do this, or this form is no longer valid.", so: NOTHING };
  if (status === 404) return { what: "This is no longer there for you.", so: NOTHING };
  if (status < 500) return { what: `The server refused this (${status}).`, so: NOTHING };
  const so = isReading ? NOTHING : "It was done as a whole or not at all. Reload the page: it shows which.";
  return { what: `The server failed (${status}).`, so };
}
