// `on`, `off` and the three documented events.

const EVENTS = new Set(["heightChanged", "fullscreenOverlayShown", "fullscreenOverlayHidden"]);

function subscribe(state, name, handler) {
  if (!EVENTS.has(name)) throw new PaymentsError("EventNotSupportedError", `there is no event called "${name}"`);
  if (typeof handler !== "function") return;
  if (!state.handlers.has(name)) state.handlers.set(name, new Set());
  state.handlers.get(name).add(handler);
}

function unsubscribe(state, name, handler) {
  if (!EVENTS.has(name)) throw new PaymentsError("EventNotSupportedError", `there is no event called "${name}"`);
  if (handler === undefined) state.handlers.delete(name);
  else state.handlers.get(name)?.delete(handler);
}

// The list is copied: shops remove a handler from inside the handler.
function emit(state, name, ...values) {
  for (const handler of Array.from(state.handlers.get(name) || [])) invoke(handler, ...values);
}
