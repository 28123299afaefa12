// The purchase flow: approval, decline, cancel, and everything a browser can put in its way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fits, focused, gone } from "../stage/browser.mjs";
import { eventually } from "../stage/eventually.mjs";
import { approve, choosePlan, confirm, identify, openFlow } from "../stage/flow.mjs";
import { answer, buy, loadWidget, onBuy, openShop, OPTIONS } from "../stage/sdk.mjs";
import { startScriptWorld } from "../stage/world.mjs";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const APPROVER = { billing_address: { email: "customer@email.de", phone: "+49017614284340" } };
let world;

before(async () => {
  world = await startScriptWorld();
});

after(() => world?.stop());

async function shopWithBuy(given = [OPTIONS, APPROVER], options = {}) {
  const shop = await openShop(world, options);
  await onBuy(shop.page, ...given);
  const press = () => buy(shop.page);
  return { ...shop, buy: press, open: () => openFlow(shop.page, press) };
}

test("an approval closes the window, calls back with a token, and the token places one order", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  assert.equal(new URL(popup.url()).origin, world.sandbox.url);
  await identify(popup);
  await choosePlan(popup);
  await popup.locator("#buy_button", { hasText: "123.45" }).waitFor();
  const closed = popup.waitForEvent("close");
  await confirm(popup);
  const [said] = await answer(shop.page);
  await closed;
  assert.equal(said.approved, true);
  assert.equal(said.show_form, true);
  assert.match(said.authorization_token, UUID);
  assert.deepEqual(await shop.page.evaluate(() => window.events), ["fullscreenOverlayShown", "callback", "fullscreenOverlayHidden"]);
  await gone(shop.page.getByTestId("payment-overlay"));
  await focused(shop.page, "#buy");
  const order = await world.sandbox.placeOrder(said.authorization_token);
  assert.equal(order.fraud_status, "ACCEPTED");
  assert.deepEqual(shop.errors, []);
  await shop.close();
});

test("options and data are told apart by name, however a shop sends them", async () => {
  const address = { billing_address: { email: "customer@email.de", phone: "+49017614284340", street_address2: null } };
  const calls = {
    "options and data in one object, with lines of the shop's own kind": [
      { ...OPTIONS, ...address, order_amount: 1, order_lines: [{ quantity: 1, total_amount: 1, unit_price: 1, type: null }], locale: "EN" },
    ],
    "data first, options second": [address, OPTIONS],
    "data only": [address],
    "options and null": [OPTIONS, null],
    "nothing but the callback": [],
  };
  for (const [name, given] of Object.entries(calls)) {
    const shop = await shopWithBuy(given);
    const popup = await shop.open();
    await popup.locator("#collectPhonePurchaseFlow").waitFor();
    const phone = given.some((part) => part?.billing_address) ? "+49017614284340" : "";
    await eventually(async () => assert.equal(await popup.getByTestId("kaf-field").inputValue(), phone), name);
    await popup.locator("header", { hasText: "123.45" }).waitFor();
    await approve(popup);
    assert.equal((await answer(shop.page))[0].approved, true, name);
    await shop.close();
  }
});

test("a declined shopper reads why, the callback hides the method, and the session stays declined", async () => {
  const shop = await shopWithBuy([OPTIONS, { billing_address: { email: "customer+denied@email.de", phone: "+491711234567" } }]);
  const popup = await shop.open();
  await identify(popup);
  await choosePlan(popup);
  await confirm(popup);
  const dialog = popup.getByRole("alertdialog");
  await dialog.waitFor();
  assert.deepEqual(await shop.page.evaluate(() => window.said), []);
  await popup.locator("#message-dialog-dismiss-button").click();
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: false }]);
  await shop.page.frameLocator("iframe[id$='-main']").getByTestId("widget-note-declined").waitFor();

  await shop.buy();
  assert.deepEqual(await answer(shop.page, 2), [{ approved: false, show_form: false }, { approved: false, show_form: false }]);
  assert.deepEqual(await loadWidget(shop.page, {}), { show_form: false });
  await shop.close();
});

test("a denied phone declines, also when it was typed in the window", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await approve(popup, { phone: "+49017610927312" });
  await popup.locator("#message-dialog-dismiss-button").click();
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: false }]);
  await shop.close();
});

test("closing the window is a cancel that can be tried again", async () => {
  const shop = await shopWithBuy();
  const first = await shop.open();
  await first.locator("#collectPhonePurchaseFlow").waitFor();
  await first.close();
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: true }]);
  await shop.page.frameLocator("iframe[id$='-main']").getByTestId("widget-note-cancelled").waitFor();

  const second = await shop.open();
  await approve(second);
  const said = await answer(shop.page, 2);
  assert.equal(said[1].approved, true);
  await shop.close();
});

test("closing the window before it has loaded is a cancel too", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await popup.close();
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: true }]);
  await shop.close();
});

test("the close control and Escape ask before they cancel", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await popup.locator("#collectPhonePurchaseFlow").waitFor();
  await popup.getByLabel("Close").click();
  const dialog = popup.locator("#payment-cancel-dialog-express__container");
  await dialog.waitFor();
  await popup.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await popup.keyboard.press("Escape");
  await dialog.waitFor();
  await popup.getByRole("button", { name: "Yes, cancel" }).click();
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: true }]);
  await shop.close();
});

test("the overlay on the shop's page cancels after asking", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  const overlay = shop.page.getByTestId("payment-overlay").getByRole("dialog");
  await overlay.getByRole("button", { name: "Show the payment window" }).click();
  await overlay.getByRole("button", { name: "Cancel payment" }).click();
  await overlay.getByRole("button", { name: "No, go on" }).click();
  await shop.page.keyboard.press("Escape");
  const closed = popup.waitForEvent("close");
  await overlay.getByRole("button", { name: "Yes, cancel" }).click();
  await closed;
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: true }]);
  await shop.close();
});

test("the wrong code stays on its screen and says so", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await identify(popup, { code: "999999" });
  await popup.getByText("This code is wrong").waitFor();
  await popup.locator("#otp_field[aria-invalid=true]").waitFor();
  await focused(popup, "#otp_field");
  await popup.locator("#otp_field").pressSequentially("123456");
  await choosePlan(popup);
  await confirm(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("a second authorize joins the first flow, and init and load do not disturb it", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  let windows = 0;
  shop.page.on("popup", () => (windows += 1));
  await shop.page.evaluate(async (token) => {
    document.getElementById("buy").onclick();
    for (let turn = 0; turn < 3; turn += 1) {
      window.Klarna.Payments.init({ client_token: token });
      window.Klarna.Payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" });
    }
    const container = document.getElementById("klarna-payments-container");
    container.replaceWith(Object.assign(document.createElement("div"), { id: container.id }));
    window.Klarna.Payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" });
  }, shop.session.client_token);
  await approve(popup);
  const said = await answer(shop.page, 2);
  assert.equal(windows, 0);
  assert.equal(said.length, 2);
  assert.deepEqual(said[0], said[1]);
  assert.deepEqual(await shop.page.evaluate(() => window.events), ["fullscreenOverlayShown", "callback", "callback", "fullscreenOverlayHidden"]);
  await shop.close();
});

test("a browser that gives no window gets a full-screen frame", async () => {
  for (const result of [undefined, null]) {
    const shop = await shopWithBuy();
    await shop.page.evaluate((value) => (window.open = () => value), result);
    await shop.buy();
    const frame = shop.page.frameLocator("#klarna-klarna-fullscreen");
    await eventually(async () => {
      const box = await shop.page.locator("iframe[name='klarna-klarna-fullscreen']").boundingBox();
      assert.deepEqual([box.width, box.height], [1100, 800]);
    }, "the frame never fills the window");
    await approve(frame);
    assert.equal((await answer(shop.page))[0].approved, true);
    await gone(shop.page.locator("#klarna-klarna-fullscreen"));
    await shop.close();
  }
});

test("the frame can be cancelled by keyboard and gives the focus back", async () => {
  const shop = await shopWithBuy();
  await shop.page.evaluate(() => (window.open = () => null));
  await shop.page.locator("#buy").focus();
  await shop.page.keyboard.press("Enter");
  const frame = shop.page.frameLocator("#klarna-klarna-fullscreen");
  await frame.locator("#collectPhonePurchaseFlow").waitFor();
  await frame.locator("h1").press("Escape");
  await frame.locator("#payment-cancel-dialog-express__confirm").press("Enter");
  assert.deepEqual(await answer(shop.page), [{ approved: false, show_form: true }]);
  await focused(shop.page, "#buy");
  await shop.close();
});

test("a second step is asked for, and finalize gives the token", async () => {
  const shop = await shopWithBuy([{ ...OPTIONS, auto_finalize: false }, APPROVER]);
  await approve(await shop.open());
  assert.deepEqual(await answer(shop.page), [{ approved: true, show_form: true, finalize_required: true }]);
  const said = await shop.page.evaluate(() => new Promise((resolve) => window.Klarna.Payments.finalize({}, {}, resolve)));
  assert.equal(said.approved, true);
  assert.match(said.authorization_token, UUID);
  await shop.close();
});

test("reauthorize gives a new token without a window, and only after an approval", async () => {
  const shop = await shopWithBuy();
  const again = () => shop.page.evaluate((options) => new Promise((resolve) => window.Klarna.Payments.reauthorize(options, resolve)), OPTIONS);
  assert.deepEqual(await again(), { approved: false, show_form: false });
  await approve(await shop.open());
  const [first] = await answer(shop.page);
  const second = await again();
  assert.equal(second.approved, true);
  assert.notEqual(second.authorization_token, first.authorization_token);
  await shop.close();
});

test("data that can be corrected comes back by path", async () => {
  const shop = await shopWithBuy([OPTIONS, { billing_address: { email: "nobody", given_name: "1234" } }]);
  await shop.open();
  const [said] = await answer(shop.page);
  assert.deepEqual(said, {
    approved: false,
    show_form: true,
    error: { invalid_fields: ["billing_address.given_name", "billing_address.email"] },
  });
  await shop.close();
});

test("a new shopper signs up first and may skip the offers", async () => {
  const shop = await shopWithBuy([OPTIONS, { billing_address: { email: "customer+new_user@email.de" } }]);
  const popup = await shop.open();
  await identify(popup, { phone: "+491711234567" });
  await popup.locator("#newShopperDetails").getByRole("button", { name: "Continue" }).click();
  await focused(popup, "#details-given_name");
  const details = { given_name: "Mock", family_name: "Mock", street_address: "Neue Schönhauser Str. 2", postal_code: "10178", city: "Berlin", date_of_birth: "1970-07-10" };
  for (const [name, value] of Object.entries(details)) await popup.locator(`#details-${name}`).fill(value);
  await popup.locator("#details-terms").check();
  await popup.locator("#newShopperDetails").getByRole("button", { name: "Continue" }).click();
  await choosePlan(popup);
  await confirm(popup);
  await popup.getByTestId("SmoothCheckoutPopUp:skip").click();
  assert.equal((await answer(shop.page))[0].approved, true);
  const session = await world.sandbox.readSession(shop.session.session_id);
  assert.equal(session.billing_address.family_name, "Mock");
  await shop.close();
});

test("parts are chosen by plan", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await identify(popup);
  await popup.locator("#pay_over_time-pay_over_time").check();
  await popup.getByTestId("select-payment-category-or-method-from-stacked-selector").click();
  await popup.locator("[name=pay_over_time][value='6']").check();
  await popup.getByTestId("pick-plan").click();
  await popup.locator("#confirmPurchase", { hasText: "6 parts" }).waitFor();
  await popup.locator("#buy_button").click();
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("a card may have to pass the bank's check", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await identify(popup);
  await popup.locator("#pay_now-pay_now").check();
  await choosePlan(popup);
  await popup.locator("#cardNumber").fill("4687 3888 8888 8881");
  await popup.locator("#expire").fill("12/28");
  await popup.locator("#securityCode").fill("123");
  await popup.getByRole("button", { name: "Continue" }).click();
  await popup.frameLocator("[id='3ds-dialog-iframe']").locator("#rejected").click();
  await popup.getByText("refused this card").waitFor();
  await popup.locator("#cardNumber").fill("4111 1111 1111 1111");
  await popup.locator("#expire").fill("12/28");
  await popup.locator("#securityCode").fill("123");
  await popup.getByRole("button", { name: "Continue" }).click();
  await confirm(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("the national id replaces the code in Sweden", async () => {
  const lines = [{ name: "Lampa", quantity: 1, unit_price: 12_345, total_amount: 12_345 }];
  const session = { purchase_country: "SE", purchase_currency: "SEK", locale: "sv-SE", order_tax_amount: 0, order_lines: lines };
  const shop = await shopWithBuy([OPTIONS], { session });
  const popup = await shop.open();
  await popup.locator("#signInWithBankId").click();
  await choosePlan(popup);
  await popup.locator("html[lang=sv]").waitFor();
  await confirm(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("the window may be reloaded", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await identify(popup);
  await popup.getByTestId("pick-plan").waitFor();
  await popup.reload();
  await choosePlan(popup);
  await popup.reload();
  await confirm(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("a shop that severs its windows still hears the end", async () => {
  const shop = await shopWithBuy([OPTIONS, APPROVER], { headers: { "cross-origin-opener-policy": "same-origin" } });
  const [popup] = await Promise.all([shop.context.waitForEvent("page"), shop.buy()]);
  await identify(popup);
  await popup.waitForTimeout(4_000);
  assert.deepEqual(await shop.page.evaluate(() => window.said), []);
  await choosePlan(popup);
  await confirm(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("a strict content policy that names our origin for scripts and frames is enough", async () => {
  const policy = `default-src 'none'; script-src 'unsafe-eval' ${world.sandbox.url}; frame-src ${world.sandbox.url}; style-src 'self'; connect-src 'none'`;
  const shop = await shopWithBuy([OPTIONS, APPROVER], { headers: { "content-security-policy": policy } });
  const blocked = [];
  shop.page.on("console", (message) => /Content Security Policy|Refused to/.test(message.text()) && blocked.push(message.text()));
  const popup = await shop.open();
  await shop.page.getByTestId("payment-overlay").getByRole("dialog").waitFor();
  const width = () => shop.page.evaluate(() => document.querySelector("[data-testid=payment-overlay]").shadowRoot.querySelector("dialog").getBoundingClientRect().width);
  await eventually(async () => assert.equal(await width(), 1100), "the overlay never covers the page");
  await approve(popup);
  assert.equal((await answer(shop.page))[0].approved, true);
  assert.deepEqual(blocked.filter((text) => !text.includes("favicon")), []);
  await shop.close();
});

test("no cookie is set anywhere", async () => {
  const shop = await shopWithBuy();
  await approve(await shop.open());
  await answer(shop.page);
  assert.deepEqual(await shop.context.cookies(), []);
  await shop.close();
});

test("every screen fits 320 pixels and works by keyboard alone", async () => {
  const shop = await shopWithBuy([OPTIONS, APPROVER], { context: { viewport: { width: 320, height: 640 } } });
  const popup = await openFlow(shop.page, async () => {
    await shop.page.locator("#buy").focus();
    await shop.page.keyboard.press("Enter");
  });
  await popup.setViewportSize({ width: 320, height: 640 });
  const onScreen = async (id) => {
    await popup.locator(id).waitFor();
    await fits(popup, id);
    await focused(popup, "h1");
  };
  await onScreen("#collectPhonePurchaseFlow");
  await popup.keyboard.press("Tab");
  await focused(popup, "[data-testid=kaf-field]");
  await popup.keyboard.press("Enter");
  await onScreen("#phoneOtp");
  await popup.keyboard.press("Tab");
  await popup.keyboard.type("123456");
  await onScreen("#choosePlan");
  await popup.keyboard.press("Tab");
  await popup.keyboard.press("ArrowDown");
  await focused(popup, "[value=pay_over_time]");
  await popup.keyboard.press("Enter");
  await onScreen("#chooseParts");
  await popup.keyboard.press("Tab");
  await popup.keyboard.press("Enter");
  await onScreen("#confirmPurchase");
  await popup.keyboard.press("Tab");
  await popup.keyboard.press("Enter");
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("messages from strangers are not heard", async () => {
  const shop = await shopWithBuy();
  const popup = await shop.open();
  await popup.locator("#collectPhonePurchaseFlow").waitFor();
  await shop.page.evaluate(() => {
    for (const type of ["changed", "result", "closed", "hello"]) window.postMessage({ v: 1, nonce: "", type, approved: true }, "*");
  });
  await popup.evaluate(() => window.opener.postMessage({ v: 1, nonce: "guessed", type: "changed" }, "*"));
  await shop.page.waitForTimeout(300);
  assert.deepEqual(await shop.page.evaluate(() => window.said), []);
  await approve(popup);
  assert.equal((await answer(shop.page)).length, 1);
  await shop.close();
});
