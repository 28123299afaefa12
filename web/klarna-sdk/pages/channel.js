// The frame's and the window's end of the conversation with the shop's page. Origin and nonce came in the fragment of our own
// address; we speak to that origin only and hear nobody else.

const fragment = new URLSearchParams(location.hash.slice(1));
const origin = fragment.get("o") || "";
const nonce = fragment.get("n") || "";
const PROTOCOL = 1;

function peer() {
  if (window.parent !== window) return window.parent;
  return window.opener;
}

export function post(message) {
  // A page without an origin of its own cannot be answered exactly, so it is not answered.
  if (!/^https?:\/\//.test(origin)) return;
  peer()?.postMessage({ v: PROTOCOL, nonce, ...message }, origin);
}

export function listen(receive) {
  window.addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== peer()) return;
    const message = event.data;
    if (typeof message !== "object" || message === null || message.v !== PROTOCOL || message.nonce !== nonce) return;
    receive(message);
  });
}
