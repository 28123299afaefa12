// `init`, `load` and `loadPaymentReview`. They are called inside other people's rendering, many times over, so they are
// idempotent, quick, and never throw for a session that is merely spent.

function initialize(state, values) {
  const options = isObject(values[0]) ? values[0] : {};
  const claims = tokenClaims(options.client_token);
  if (!claims) {
    throw new PaymentsError("InvalidClientTokenError", "init() needs the client_token of a payment session, a JWT");
  }
  const sameSession = state.claims && state.claims.session_id === claims.session_id;
  if (!sameSession) state.data = {};
  state.token = options.client_token;
  state.claims = claims;
}

function load(state, values) {
  const { options, data, callback, given } = sortArguments(values);
  if (!state.token || !given) {
    refuse(callback, REFUSED_LOAD, "ApplicationNotInitializedError", "call init() first, and load() with options");
  }
  const container = findContainer(options.container);
  if (!container) {
    refuse(callback, REFUSED_LOAD, "InvalidContainerSelectorError", "container is neither an element nor a selector that finds one");
  }
  if (options.preferred_payment_method !== undefined && typeof options.preferred_payment_method !== "string") {
    refuse(callback, REFUSED_LOAD, "PreferredPaymentMethodNotSupportedError", "preferred_payment_method is a string");
  }
  const categories = wantedCategories(options);
  refuseUnknownCategory(state, categories, callback, REFUSED_LOAD);
  state.data = mergeData(state.data, data);
  const widget = placeWidget(state, instanceKey(options), container, categories);
  requestLoad(state, widget, { purchase_amount: options.purchase_amount }, callback);
}

// Before the first answer the categories are unknown; then the refusal comes through the callback alone.
function refuseUnknownCategory(state, categories, callback, payload) {
  const known = state.categories.get(state.token);
  const stranger = known && categories.find((category) => !known.includes(category));
  if (stranger) {
    refuse(callback, payload, "PaymentMethodCategoryNotSupportedError", `the session does not offer the category "${stranger}"`);
  }
}

function requestLoad(state, widget, extra, callback) {
  const token = state.token;
  widget.token = token;
  widget.loads += 1;
  const turn = widget.loads;
  const body = { client_token: token, payment_method_categories: widget.categories, data: state.data };
  ask(state, "load", body, (answer) => {
    const result = answer || { show_form: false, reason: "unreachable" };
    if (Array.isArray(result.categories)) state.categories.set(token, result.categories);
    if (["declined", "complete", "expired"].includes(result.reason)) state.finals.set(token, result.reason);
    if (turn === widget.loads) {
      const offered = { ...extra, view: result.view || null, fields: result.error?.invalid_fields || [] };
      const note = widget.token === token && result.show_form ? widget.shown.note : undefined;
      showInWidget(state, widget, { ...offered, state: widgetState(extra, result), reason: result.reason, note });
    }
    const payload = { show_form: result.show_form === true };
    if (result.error) payload.error = result.error;
    invoke(callback, payload);
  });
}

function widgetState(extra, result) {
  if (!result.show_form) return "unavailable";
  return extra.review ? "review" : "ready";
}

function loadPaymentReview(state, values) {
  const { options, callback } = sortArguments(values);
  if (!state.token) {
    refuse(callback, REFUSED_LOAD, "ApplicationNotInitializedError", "call init() first");
  }
  if (state.claims.purchase_country && String(state.claims.purchase_country).toUpperCase() !== "US") {
    refuse(callback, REFUSED_LOAD, "OperationNotSupportedError", "the payment review exists in the US only");
  }
  const container = findContainer(options.container);
  if (!container) {
    refuse(callback, REFUSED_LOAD, "InvalidContainerSelectorError", "container is neither an element nor a selector that finds one");
  }
  const widget = placeWidget(state, "payment-review", container, []);
  widget.review = true;
  requestLoad(state, widget, { review: true }, callback);
}
