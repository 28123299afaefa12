// A customer who logs in, takes a saved address, and keeps the payment for later.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertCrossOrigin, callsOf, writes } from "../stage/calls.mjs";
import { SHOP } from "../stage/names.mjs";
import { to } from "../stage/office.mjs";
import { ADDRESS, choosePayment, chooseShipping, logIn, orderId, payWithKlarna, putIntoCart, takeSavedAddress, thanked, toCheckout } from "../stage/shopper.mjs";
import { startWorld } from "../stage/world.mjs";

let world;
let customer;

before(async () => {
  world = await startWorld();
  const { office, demo } = world;
  [customer] = await office.list("customers", { "filter[q][email_eq]": demo.customer.email });
  const address = await office.create("addresses", { ...ADDRESS, country_code: "DE", state_code: "BE" });
  await office.create("customer_addresses", { customer_email: customer.email }, { customer: to(customer), address: to(address) });
});
after(() => world?.stop());

test("a customer pays a subscription with a saved address, and the payment is kept", async () => {
  const shop = await world.open();
  const { page } = shop;
  const { calls } = world.front;
  await page.goto(`https://${SHOP}/`);
  await logIn(page, world.demo.customer);
  await putIntoCart(page, world.demo.skus[2]);
  await toCheckout(page);
  const opened = calls.length;
  await takeSavedAddress(page);
  await chooseShipping(page);
  await payWithKlarna(page);

  assert.equal(await page.getByTestId("status").innerText(), "placed, authorized");
  assertWrites(callsOf(calls.slice(opened), world.api));
  const order = await world.office.order(orderId(page), "customer,billing_address,shipping_address,authorizations");
  assert.deepEqual([order.status, order.payment_status, order.guest, order.customer_email], ["placed", "authorized", false, customer.email]);
  assert.deepEqual(order.rows.addresses.map(({ line_1: street }) => street), [ADDRESS.line_1, ADDRESS.line_1]);
  const [authorization] = order.rows.authorizations;
  assert.equal((await world.office.klarnaOrder(authorization.gateway_transaction_id)).status, "AUTHORIZED");
  const kept = await world.office.list("customer_payment_sources", { include: "payment_source" });
  assert.equal(kept.length, 1);
  assertCrossOrigin(calls.filter(({ host }) => [world.api, world.auth].includes(host)), `https://${SHOP}`);
  shop.settle();
  await shop.close();
});

test("the kept payment pays the next order, without Klarna's window", async () => {
  const shop = await world.open();
  const { page } = shop;
  await page.goto(`https://${SHOP}/`);
  await logIn(page, world.demo.customer);
  await putIntoCart(page, world.demo.skus[0]);
  await toCheckout(page);
  await takeSavedAddress(page);
  await chooseShipping(page);
  await choosePayment(page, "klarna_payments");
  const { calls } = world.front;
  const chosen = calls.length;
  await page.getByTestId("kept-payment").click();
  // The card takes the place of the widget.
  await page.getByTestId("brand").waitFor({ state: "attached" });
  await page.locator("[data-testid=place-order]:enabled").click();
  await thanked(page);

  assert.deepEqual(writes(callsOf(calls.slice(chosen), world.api)).map(([, body]) => Object.keys(body)), [["_customer_payment_source_id"], ["_place"]]);
  const order = await world.office.order(orderId(page), "authorizations");
  assert.deepEqual([order.status, order.payment_status], ["placed", "authorized"]);
  const [authorization] = order.rows.authorizations;
  assert.equal((await world.office.klarnaOrder(authorization.gateway_transaction_id)).order_amount, order.total_amount_with_taxes_cents);
  shop.settle();
  await shop.close();
});

function assertWrites(calls) {
  const made = writes(calls);
  assert.deepEqual(made.map(([name]) => name), [
    "PATCH addresses/:id",
    "PATCH orders/:id",
    "PATCH shipments/:id",
    "PATCH orders/:id",
    "POST klarna_payments",
    "PATCH klarna_payments/:id",
    "PATCH orders/:id",
    "PATCH orders/:id",
  ]);
  const sent = made.map(([, body]) => body);
  assert.deepEqual(Object.keys(sent[0]), ["reference"]);
  assert.ok(sent[1]._billing_address_clone_id);
  assert.equal(sent[1]._shipping_address_same_as_billing, true);
  assert.deepEqual(sent.slice(-2), [{ _place: true }, { _save_payment_source_to_customer_wallet: true }]);
}
