// A guest, from the cart to the thank-you page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertCrossOrigin, callsOf, figures, operation, writes } from "../stage/calls.mjs";
import { SHOP } from "../stage/names.mjs";
import { chooseShipping, orderId, payWithKlarna, putIntoCart, tellAddress, toCheckout } from "../stage/shopper.mjs";
import { startWorld } from "../stage/world.mjs";

// What the hosted checkout was recorded to make of one guest's purchase.
const RECORDED = { reads: 22, writes: 7, preflights: 16 };

// The operations of a guest's checkout as recorded, without the one that edits an address.
const OPERATIONS = [
  "GET delivery_lead_times",
  "GET klarna_payments/:id",
  "GET orders/:id",
  "GET organization",
  "PATCH klarna_payments/:id",
  "PATCH orders/:id",
  "PATCH shipments/:id",
  "POST addresses",
  "POST klarna_payments",
];

let world;

before(async () => (world = await startWorld()));
after(() => world?.stop());

test("a guest pays with Klarna, from the cart to the thank-you page", async (t) => {
  const shop = await world.open();
  const { page } = shop;
  await page.goto(`https://${SHOP}/`);
  await putIntoCart(page, world.demo.skus[0], 2);
  const { calls } = world.front;
  const opened = calls.length;
  await toCheckout(page);
  await tellAddress(page, "guest@example.com");
  await chooseShipping(page);
  await payWithKlarna(page);
  const made = calls.slice(opened).filter(({ host }) => host === world.api);

  assert.equal(await page.getByTestId("status").innerText(), "placed, authorized");
  assert.equal(await page.getByTestId("brand").innerText(), "Klarna");
  await assertAuthorized(orderId(page));
  assertWrites(callsOf(made, world.api));
  assert.deepEqual([...new Set(callsOf(made, world.api).map(operation))].sort(), OPERATIONS);
  const { reads, writes: changes, preflights } = figures(made);
  t.diagnostic(`guest checkout: ${reads} uncacheable reads, ${changes} writes, ${preflights} preflights; recorded of the hosted checkout: ${Object.values(RECORDED).join(", ")}`);
  assert.equal(changes, RECORDED.writes);
  // React asks twice now and then; twice as often altogether would be something else.
  assert.ok(reads < 2 * RECORDED.reads, `${reads} reads`);
  assertCrossOrigin(calls.filter(({ host }) => [world.api, world.auth].includes(host)), `https://${SHOP}`);
  shop.settle();
  await shop.close();
});

// The order as the back office sees it, and Klarna's own books: the same amount, authorized once.
async function assertAuthorized(id) {
  const order = await world.office.order(id, "authorizations,payment_source,shipments");
  assert.deepEqual([order.status, order.payment_status, order.guest, order.customer_email], ["placed", "authorized", true, "guest@example.com"]);
  const [authorization] = order.rows.authorizations;
  assert.equal(order.rows.authorizations.length, 1);
  assert.deepEqual([authorization.succeeded, authorization.amount_cents], [true, order.total_amount_with_taxes_cents]);
  const klarna = await world.office.klarnaOrder(authorization.gateway_transaction_id);
  assert.deepEqual([klarna.status, klarna.order_amount], ["AUTHORIZED", order.total_amount_with_taxes_cents]);
}

function assertWrites(calls) {
  const made = writes(calls);
  assert.deepEqual(made.map(([name]) => name), [
    "POST addresses",
    "PATCH orders/:id",
    "PATCH shipments/:id",
    "PATCH orders/:id",
    "POST klarna_payments",
    "PATCH klarna_payments/:id",
    "PATCH orders/:id",
  ]);
  const [, [, address], [, shipping], [, method], [, source], [, token], [, place]] = made;
  assert.deepEqual(address, { customer_email: "guest@example.com", _shipping_address_same_as_billing: true, billing_address: "addresses" });
  assert.deepEqual(shipping, { shipping_method: "shipping_methods" });
  assert.deepEqual(method, { payment_method: "payment_methods" });
  assert.deepEqual(source, { order: "orders" });
  assert.deepEqual(Object.keys(token), ["auth_token"]);
  assert.deepEqual(place, { _place: true });
}
