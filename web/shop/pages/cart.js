// The cart with its quantities and the server's totals.

import { h, say, whileBusy } from "../elements.js";
import { store } from "../store.js";

export async function cartPage() {
  await store.cart.refresh();
  const box = h("div", {});
  draw(box);
  return box;
}

function draw(box) {
  const lines = store.cart.goods();
  document.dispatchEvent(new Event("cart-changed"));
  if (lines.length === 0) {
    box.replaceChildren(h("h1", { tabindex: "-1" }, "Your cart"), h("p", {}, "Your cart is empty."), h("p", {}, h("a", { href: "#/" }, "Look at the products")));
    return;
  }
  box.replaceChildren(
    h("h1", { tabindex: "-1" }, "Your cart"),
    h("ul", { class: "lines" }, lines.map((line) => lineRow(box, line))),
    summary(store.cart.order),
    h("p", {}, h("a", { class: "button main", href: "#/checkout", id: "to-checkout" }, "Go to checkout")),
  );
}

function lineRow(box, line) {
  const id = `quantity-${line.id}`;
  const change = async (control, quantity) => {
    await whileBusy(control, async () => {
      try {
        await store.cart.setQuantity(line, quantity);
        say(quantity > 0 ? `${line.name}: ${quantity}` : `${line.name} was removed.`);
      } catch (error) {
        say(`${line.name}: ${error.message}`);
        await store.cart.refresh();
      }
    });
    draw(box);
    (document.getElementById(id) || box.querySelector("h1")).focus();
  };
  const input = h("input", {
    type: "number",
    id,
    min: "1",
    max: "99",
    inputmode: "numeric",
    value: line.quantity,
    onchange: (event) => change(event.currentTarget, Math.max(1, Math.trunc(event.currentTarget.valueAsNumber || 1))),
  });
  return h(
    "li",
    { class: "line" },
    h("span", { class: "line-name" }, line.name),
    h("span", { class: "line-amount" }, line.formatted_total_amount),
    h("span", { class: "line-quantity" }, h("label", { for: id }, "Quantity"), input),
    h(
      "button",
      { type: "button", class: "link", "aria-label": `Remove ${line.name}`, onclick: (event) => change(event.currentTarget, 0) },
      "Remove",
    ),
  );
}

// The totals of an order, with a row only for what there is.
export function summary(order) {
  const tax = order.tax_included ? "Tax, included" : "Tax";
  const rows = [
    ["Goods", order.formatted_subtotal_amount, true],
    ["Shipping", order.formatted_shipping_amount, (order.shipments || []).some((shipment) => shipment.shipping_method)],
    ["Discount", order.formatted_discount_amount, order.discount_amount_cents !== 0],
    [tax, order.formatted_total_tax_amount, order.total_tax_amount_cents !== 0],
    ["Total", order.formatted_total_amount_with_taxes, true],
  ];
  return h(
    "dl",
    { class: "totals", "data-testid": "totals" },
    rows.filter(([, , shown]) => shown).map(([name, amount]) => h("div", { class: name === "Total" ? "total" : "" }, h("dt", {}, name), h("dd", {}, amount))),
  );
}
