// Frames of our own origin and the messages they exchange with the page. A message counts only when its origin, its source
// window and its nonce are the ones we handed out; we answer to that exact origin alone.

function frameAddress(state, path, nonce) {
  const fragment = new URLSearchParams({ o: location.origin, n: nonce, v: String(PROTOCOL) });
  return `${state.origin}${path}#${fragment}`;
}

// Styles go through CSSOM, with priority: a shop's policy may forbid inline styles, and its own rules for `iframe` must not win.
function applyStyles(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value, "important");
}

function createFrame(name, title, address) {
  const frame = document.createElement("iframe");
  if (name) {
    frame.id = name;
    frame.name = name;
  }
  frame.title = title;
  frame.src = address;
  return frame;
}

// Calls `receive(message)` for each valid message of one peer. `peer()` gives its window at this moment.
function listen(state, nonce, peer, receive) {
  const handler = (event) => {
    if (event.origin !== state.origin || event.source === null || event.source !== peer()) return;
    const message = event.data;
    if (!isObject(message) || message.v !== PROTOCOL || message.nonce !== nonce) return;
    receive(message);
  };
  window.addEventListener("message", handler);
  return () => window.removeEventListener("message", handler);
}

function send(state, nonce, target, message) {
  target?.postMessage({ v: PROTOCOL, nonce, ...message }, state.origin);
}
