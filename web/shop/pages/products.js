// The product list of the market: prices as the market shows them, and what is out of stock said before anybody clicks.

import { h, say, whileBusy } from "../elements.js";
import { store } from "../store.js";

export async function productsPage() {
  const [products] = await Promise.all([loadProducts(), store.cart.refresh()]);
  return h(
    "div",
    {},
    h("h1", {}, "Products"),
    products.length === 0 ? h("p", {}, "There is nothing for sale in this market.") : h("ul", { class: "products" }, products.map(card)),
  );
}

async function loadProducts() {
  const products = await store.api.get("skus", { include: "prices", "page[size]": "25", sort: "code" });
  const withPrice = products.filter((sku) => (sku.prices || []).length > 0);
  // The list does not promise stock; the single resource does.
  const known = await Promise.all(
    withPrice.map(async (sku) => {
      if (sku.inventory && "available" in sku.inventory) return sku;
      const full = await store.api.get(`skus/${sku.id}`, { "fields[skus]": "code,inventory" }).catch(() => null);
      return { ...sku, inventory: full?.inventory || { available: false } };
    }),
  );
  return known.sort((one, two) => Number(canBeSold(two)) - Number(canBeSold(one)));
}

function canBeSold(sku) {
  return Boolean(sku.inventory.available || sku.do_not_track);
}

function card(sku) {
  const price = sku.prices[0];
  const nameId = `name-${sku.code}`;
  const was = price.compare_at_amount_cents > price.amount_cents ? h("s", { class: "was" }, price.formatted_compare_at_amount) : null;
  return h(
    "li",
    { class: "product", "data-testid": `product-${sku.code}` },
    picture(sku),
    h("h2", { id: nameId }, sku.name),
    h("p", { class: "description" }, sku.description || ""),
    h("p", { class: "price" }, h("strong", {}, price.formatted_amount), " ", was),
    canBeSold(sku) ? buyButton(sku, nameId) : h("p", { class: "sold-out" }, "Out of stock"),
  );
}

function buyButton(sku, nameId) {
  return h(
    "button",
    {
      type: "button",
      class: "button main",
      id: `add-${sku.code}`,
      "aria-describedby": nameId,
      "data-testid": "add-to-cart",
      onclick: (event) => add(event.currentTarget, sku),
    },
    "Add to cart",
  );
}

async function add(button, sku) {
  await whileBusy(button, async () => {
    try {
      await store.cart.add(sku.code, 1);
      document.dispatchEvent(new Event("cart-changed"));
      say(`${sku.name} is in your cart.`);
    } catch (error) {
      say(`${sku.name} could not be added: ${error.message}`);
    }
  });
  button.focus();
}

// A drawn tile instead of a photograph: colour and shape come from the code, so a product always looks the same.
function picture(sku) {
  const seed = Array.from(sku.code).reduce((sum, letter) => (sum * 131 + letter.charCodeAt(0)) % 99_991, 7);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 120 80");
  svg.setAttribute("class", "picture");
  svg.setAttribute("aria-hidden", "true");
  const hue = (seed * 137) % 360;
  const shapes = [
    ["rect", { width: 120, height: 80, fill: `hsl(${hue} 35% 90%)` }],
    ["circle", { cx: 30 + (seed % 60), cy: 40, r: 22, fill: `hsl(${hue} 40% 55%)` }],
    ["rect", { x: 20 + (seed % 50), y: 30 + (seed % 14), width: 44, height: 10, rx: 5, fill: `hsl(${(hue + 40) % 360} 45% 35%)` }],
  ];
  for (const [name, attributes] of shapes) {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    svg.append(shape);
  }
  return svg;
}
