// The public face. `window.Klarna` is a plain object that other libraries share, so it is extended and never replaced; our
// script element is left where it is, because shops remove it themselves.

function install() {
  if (!isObject(window.Klarna)) window.Klarna = {};
  if (!window.Klarna.Payments || !window.Klarna.Payments[STATE]) {
    const payments = createPayments(createState(scriptOrigin()));
    window.Klarna.Payments = payments;
    // The same library under its older name.
    window.Klarna.Credit = payments;
  }
  // Again on each evaluation: a shop that adds the script anew waits for this call anew.
  if (typeof window.klarnaAsyncCallback === "function") invoke(window.klarnaAsyncCallback);
}

function createPayments(state) {
  const payments = {
    init(...values) {
      initialize(state, values);
    },
    load(...values) {
      load(state, values);
    },
    loadPaymentReview(...values) {
      loadPaymentReview(state, values);
    },
    authorize(...values) {
      authorize(state, values);
    },
    reauthorize(...values) {
      withoutWindow(state, "reauthorize", values);
    },
    finalize(...values) {
      withoutWindow(state, "finalize", values);
    },
    on(name, handler) {
      subscribe(state, name, handler);
    },
    off(name, handler) {
      unsubscribe(state, name, handler);
    },
  };
  Object.defineProperty(payments, STATE, { value: state });
  return payments;
}

install();
