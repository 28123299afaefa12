// The checkout: address, delivery, payment, one below the other. Each part is drawn from the server's order; changing an
// earlier part draws the later ones anew, because the server may have taken their choices back.

import { deliveryPart } from "../checkout/delivery.js";
import { addressPart } from "../checkout/address.js";
import { paymentPart } from "../checkout/payment.js";
import { h } from "../elements.js";
import { store } from "../store.js";
import { summary } from "./cart.js";

export async function checkoutPage() {
  await store.cart.refresh();
  if (store.cart.goods().length === 0) {
    return h("div", {}, h("h1", {}, "Checkout"), h("p", {}, "Your cart is empty."), h("p", {}, h("a", { href: "#/" }, "Look at the products")));
  }
  const parts = {
    address: h("section", { class: "part", "aria-labelledby": "address-heading" }),
    delivery: h("section", { class: "part", "aria-labelledby": "delivery-heading" }),
    payment: h("section", { class: "part", "aria-labelledby": "payment-heading" }),
    summary: h("section", { class: "part summary", "aria-labelledby": "summary-heading" }),
  };
  const checkout = { parts, refresh: () => drawSummary(parts.summary), open: (name) => open(checkout, name) };
  drawSummary(parts.summary);
  open(checkout, "address");
  return h("div", {}, h("h1", {}, "Checkout"), h("div", { class: "checkout" }, h("div", {}, parts.address, parts.delivery, parts.payment), parts.summary));
}

// Draws one part and hides those after it. Digital goods have nothing to deliver.
function open(checkout, name) {
  const order = store.cart.order;
  const { parts } = checkout;
  const needsDelivery = (order.shipments || []).length > 0;
  const wanted = name === "delivery" && !needsDelivery ? "payment" : name;
  if (wanted === "address") {
    addressPart(parts.address, checkout);
    parts.delivery.replaceChildren();
    parts.payment.replaceChildren();
  } else if (wanted === "delivery") {
    deliveryPart(parts.delivery, checkout);
    parts.payment.replaceChildren();
  } else {
    if (!needsDelivery) parts.delivery.replaceChildren();
    paymentPart(parts.payment, checkout);
  }
  checkout.refresh();
  const heading = parts[wanted].querySelector("h2");
  if (heading && document.contains(heading) && wanted !== "address") heading.focus();
}

function drawSummary(box) {
  const order = store.cart.order;
  box.replaceChildren(
    h("h2", { id: "summary-heading" }, "Your order"),
    h(
      "ul",
      { class: "lines small" },
      store.cart.goods().map((line) =>
        h("li", { class: "line" }, h("span", { class: "line-name" }, `${line.quantity} × ${line.name}`), h("span", { class: "line-amount" }, line.formatted_total_amount)),
      ),
    ),
    summary(order),
  );
}
