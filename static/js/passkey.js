// Passkeys: adding one on one's own page, and answering for a decision.

// The form of /me; does nothing on other pages.
export function register() {
  const form = document.querySelector("[data-add-passkey]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    show(form, "");
    try {
      form.elements.credential.value = JSON.stringify(await made(form));
      form.submit();
    } catch (error) {
      show(form, words(error));
      button.disabled = false;
      button.focus();
    }
  });
}

// What the person's passkey answers to ``options`` (the server's JSON), as JSON text
// for the form. Throws an Error whose message ``words`` makes readable.
export async function assert(options) {
  const credential = await container().get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: options.allowCredentials.map(descriptor),
    },
  });
  const { clientDataJSON, authenticatorData, signature } = credential.response;
  return JSON.stringify(asJson(credential, { clientDataJSON, authenticatorData, signature }));
}

// A sentence for the person about what went wrong.
export function words(error) {
  if (error instanceof Refusal) return error.message;
  if (error.name === "NotAllowedError") return "No passkey was used: that was cancelled, or took too long.";
  if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (error.name === "SecurityError") return "Passkeys cannot be used at this address.";
  return "The passkey could not be used. Try again.";
}

class Refusal extends Error {}

async function made(form) {
  const options = await begin(form);
  const credential = await container().create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map(descriptor),
    },
  });
  const { clientDataJSON, attestationObject } = credential.response;
  const json = asJson(credential, { clientDataJSON, attestationObject });
  json.response.transports = credential.response.getTransports?.() ?? [];
  return json;
}

async function begin(form) {
  container();
  const response = await fetch(form.dataset.addPasskey, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    signal: AbortSignal.timeout(10000),
  });
  const isJson = response.headers.get("Content-Type") === "application/json";
  const answer = isJson ? await response.json() : { problem: "You are signed out, or the server failed. Reload the page." };
  if (answer.problem) throw new Refusal(answer.problem);
  return answer;
}

function container() {
  if (!navigator.credentials || !window.PublicKeyCredential) {
    throw new Refusal("This browser offers no passkeys at this address.");
  }
  return navigator.credentials;
}

function asJson(credential, parts) {
  const response = Object.fromEntries(Object.entries(parts).map(([name, buffer]) => [name, base64url(buffer)]));
  const id = base64url(credential.rawId);
  return { id, rawId: id, type: credential.type, response };
}

function descriptor(known) {
  return { ...known, id: bytes(known.id) };
}

function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

function base64url(buffer) {
  const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function show(form, problem) {
  const place = form.querySelector("[data-passkey-problem]");
  place.textContent = problem;
  place.hidden = !problem;
}
