// After the order was placed.

import { h } from "../elements.js";
import { store } from "../store.js";
import { summary } from "./cart.js";

const PAYMENT_WORDS = {
  authorized: "Your payment is approved.",
  paid: "Your order is paid.",
  free: "There is nothing to pay.",
  unpaid: "We are waiting for your payment.",
};

const REVIEW_WORDS = {
  pending: "Your payment is being reviewed. We will tell you as soon as it is decided.",
  rejected: "Your payment was stopped after a review. We will contact you.",
};

export async function thanksPage(id) {
  const order = await store.api.get(`orders/${id}`, { include: "line_items.item,shipments.shipping_method,payment_method,authorizations" }).catch((error) => {
    // Not every sales channel may look at transactions.
    if (error.status === 400 || error.status === 401) return store.api.get(`orders/${id}`, { include: "line_items.item,shipments.shipping_method,payment_method" });
    throw error;
  });
  const review = (order.authorizations || []).map((authorization) => REVIEW_WORDS[authorization.fraud_review]).find(Boolean);
  const words = review || PAYMENT_WORDS[order.payment_status];
  return h(
    "div",
    { class: "thanks" },
    h("h1", {}, "Thank you"),
    h("p", {}, "Your order number is ", h("strong", { id: "order-number", "data-testid": "order-number" }, `#${order.number}`), "."),
    words ? h("p", { "data-testid": "payment-status" }, words) : null,
    order.customer_email ? h("p", {}, `We write to ${order.customer_email}.`) : null,
    summary(order),
    h("p", {}, h("a", { class: "button", href: "#/" }, "Back to the products")),
  );
}
