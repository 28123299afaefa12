// The hosted page: a shopper comes from the shop, pays, goes back, cancels, and ends where the shop said.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fits, focused, openPage } from "../stage/browser.mjs";
import { eventually } from "../stage/eventually.mjs";
import { approve, choosePlan, confirm, identify } from "../stage/flow.mjs";
import { CART } from "../stage/sandbox.mjs";
import { tabTo } from "../stage/shop.mjs";
import { startScriptWorld } from "../stage/world.mjs";

const NARROW = { viewport: { width: 320, height: 640 } };
let world;

before(async () => {
  world = await startScriptWorld();
});

after(() => world?.stop());

// A page for a new payment session, opened by a shopper; `status` reads it as the shop's server would.
async function hosted({ session = {}, options = {}, urls, context = {} } = {}) {
  const { sandbox, merchant } = world;
  const payment = await sandbox.createSession(session);
  const at = (name) => `${merchant.origin}/${name}?sid={{session_id}}&token={{authorization_token}}&order={{order_id}}`;
  const names = ["success", "cancel", "back", "failure", "error"];
  const made = await sandbox.call("POST", "/hpp/v1/sessions", {
    payment_session_url: `${sandbox.url}/payments/v1/sessions/${payment.session_id}`,
    merchant_urls: urls ?? Object.fromEntries(names.map((name) => [name, at(name)])),
    options,
  });
  const opened = await openPage(world.browser, context);
  await opened.page.goto(made.redirect_url);
  const read = () => sandbox.call("GET", `/hpp/v1/sessions/${made.session_id}`);
  return { ...opened, made, read, close: () => opened.context.close() };
}

// Waits until the browser is at the shop again, and gives the query it came with.
async function arrival(page, name) {
  await page.waitForURL((url) => url.origin === world.merchant.origin);
  const url = new URL(page.url());
  assert.equal(url.pathname, `/${name}`);
  return Object.fromEntries(url.searchParams);
}

test("a shopper pays on the hosted page and arrives at the success URL with a token that places the order", async () => {
  const { page, made, read, errors, close } = await hosted();
  assert.equal((await read()).status, "IN_PROGRESS");
  await page.getByRole("heading", { name: "Complete your purchase" }).waitFor();
  await page.locator("#hpp-amount", { hasText: /123\.45\sEUR/ }).waitFor();
  await page.locator("#hpp-lines", { hasText: "1 × Lamp" }).waitFor();
  await page.getByRole("button", { name: "Buy" }).click();
  await approve(page);
  const query = await arrival(page, "success");
  const session = await read();
  assert.equal(session.status, "COMPLETED");
  assert.deepEqual(query, { sid: made.session_id, token: session.authorization_token, order: "" });
  const order = await world.sandbox.placeOrder(query.token);
  assert.equal(order.fraud_status, "ACCEPTED");
  assert.deepEqual(errors, []);
  await close();
});

test("with a place-order mode the shopper arrives with an order", async () => {
  const { page, read, close } = await hosted({ options: { place_order_mode: "CAPTURE_ORDER", purchase_type: "BOOK", page_title: "Book your lamp" } });
  await page.getByRole("heading", { name: "Book your lamp" }).waitFor();
  await page.getByRole("button", { name: "Book" }).click();
  await approve(page);
  const query = await arrival(page, "success");
  const session = await read();
  assert.equal(query.order, session.order_id);
  assert.equal(query.token, "");
  const order = await world.sandbox.call("GET", `/ordermanagement/v1/orders/${query.order}`);
  assert.equal(order.status, "CAPTURED");
  await close();
});

test("a shopper goes back to the shop, returns and pays", async () => {
  const { page, made, read, close } = await hosted();
  await page.getByRole("button", { name: "Back to the shop" }).click();
  assert.deepEqual(await arrival(page, "back"), { sid: made.session_id, token: "", order: "" });
  assert.equal((await read()).status, "BACK");
  await page.goto(made.redirect_url);
  assert.equal((await read()).status, "IN_PROGRESS");
  await page.getByRole("button", { name: "Buy" }).click();
  await approve(page);
  await arrival(page, "success");
  await close();
});

test("a shopper cancels in the middle of the flow; online that is going back", async () => {
  const { page, read, close } = await hosted();
  await page.getByRole("button", { name: "Buy" }).click();
  await identify(page, { phone: "+491711234567" });
  await page.locator("#choosePlan").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "No, go on" }).click();
  assert.equal((await read()).status, "IN_PROGRESS");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Yes, cancel" }).click();
  await arrival(page, "back");
  assert.equal((await read()).status, "BACK");
  await close();
});

test("in a store a shopper is asked before cancelling for good", async () => {
  const { page, made, read, close } = await hosted({ session: { acquiring_channel: "IN_STORE" } });
  await page.getByRole("link", { name: "Cancel the payment" }).click();
  await page.getByRole("heading", { name: "Cancel this payment?" }).waitFor();
  await page.getByRole("link", { name: "No, go on" }).click();
  await page.getByRole("link", { name: "Cancel the payment" }).click();
  await page.getByRole("button", { name: "Yes, cancel" }).click();
  await arrival(page, "cancel");
  assert.equal((await read()).status, "CANCELLED");
  await page.goto(made.redirect_url);
  await page.getByRole("heading", { name: "This payment was cancelled" }).waitFor();
  await close();
});

test("a declined shopper reads it, arrives at the failure URL and may try again", async () => {
  const { page, made, read, close } = await hosted();
  await page.getByRole("button", { name: "Buy" }).click();
  await approve(page, { phone: "+49017610927312" });
  await page.locator("#message-dialog-dismiss-button").click();
  await arrival(page, "failure");
  assert.equal((await read()).status, "FAILED");
  await page.goto(made.redirect_url);
  await page.getByRole("button", { name: "Buy" }).click();
  await approve(page);
  await arrival(page, "success");
  await close();
});

test("without addresses of the shop the page itself tells how it went", async () => {
  const { page, read, close } = await hosted({ urls: {} });
  await page.getByRole("button", { name: "Back to the shop" }).click();
  await page.getByRole("heading", { name: "You left this payment" }).waitFor();
  assert.equal((await read()).status, "BACK");
  await page.getByRole("link", { name: "Go back to the payment" }).click();
  await page.getByRole("button", { name: "Buy" }).click();
  await approve(page);
  await page.getByRole("heading", { name: "This payment is complete" }).waitFor();
  assert.equal((await read()).status, "COMPLETED");
  await close();
});

test("a page that is disabled stops the shopper at the next step", async () => {
  const { page, made, close } = await hosted();
  await page.getByRole("button", { name: "Buy" }).click();
  await page.locator("#collectPhonePurchaseFlow").waitFor();
  await world.sandbox.call("DELETE", `/hpp/v1/sessions/${made.session_id}`);
  await page.getByTestId("kaf-field").fill("+491711234567");
  await page.locator("#onContinue").click();
  await page.getByRole("heading", { name: "This payment is over" }).waitFor();
  const answer = await page.goto(made.redirect_url);
  assert.equal(answer.status(), 410);
  await page.getByRole("heading", { name: "This payment is no longer available" }).waitFor();
  await close();
});

test("a shopper pays with the keyboard alone on 320 pixels", async () => {
  const { page, close } = await hosted({ context: NARROW });
  const onScreen = async (id) => {
    await page.locator(id).waitFor();
    await fits(page, id);
    await focused(page, "h1");
  };
  await page.locator("#hpp-buy").waitFor();
  await fits(page, "the page");
  await tabTo(page, "#hpp-buy");
  await page.keyboard.press("Enter");
  await onScreen("#collectPhonePurchaseFlow");
  await page.keyboard.press("Tab");
  await page.keyboard.type("+491711234567");
  await page.keyboard.press("Enter");
  await onScreen("#phoneOtp");
  await page.keyboard.press("Tab");
  await page.keyboard.type("123456");
  await onScreen("#choosePlan");
  await tabTo(page, "[data-testid=pick-plan]");
  await page.keyboard.press("Enter");
  await onScreen("#confirmPurchase");
  await tabTo(page, "#buy_button");
  await page.keyboard.press("Enter");
  await arrival(page, "success");
  await close();
});

test("every page fits 320 pixels, names itself and is left by keyboard", async () => {
  const long = "A very long name of a lamp that nobody would put on a shelf, with its article number LMP-2026-000001";
  const lines = [{ ...CART.order_lines[0], name: long }];
  const { page, made, close } = await hosted({ session: { acquiring_channel: "TELESALES", order_lines: lines }, context: NARROW });
  const isSound = async () => {
    await fits(page, page.url());
    await eventually(async () => {
      assert.equal(await page.locator("h1").count(), 1);
      assert.notEqual(await page.title(), "");
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
    }, page.url());
  };
  await isSound();
  await tabTo(page, "#hpp-cancel");
  await page.keyboard.press("Enter");
  await page.locator("#hpp-cancel-yes").waitFor();
  await isSound();
  await page.goto(made.distribution_module.standalone_url);
  await isSound();
  await tabTo(page, "#email");
  await page.keyboard.type("alice@example.com");
  await page.keyboard.press("Enter");
  await page.locator("#hpp-outcome[role=status]").waitFor();
  await isSound();
  const { messages } = await world.sandbox.call("GET", `/sandbox/v1/outbox?session_id=${made.session_id}`);
  assert.equal(messages[0].link, made.redirect_url);
  const drawn = () => page.locator(".qr").evaluate((picture) => picture.complete && picture.naturalWidth > 0);
  await eventually(drawn, "the code is never drawn");
  await page.goto(`${world.sandbox.url}/hpp/payments/0000000`);
  await isSound();
  await close();
});

test("pictures of the merchant are shown, and nothing else is loaded from elsewhere", async () => {
  const picture = `${world.merchant.origin}/picture`;
  const { page, made, close } = await hosted({
    options: { logo_url: `${picture}/logo.png`, background_images: [{ url: `${picture}/small.jpg`, width: 320 }, { url: `${picture}/large.jpg`, width: 2000 }] },
  });
  const asked = [];
  const refused = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  await page.goto(made.redirect_url);
  await page.waitForLoadState("networkidle");
  const elsewhere = asked.filter((url) => !url.startsWith(world.sandbox.url)).sort();
  assert.deepEqual(elsewhere, [`${picture}/large.jpg`, `${picture}/logo.png`]);
  assert.deepEqual(refused, []);
  await close();
});
