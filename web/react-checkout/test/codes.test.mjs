// A coupon and a gift card in the cart: what they take off is what Klarna is not asked for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SHOP } from "../stage/names.mjs";
import { to } from "../stage/office.mjs";
import { chooseShipping, orderId, payWithKlarna, putIntoCart, tellAddress, toCheckout, useCode } from "../stage/shopper.mjs";
import { startWorld } from "../stage/world.mjs";

const COUPON = "SPRING-TENTH";
const CARD_CENTS = 500;

let world;
let card;

before(async () => {
  world = await startWorld();
  const { office } = world;
  const times = { starts_at: "2020-01-01T00:00:00Z", expires_at: "2100-01-01T00:00:00Z" };
  const promotion = await office.create("percentage_discount_promotions", { name: "A tenth off", percentage: 10, currency_code: "EUR", ...times });
  const rule = await office.create("coupon_codes_promotion_rules", {}, { promotion: to(promotion) });
  await office.create("coupons", { code: COUPON, usage_limit: 1 }, { promotion_rule: to(rule) });
  const { id } = await office.create("gift_cards", { currency_code: "EUR", balance_cents: CARD_CENTS });
  await office.update("gift_cards", id, { _purchase: true });
  card = await office.update("gift_cards", id, { _activate: true });
});
after(() => world?.stop());

test("a guest pays the rest with Klarna after a coupon and a gift card", async () => {
  const shop = await world.open();
  const { page } = shop;
  await page.goto(`https://${SHOP}/`);
  await putIntoCart(page, world.demo.skus[0], 2);
  await useCode(page, "NO-SUCH-CODE");
  await page.getByTestId("code-error").first().waitFor();
  await useCode(page, COUPON);
  await page.getByTestId("coupon-code").getByText(COUPON).waitFor();
  await useCode(page, card.code);
  await page.getByTestId("gift_card-code").getByText(card.code).waitFor();
  await toCheckout(page);
  await tellAddress(page, "guest@example.com");
  await chooseShipping(page);
  await payWithKlarna(page);

  const order = await world.office.order(orderId(page), "authorizations");
  const paid = order.subtotal_amount_cents * 0.9 + order.shipping_amount_cents - CARD_CENTS;
  assert.deepEqual([order.status, order.coupon_code, order.gift_card_code], ["placed", COUPON, card.code]);
  assert.equal(order.total_amount_with_taxes_cents, paid);
  const [authorization] = order.rows.authorizations;
  assert.equal((await world.office.klarnaOrder(authorization.gateway_transaction_id)).order_amount, paid);
  shop.settle(/^422: PATCH/, /^console: .*422/, /^console: Update order/);
  await shop.close();
});
