// The screens behind a choice: the account of a direct debit, the test bank, and what a step-up shopper has to pass.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fits } from "../stage/browser.mjs";
import { choosePlan, confirm, identify, openFlow } from "../stage/flow.mjs";
import { answer, buy, onBuy, openShop, OPTIONS } from "../stage/sdk.mjs";
import { startScriptWorld } from "../stage/world.mjs";

const PHONE = "+491711234567";
let world;

before(async () => {
  world = await startScriptWorld();
});

after(() => world?.stop());

// A shop whose shopper has confirmed the purchase, or stands before the plans.
async function flowOf(email, { way, until = "confirmed" } = {}) {
  const shop = await openShop(world);
  await onBuy(shop.page, OPTIONS, { billing_address: { email, phone: PHONE } });
  const popup = await openFlow(shop.page, () => buy(shop.page));
  await identify(popup);
  if (way) await popup.locator(`#${way}-${way}`).check();
  await choosePlan(popup);
  if (until === "confirmed") await confirm(popup);
  return { ...shop, popup };
}

test("a step-up shopper types the code; six nines are wrong, any other six digits right", async () => {
  const shop = await flowOf("customer+denied+auth_otp_email@email.de");
  const screen = shop.popup.locator("#stepUp[data-challenge=otp_email]");
  await screen.waitFor();
  await shop.popup.locator("#stepUpCode").fill("999999");
  await shop.popup.locator("button[type=submit]").click();
  await shop.popup.getByRole("alert").filter({ hasText: /\S/ }).first().waitFor();
  assert.deepEqual(await shop.page.evaluate(() => window.said), []);
  await shop.popup.locator("#stepUpCode").fill("123456");
  await shop.popup.locator("button[type=submit]").click();
  const [said] = await answer(shop.page);
  assert.deepEqual(Object.keys(said).sort(), ["approved", "authorization_token", "show_form"]);
  assert.equal(said.approved, true);
  assert.deepEqual(shop.errors, []);
  await shop.close();
});

test("a challenge that happens elsewhere is passed or failed with a button", async () => {
  for (const [button, approved] of [
    ["#success", true],
    ["#rejected", false],
  ]) {
    const shop = await flowOf("customer+denied+auth_id_scan@email.de");
    await shop.popup.locator("#stepUp[data-challenge=id_scan]").waitFor();
    await shop.popup.locator(button).click();
    if (!approved) await shop.popup.locator("#message-dialog-dismiss-button").click();
    assert.equal((await answer(shop.page))[0].approved, approved, button);
    await shop.close();
  }
});

test("a direct debit asks for an account and says when its number is wrong", async () => {
  const shop = await flowOf("customer@email.de", { way: "direct_debit", until: "chosen" });
  const number = shop.popup.locator("#accountNumber");
  await number.fill("12345");
  await shop.popup.locator("button[type=submit]").click();
  await shop.popup.locator("#accountNumber[aria-invalid=true]").waitFor();
  await number.fill("DE11 5205 1373 5120 7101 31");
  await shop.popup.setViewportSize({ width: 320, height: 640 });
  await fits(shop.popup, "the account screen");
  await shop.popup.locator("button[type=submit]").click();
  await confirm(shop.popup);
  const [said] = await answer(shop.page);
  const order = await world.sandbox.placeOrder(said.authorization_token);
  assert.equal(order.authorized_payment_method.type, "direct_debit");
  await shop.close();
});

test("a bank transfer leads over the test bank", async () => {
  const shop = await flowOf("customer@email.de", { way: "direct_bank_transfer", until: "chosen" });
  await shop.popup.getByRole("heading", { name: "Demo Bank" }).waitFor();
  for (const field of ["login", "pin", "tan"]) await shop.popup.locator(`#bank-${field}`).fill("1234");
  await shop.popup.locator("button[type=submit]").click();
  await confirm(shop.popup);
  const [said] = await answer(shop.page);
  const order = await world.sandbox.placeOrder(said.authorization_token);
  assert.equal(order.authorized_payment_method.type, "direct_bank_transfer");
  await shop.close();
});
