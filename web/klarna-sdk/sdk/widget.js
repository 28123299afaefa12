// The inline widget: one frame per instance, in the shop's container. The frame only draws what it is told; what to draw
// comes from the answer to `load` and from the end of a flow.

function placeWidget(state, key, container, categories) {
  const known = state.widgets.get(key);
  if (known && known.container === container && known.frame.isConnected && container.contains(known.frame)) {
    known.categories = categories;
    return known;
  }
  for (const other of state.widgets.values()) {
    if (other.key === key || other.container === container) removeWidget(state, other);
  }
  const widget = {
    key,
    container,
    categories,
    frame: null,
    nonce: randomHex(16),
    ready: false,
    shown: { state: "loading" },
    loads: 0,
    token: state.token,
    stopListening: () => {},
  };
  const title = overlayText(state, "widgetTitle");
  widget.frame = createFrame(`klarna-${key}-main`, title, frameAddress(state, "/kp/widget", widget.nonce));
  applyStyles(widget.frame, { display: "block", width: "100%", "min-width": "0", border: "0", height: "120px", "color-scheme": "light" });
  widget.stopListening = listen(state, widget.nonce, () => widget.frame.contentWindow, (message) => hearWidget(state, widget, message));
  state.widgets.set(key, widget);
  container.append(widget.frame);
  return widget;
}

function removeWidget(state, widget) {
  widget.stopListening();
  widget.frame.remove();
  if (state.widgets.get(widget.key) === widget) state.widgets.delete(widget.key);
}

function hearWidget(state, widget, message) {
  if (message.type === "hello") {
    widget.ready = true;
    showInWidget(state, widget, widget.shown);
  } else if (message.type === "height" && Number.isInteger(message.px) && message.px > 0) {
    if (widget.height === message.px) return;
    widget.height = message.px;
    applyStyles(widget.frame, { height: `${message.px}px` });
    emit(state, "heightChanged", message.px);
  }
}

function showInWidget(state, widget, content) {
  widget.shown = content;
  if (widget.ready) send(state, widget.nonce, widget.frame.contentWindow, { type: "show", content });
}

// Tells every widget of the session how the flow ended: shops often say nothing themselves.
function noteInWidgets(state, token, note, fields) {
  for (const widget of state.widgets.values()) {
    if (widget.token !== token) continue;
    showInWidget(state, widget, { ...widget.shown, state: "ready", note, fields: fields || [] });
  }
}
