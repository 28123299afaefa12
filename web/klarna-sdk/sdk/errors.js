// The named exceptions of wrong use. The caller's callback hears the negative payload first, then the call throws.

class PaymentsError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

const REFUSED_LOAD = Object.freeze({ show_form: false });
const REFUSED_AUTHORIZE = Object.freeze({ show_form: false, approved: false });

// A callback that throws is the page's own failure: it is reported, and never disturbs the flow or the other callbacks.
function invoke(callback, ...values) {
  if (typeof callback !== "function") return;
  try {
    callback(...values);
  } catch (error) {
    setTimeout(() => {
      throw error;
    }, 0);
  }
}

function refuse(callback, payload, name, message) {
  invoke(callback, { ...payload });
  throw new PaymentsError(name, message);
}
