// What does not go through at first: Klarna says no, or the shopper leaves; both may try again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { approve } from "../../tests/stage/flow.mjs";
import { callsOf, writes } from "../stage/calls.mjs";
import { SHOP } from "../stage/names.mjs";
import { buy, choosePayment, chooseShipping, orderId, putIntoCart, tellAddress, thanked, toCheckout } from "../stage/shopper.mjs";
import { startWorld } from "../stage/world.mjs";

let world;

before(async () => (world = await startWorld()));
after(() => world?.stop());

// What the widget tells the shopper, because the components say nothing.
function note(page, ending) {
  return page.frameLocator("#klarna-payments-container iframe").getByTestId(`widget-note-${ending}`);
}

async function toPayment(shop) {
  const { page } = shop;
  await page.goto(`https://${SHOP}/`);
  await putIntoCart(page, world.demo.skus[0]);
  await toCheckout(page);
  await tellAddress(page, "guest@example.com");
  await chooseShipping(page);
  await choosePayment(page, "klarna_payments");
}

test("a declined shopper takes another way and then Klarna again, and pays", async () => {
  const shop = await world.open();
  const { page } = shop;
  await toPayment(shop);
  const declined = await buy(page);
  await approve(declined, { phone: "+49017610927312" });
  await declined.locator("#message-dialog-dismiss-button").click();
  await note(page, "declined").waitFor();
  const id = orderId(page);
  const pending = await world.office.order(id, "payment_source,authorizations");
  assert.deepEqual([pending.status, pending.payment_status, pending.rows.authorizations], ["pending", "unpaid", undefined]);
  assert.equal(pending.rows.klarna_payments[0].auth_token, null);

  await choosePayment(page, "wire_transfers");
  await choosePayment(page, "klarna_payments");
  await approve(await buy(page), { phone: "+49017614284340" });
  await thanked(page);
  const placed = await world.office.order(id, "payment_source,authorizations");
  assert.deepEqual([placed.status, placed.payment_status, placed.rows.authorizations.length], ["placed", "authorized", 1]);
  assert.notEqual(placed.rows.klarna_payments[0].session_id, pending.rows.klarna_payments[0].session_id);
  shop.settle();
  await shop.close();
});

test("a shopper who closed the window pays with the next click", async () => {
  const shop = await world.open();
  const { page } = shop;
  await toPayment(shop);
  const { calls } = world.front;
  const chosen = calls.length;
  const first = await buy(page);
  await first.locator("#collectPhonePurchaseFlow").waitFor();
  await first.close();
  await note(page, "cancelled").waitFor();
  assert.deepEqual(writes(callsOf(calls.slice(chosen), world.api)), []);
  await approve(await buy(page), { phone: undefined });
  await thanked(page);
  const { status, payment_status: payment } = await world.office.order(orderId(page), "payment_source");
  assert.deepEqual([status, payment], ["placed", "authorized"]);
  shop.settle();
  await shop.close();
});
