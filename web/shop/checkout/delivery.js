// One choice of shipping method for each shipment the server made of the cart.

import { h, radioCards, say, whileBusy } from "../elements.js";
import { store } from "../store.js";

export function deliveryPart(box, checkout) {
  const shipments = store.cart.order.shipments;
  const chosen = new Map(shipments.map((shipment) => [shipment.id, shipment.shipping_method?.id || cheapestFirst(shipment)[0]?.id]));
  const problem = h("p", { class: "error", role: "alert" });
  const next = h("button", { type: "submit", class: "button main", id: "save-delivery" }, "Continue to payment");
  const form = h(
    "form",
    { novalidate: true },
    shipments.map((shipment, index) => methods(shipment, shipments.length > 1 ? `Shipment ${index + 1}` : "Shipping method", chosen)),
    problem,
    next,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(next, () => save(box, chosen, problem, checkout));
  });
  box.replaceChildren(h("h2", { id: "delivery-heading", tabindex: "-1" }, "Delivery"), form);
  if (Array.from(chosen.values()).some((method) => !method)) {
    problem.textContent = "We do not deliver to this address. Please change it.";
    next.disabled = true;
  }
}

function cheapestFirst(shipment) {
  const methods = Array.from(shipment.available_shipping_methods || []);
  return methods.sort((one, two) => one.price_amount_for_shipment_cents - two.price_amount_for_shipment_cents);
}

function methods(shipment, legend, chosen) {
  const options = cheapestFirst(shipment).map((method) => ({
    value: method.id,
    title: method.name,
    detail: method.price_amount_for_shipment_cents === 0 ? "Free" : method.formatted_price_amount_for_shipment,
    testid: `shipping-${method.name}`,
  }));
  return radioCards({ legend, name: `shipping-${shipment.id}`, options, selected: chosen.get(shipment.id), onchoose: (id) => chosen.set(shipment.id, id) });
}

async function save(box, chosen, problem, checkout) {
  problem.textContent = "";
  try {
    for (const [shipment, method] of chosen) {
      await store.api.update("shipments", shipment, {}, { shipping_method: { type: "shipping_methods", id: method } });
    }
    await store.cart.refresh();
  } catch (error) {
    problem.textContent = error.message;
    return;
  }
  const names = store.cart.order.shipments.map((shipment) => shipment.shipping_method?.name).filter(Boolean);
  box.replaceChildren(
    h("h2", { id: "delivery-heading", tabindex: "-1" }, "Delivery"),
    h("p", {}, names.join(", ")),
    h("button", { type: "button", class: "link", id: "change-delivery", onclick: () => checkout.open("delivery") }, "Change delivery"),
  );
  say(`Delivery: ${names.join(", ")}`);
  checkout.open("payment");
}
