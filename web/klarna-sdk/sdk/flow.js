// One purchase flow: a window opened inside the shopper's click, or a full-screen frame where the browser gives none. The
// truth about its outcome is on the server under the flow's id; messages from the window only say "look now". A closed
// window is therefore a cancel only after the server agreed.

const WATCH_MS = 200;
const STATE_EVERY_MS = 1000;
// How long a flow whose window seems closed may go without a sign of life before it counts as left.
const GRACE_MS = { left: 0, attached: 3000, severed: 2500, never: 4000 };

function authorize(state, values) {
  const { options, data, callback } = sortArguments(values);
  if (state.flow) {
    state.flow.callbacks.push(callback);
    state.flow.window?.focus();
    return;
  }
  const widget = widgetForAuthorize(state, options, callback);
  state.data = mergeData(state.data, data);
  const why = state.finals.get(state.token);
  if (why) {
    setTimeout(() => invoke(callback, { approved: false, show_form: false }), 0);
    return;
  }
  const named = wantedCategories(options);
  startFlow(state, widget, callback, {
    client_token: state.token,
    payment_method_categories: named.length > 0 ? named : widget.categories,
    auto_finalize: options.auto_finalize !== false,
    data: state.data,
  });
}

function widgetForAuthorize(state, options, callback) {
  const widgets = Array.from(state.widgets.values()).filter((widget) => !widget.review);
  if (!state.token || widgets.length === 0) {
    refuse(callback, REFUSED_AUTHORIZE, "ApplicationNotLoadedError", "call load() first");
  }
  const categories = wantedCategories(options);
  refuseUnknownCategory(state, categories, callback, REFUSED_AUTHORIZE);
  const exact = state.widgets.get(instanceKey(options));
  if (exact && !exact.review) return exact;
  // Integrations leave the category out, or name it only at load or only here: with one widget there is no doubt.
  if (widgets.length === 1) return widgets[0];
  if (categories.length === 0) {
    refuse(callback, REFUSED_AUTHORIZE, "PaymentMethodCategoryNotProvidedError", "several widgets are loaded: name the category");
  }
  const offering = widgets.find((widget) => widget.categories.length === 0 || categories.some((category) => widget.categories.includes(category)));
  return offering || refuse(callback, REFUSED_AUTHORIZE, "ApplicationNotLoadedError", "no widget was loaded for this category");
}

function startFlow(state, widget, callback, request) {
  const id = randomHex(16);
  const nonce = randomHex(16);
  const address = frameAddress(state, `/kp/flow/${id}`, nonce);
  const flow = { id, nonce, request, callbacks: [callback], window: openWindow(address), frame: null, over: false };
  state.flow = flow;
  if (!flow.window) flow.frame = createFrame(`klarna-${widget.key}-fullscreen`, overlayText(state, "flowTitle"), address);
  flow.removeOverlay = createOverlay(state, {
    frame: flow.frame,
    focusWindow: () => flow.window?.focus(),
    cancel: () => cancelFlow(state, flow),
  });
  flow.stopListening = listen(state, nonce, () => flow.window || flow.frame?.contentWindow, (message) => {
    if (message.type === "changed") readState(state, flow);
  });
  noteInWidgets(state, request.client_token, undefined);
  emit(state, "fullscreenOverlayShown");
  ask(state, "begin", { flow_id: id, ...request }, (answer) => {
    if (!answer) endFlow(state, flow, { approved: false, show_form: false });
    else if (answer.result) endFlow(state, flow, answer.result, answer.reason);
    else watchFlow(state, flow);
  });
}

// Synchronously inside the caller's click: later the browser would take it for an advertisement.
function openWindow(address) {
  const width = Math.min(500, screen.availWidth || 500);
  const height = Math.min(720, screen.availHeight || 720);
  const left = Math.max(0, (window.screenX || 0) + ((window.outerWidth || width) - width) / 2);
  const top = Math.max(0, (window.screenY || 0) + ((window.outerHeight || height) - height) / 2);
  try {
    const opened = window.open(address, "_blank", `popup=yes,width=${width},height=${height},left=${Math.round(left)},top=${Math.round(top)}`);
    return opened && !opened.closed ? opened : null;
  } catch {
    return null;
  }
}

function watchFlow(state, flow) {
  flow.seen = { beats: -1, at: Date.now(), alive: false };
  let lastRead = Date.now();
  flow.timer = setInterval(() => {
    const gone = flow.window ? flow.window.closed : !flow.frame.isConnected;
    if (!gone) {
      flow.goneAt = null;
      if (Date.now() - lastRead < STATE_EVERY_MS) return;
    } else if (!flow.goneAt) {
      flow.goneAt = Date.now();
    }
    lastRead = Date.now();
    readState(state, flow);
  }, WATCH_MS);
}

function readState(state, flow) {
  if (flow.over || flow.reading) return;
  flow.reading = true;
  ask(state, "state", { flow_id: flow.id }, (answer) => {
    flow.reading = false;
    if (flow.over) return;
    if (answer?.result) endFlow(state, flow, answer.result, answer.reason);
    else if (flow.goneAt && isLeft(flow, answer)) cancelFlow(state, flow);
    else if (answer) flow.attached = answer.attached;
  });
}

// A window cut off by the shop's opener policy looks closed from here while the shopper is still in it: then the server keeps
// hearing its heartbeat.
function isLeft(flow, answer) {
  const now = Date.now();
  if (answer && answer.beats !== flow.seen.beats) {
    flow.seen = { beats: answer.beats, at: now, alive: flow.seen.alive || now > flow.goneAt + 1000 };
  }
  const silentFor = now - Math.max(flow.seen.at, flow.goneAt);
  if (!answer || answer.beats === 0) return silentFor > GRACE_MS.never;
  if (flow.seen.alive) return silentFor > GRACE_MS.severed;
  return answer.attached ? silentFor > GRACE_MS.attached : now - flow.goneAt >= GRACE_MS.left;
}

// The server decides once: a cancel that comes after the approval answers with the approval.
function cancelFlow(state, flow) {
  if (flow.over || flow.cancelling) return;
  flow.cancelling = true;
  ask(state, "cancel", { flow_id: flow.id }, (answer) => {
    endFlow(state, flow, answer?.result || { approved: false, show_form: true }, answer?.reason);
  });
}

function endFlow(state, flow, result, reason) {
  if (flow.over) return;
  flow.over = true;
  clearInterval(flow.timer);
  flow.stopListening();
  state.flow = null;
  if (flow.window && !flow.window.closed) flow.window.close();
  flow.removeOverlay();
  const token = flow.request.client_token;
  if (reason === "declined") state.finals.set(token, "declined");
  noteInWidgets(state, token, endNote(result, reason), result.error?.invalid_fields);
  for (const callback of flow.callbacks) invoke(callback, { ...result });
  // After the callbacks: shops stop their spinner here and expect the answer to be known already.
  emit(state, "fullscreenOverlayHidden");
}

function endNote(result, reason) {
  if (result.approved) return "approved";
  if (!result.show_form) return reason === "declined" ? "declined" : "failed";
  return result.error ? "fields" : "cancelled";
}

// `finalize` and `reauthorize` need no window: the shopper has approved already.
function withoutWindow(state, operation, values) {
  const { options, data, callback } = sortArguments(values);
  if (!state.token) {
    refuse(callback, REFUSED_AUTHORIZE, "ApplicationNotInitializedError", "call init() first");
  }
  const needsWidget = operation === "finalize";
  if (needsWidget && state.widgets.size === 0) {
    refuse(callback, REFUSED_AUTHORIZE, "ApplicationNotLoadedError", "call load() first");
  }
  refuseUnknownCategory(state, wantedCategories(options), callback, REFUSED_AUTHORIZE);
  state.data = mergeData(state.data, data);
  ask(state, operation, { client_token: state.token, data: state.data }, (answer) => {
    invoke(callback, answer?.result || { approved: false, show_form: false });
  });
}
