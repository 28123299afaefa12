// The choice of a payment method and the last button. A method brings its own way to authorize; the shop places the order
// when that succeeded, and offers the choice again when it did not.

import { ApiError } from "../api.js";
import { h, radioCards, say, whileBusy } from "../elements.js";
import { store } from "../store.js";
import { klarnaWays } from "./klarna.js";

const WAYS = {
  klarna_payments: klarnaWays,
  wire_transfers: {
    detail: "Transfer the money after ordering",
    prepare: async (box) => box.replaceChildren(h("p", { class: "hint" }, "We send you our bank details by e-mail.")),
    authorize: async () => ({ approved: true }),
  },
};

const PLACED = ["placed", "approved"];
const POLL_MS = 700;
const POLL_TRIES = 40;

export function paymentPart(box, checkout) {
  const order = store.cart.order;
  const methods = (order.available_payment_methods || []).filter((method) => WAYS[method.payment_source_type]);
  const state = { source: null, method: null, turn: 0 };
  const ui = {
    problem: h("p", { class: "problem", role: "alert", id: "payment-problem" }),
    detail: h("div", { id: "payment-detail", "aria-live": "polite" }),
    place: h("button", { type: "submit", class: "button main", id: "place-order", "data-testid": "place-order", disabled: true }, "Place order"),
  };
  const options = methods.map((method) => ({
    value: method.id,
    title: method.name,
    detail: WAYS[method.payment_source_type].detail,
    testid: `payment-${method.payment_source_type}`,
  }));
  const cards = radioCards({
    legend: "Payment method",
    name: "payment",
    options,
    onchoose: (id) => choose(methods.find((method) => method.id === id), state, ui, checkout),
  });
  const form = h("form", { novalidate: true }, cards, ui.problem, ui.detail, ui.place);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state.source) whileBusy(ui.place, () => pay(state, ui, form, checkout));
  });
  box.replaceChildren(h("h2", { id: "payment-heading", tabindex: "-1" }, "Payment"), form);
  if (methods.length === 0) ui.problem.textContent = "There is no payment method for this order.";
}

// Quick changes of mind overtake each other: only the last one may draw.
async function choose(method, state, ui, checkout) {
  const turn = (state.turn += 1);
  state.source = null;
  ui.place.disabled = true;
  ui.problem.textContent = "";
  ui.detail.replaceChildren(h("p", {}, "One moment …"));
  try {
    await store.cart.update({}, { payment_method: { type: "payment_methods", id: method.id } });
    const order = { type: "orders", id: store.cart.id };
    const source = await store.api.create(method.payment_source_type, {}, { order });
    await store.cart.refresh();
    if (turn !== state.turn) return;
    Object.assign(state, { source, method });
    await WAYS[method.payment_source_type].prepare(ui.detail, source);
    if (turn !== state.turn) return;
    ui.place.disabled = false;
    checkout.refresh();
  } catch (error) {
    if (turn !== state.turn) return;
    ui.detail.replaceChildren();
    ui.problem.textContent = error.message;
  }
}

async function pay(state, ui, form, checkout) {
  ui.problem.textContent = "";
  say("Waiting for your payment");
  const answer = await WAYS[state.method.payment_source_type].authorize(state.source, store.cart.order);
  say("");
  if (!answer.approved) {
    refuse(answer, state, ui, form);
    return;
  }
  try {
    if (answer.auth_token) await store.api.update(state.source.type, state.source.id, { auth_token: answer.auth_token });
    const order = await place();
    store.cart.forget();
    document.dispatchEvent(new Event("cart-changed"));
    location.hash = `#/thank-you/${order.id}`;
  } catch (error) {
    ui.problem.textContent = `Your order was not placed: ${error.message}`;
    checkout.refresh();
  }
}

// Two different answers: closed (the same way may be tried again) and declined (another way has to be chosen).
function refuse(answer, state, ui, form) {
  if (answer.invalid_fields?.length > 0) {
    ui.problem.textContent = `Please check your details and try again: ${answer.invalid_fields.join(", ")}`;
    ui.place.focus();
    return;
  }
  if (answer.show_form) {
    ui.problem.textContent = "The payment was cancelled. You can try again, or choose another payment method.";
    ui.place.focus();
    return;
  }
  state.source = null;
  ui.place.disabled = true;
  ui.detail.replaceChildren();
  for (const radio of form.elements.payment instanceof RadioNodeList ? form.elements.payment : [form.elements.payment]) radio.checked = false;
  ui.problem.textContent = "This payment was declined. Please choose another payment method.";
  const others = Array.from(form.querySelectorAll("[name=payment]")).filter((radio) => radio.value !== state.method.id);
  others[0]?.focus();
}

// An answer that is still open is decided by the server; the order then says how.
async function place() {
  try {
    return await store.api.update("orders", store.cart.id, { _place: true });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isPending) throw error;
    for (let tries = 0; tries < POLL_TRIES; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const order = await store.api.get(`orders/${store.cart.id}`);
      if (PLACED.includes(order.status)) return order;
      if (order.status !== "placing") break;
    }
    throw error;
  }
}
