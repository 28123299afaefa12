// The whole story against `kassa demo`: from the shop's first page to the thank-you page, and the ways that lead elsewhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fits, focused, openBrowser } from "../stage/browser.mjs";
import { eventually } from "../stage/eventually.mjs";
import { approve, choosePlan, confirm, identify, openFlow } from "../stage/flow.mjs";
import { hasBinary, startDemo } from "../stage/kassa.mjs";
import { widgetsAtRest } from "../stage/sdk.mjs";
import { addToCart, chooseKlarna, findOrder, openDemoShop, orderNumber, tabTo, toPayment } from "../stage/shop.mjs";
import { start } from "../stage/world.mjs";

const skip = hasBinary() ? false : "set KASSA_BIN to the kassa binary";
let world;

before(async () => {
  if (!skip) world = await start({ browser: () => openBrowser(), demo: startDemo });
});

after(() => world?.stop());

async function place(page) {
  await widgetsAtRest(page);
  return openFlow(page, () => page.locator("#place-order").click());
}

test("a shopper pays by pointer and the order is authorized", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await toPayment(page, world.demo);
  await chooseKlarna(page);
  const popup = await place(page);
  await identify(popup);
  await choosePlan(popup);
  await confirm(popup);
  const number = await orderNumber(page);
  await page.getByText("Your payment is approved.").waitFor();
  const order = await findOrder(world.demo, number);
  assert.deepEqual([order.status, order.payment_status], ["placed", "authorized"]);
  assert.deepEqual(shop.errors, []);
  assert.deepEqual(shop.refused, []);
  await page.reload();
  assert.equal(await orderNumber(page), number);
  await shop.close();
});

test("a shopper pays by keyboard alone", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  const press = async (selector, key = "Enter") => {
    await tabTo(page, selector);
    await page.keyboard.press(key);
  };
  await press(`[id='add-${world.demo.skus[0]}']`);
  await page.getByText("is in your cart").waitFor();
  await press("a[href='#/cart']");
  await page.getByRole("heading", { name: "Your cart" }).waitFor();
  await press("#to-checkout");
  await page.getByRole("heading", { name: "Checkout" }).waitFor();
  await press("#fill-test-shopper");
  await press("#save-address");
  await page.locator("#save-delivery").waitFor();
  await press("#save-delivery");
  await page.getByTestId("payment-klarna_payments").waitFor();
  await tabTo(page, "[name=payment]");
  await page.keyboard.press("Space");
  await page.locator("[name=payment]:checked").waitFor();
  if (!(await page.getByTestId("payment-klarna_payments").isChecked())) await page.keyboard.press("ArrowDown");
  await eventually(() => page.getByTestId("payment-klarna_payments").isChecked(), "the arrow never chooses Klarna");
  await page.locator("#place-order:enabled").waitFor();
  await tabTo(page, "#place-order");
  const popup = await openFlow(page, () => page.keyboard.press("Enter"));
  await popup.locator("#collectPhonePurchaseFlow").waitFor();
  await tabTo(popup, "[data-testid=kaf-field]");
  await popup.keyboard.press("Enter");
  await popup.locator("#phoneOtp").waitFor();
  await tabTo(popup, "#otp_field");
  await popup.keyboard.type("123456");
  await popup.locator("#choosePlan").waitFor();
  await tabTo(popup, "[data-testid=pick-plan]");
  await popup.keyboard.press("Enter");
  await popup.locator("#confirmPurchase").waitFor();
  await tabTo(popup, "#buy_button");
  await popup.keyboard.press("Enter");
  const order = await findOrder(world.demo, await orderNumber(page));
  assert.equal(order.payment_status, "authorized");
  await focused(page, "h1");
  await shop.close();
});

test("a declined shopper is told so and pays another way", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await toPayment(page, world.demo, { email: "customer+denied@email.de" });
  await chooseKlarna(page);
  const popup = await place(page);
  await identify(popup);
  await choosePlan(popup);
  await confirm(popup);
  await popup.locator("#message-dialog-dismiss-button").click();
  await page.getByText("This payment was declined. Please choose another payment method.").waitFor();
  await page.locator("#place-order:disabled").waitFor();
  await page.getByTestId("payment-wire_transfers").check();
  await page.locator("#place-order:enabled").click();
  const number = await orderNumber(page);
  assert.equal((await findOrder(world.demo, number)).status, "placed");
  await shop.close();
});

test("a shopper who closed the window succeeds on the second try", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await toPayment(page, world.demo);
  await chooseKlarna(page);
  const first = await place(page);
  await first.locator("#collectPhonePurchaseFlow").waitFor();
  await first.close();
  await page.getByText("The payment was cancelled. You can try again").waitFor();
  await focused(page, "#place-order");
  await approve(await place(page), { phone: undefined });
  assert.equal((await findOrder(world.demo, await orderNumber(page))).payment_status, "authorized");
  await shop.close();
});

test("a declined shopper may try again with another session", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await toPayment(page, world.demo);
  await chooseKlarna(page);
  const declined = await place(page);
  await approve(declined, { phone: "+49017610927312" });
  await declined.locator("#message-dialog-dismiss-button").click();
  await page.getByText("This payment was declined").waitFor();
  await chooseKlarna(page);
  await approve(await place(page), { phone: "+49017614284340" });
  assert.equal((await findOrder(world.demo, await orderNumber(page))).payment_status, "authorized");
  await shop.close();
});

test("a payment under review is called that", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await page.locator("#market").selectOption("UK");
  await page.locator(".price", { hasText: "£" }).first().waitFor();
  await toPayment(page, world.demo, { email: "customer+pend-accept-05@email.uk" });
  await chooseKlarna(page);
  await approve(await place(page), { phone: undefined });
  await orderNumber(page);
  await page.getByText("Your payment is being reviewed.").waitFor();
  await shop.close();
});

test("without windows the payment goes on in a frame of the shop", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await page.evaluate(() => (window.open = () => undefined));
  await toPayment(page, world.demo);
  await chooseKlarna(page);
  await page.locator("#place-order").click();
  await approve(page.frameLocator("#klarna-klarna-fullscreen"), { phone: undefined });
  assert.equal((await findOrder(world.demo, await orderNumber(page))).payment_status, "authorized");
  await shop.close();
});

test("what is out of stock cannot be bought, and says so", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const sold = shop.page.locator(".product", { hasText: "Out of stock" });
  await eventually(async () => assert.deepEqual([await sold.count(), await sold.getByRole("button").count()], [1, 0]), "one product without a button");
  await shop.close();
});

test("digital goods need no delivery", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await page.locator(".product", { hasText: "e-book" }).getByTestId("add-to-cart").click();
  await page.getByText("is in your cart").waitFor();
  await page.getByRole("link", { name: /Cart/ }).click();
  await page.locator("#to-checkout").click();
  await page.locator("#fill-test-shopper").click();
  await page.locator("#save-address").click();
  await chooseKlarna(page);
  assert.equal(await page.getByRole("heading", { name: "Delivery" }).count(), 0);
  await approve(await place(page), { phone: undefined });
  assert.equal((await findOrder(world.demo, await orderNumber(page))).payment_status, "authorized");
  await shop.close();
});

test("each market has its own money, and can be paid in", { skip }, async () => {
  const signs = { EU: "€", US: "$", UK: "£", SE: "kr" };
  for (const [market, sign] of Object.entries(signs)) {
    const shop = await openDemoShop(world.browser, world.demo);
    const { page } = shop;
    await page.locator("#market").selectOption(market);
    await page.locator(".price", { hasText: sign }).first().waitFor();
    await toPayment(page, world.demo);
    await chooseKlarna(page);
    await approve(await place(page), { phone: undefined });
    const number = await orderNumber(page);
    assert.equal((await findOrder(world.demo, number)).payment_status, "authorized", market);
    await shop.close();
  }
});

test("every page fits 320 pixels", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo, { viewport: { width: 320, height: 640 } });
  const { page } = shop;
  await fits(page, "products");
  await addToCart(page, world.demo.skus[0]);
  await page.getByRole("link", { name: /Cart/ }).click();
  await page.locator("#to-checkout").waitFor();
  await fits(page, "cart");
  await page.locator("#to-checkout").click();
  await page.locator("#save-address").waitFor();
  await page.locator("#save-address").click();
  await page.getByText("E-mail is missing.").waitFor();
  await focused(page, "#email");
  await fits(page, "address with errors");
  await page.locator("#fill-test-shopper").click();
  await page.locator("#save-address").click();
  await page.locator("#save-delivery").waitFor();
  await fits(page, "delivery");
  await page.locator("#save-delivery").click();
  await chooseKlarna(page);
  await fits(page, "payment");
  await approve(await place(page), { phone: undefined });
  await orderNumber(page);
  await fits(page, "thank you");
  await shop.close();
});

test("the cart survives a reload and its quantities can be changed", { skip }, async () => {
  const shop = await openDemoShop(world.browser, world.demo);
  const { page } = shop;
  await addToCart(page, world.demo.skus[0]);
  await page.reload();
  await page.getByRole("link", { name: "Cart (1)" }).click();
  const quantity = page.locator(".line-quantity input");
  await quantity.fill("3");
  await quantity.press("Tab");
  await page.getByRole("link", { name: "Cart (3)" }).waitFor();
  await page.getByRole("button", { name: /Remove/ }).click();
  await page.getByText("Your cart is empty.").waitFor();
  await shop.close();
});
