// The bridge is a hidden frame that talks to the server for the page: the shop's content policy need not allow requests to
// our origin, and the flow survives a shop that throws its payment container away. Calls made while it is loading, or lost
// when the page removed it, are sent again as soon as a new one says hello.

const BRIDGE_TIMEOUT_MS = 15000;

function createBridge(state) {
  const pending = new Map();
  let frame = null;
  let nonce = null;
  let ready = false;
  let stopListening = () => {};
  let lastId = 0;

  function mount() {
    stopListening();
    frame?.remove();
    nonce = randomHex(16);
    ready = false;
    frame = createFrame("", "", frameAddress(state, "/kp/bridge", nonce));
    frame.tabIndex = -1;
    frame.setAttribute("aria-hidden", "true");
    applyStyles(frame, { display: "none", border: "0", width: "0", height: "0" });
    stopListening = listen(state, nonce, () => frame.contentWindow, receive);
    (document.body || document.documentElement).append(frame);
  }

  function receive(message) {
    if (message.type === "hello") {
      ready = true;
      for (const [id, call] of pending) deliver(id, call);
    } else if (message.type === "reply") {
      settle(message.id, message.answer);
    }
  }

  function deliver(id, call) {
    send(state, nonce, frame.contentWindow, { type: "call", id, operation: call.operation, body: call.body });
  }

  function settle(id, answer) {
    const call = pending.get(id);
    if (!call) return;
    pending.delete(id);
    clearTimeout(call.timer);
    call.done(answer);
  }

  // `done` gets the server's JSON body, or null when no answer came.
  return function call(operation, body, done) {
    const id = (lastId += 1);
    const timer = setTimeout(() => settle(id, null), BRIDGE_TIMEOUT_MS);
    pending.set(id, { operation, body, done, timer });
    if (!frame || !frame.isConnected) mount();
    else if (ready) deliver(id, pending.get(id));
  };
}

function ask(state, operation, body, done) {
  if (!state.bridge) state.bridge = createBridge(state);
  state.bridge(operation, body, done);
}
