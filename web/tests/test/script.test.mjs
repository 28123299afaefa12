// What the script leaves on a page, and how it answers wrong use. No flow is opened here.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openPage } from "../stage/browser.mjs";
import { loadWidget, openShop, thrown, widgetsAtRest } from "../stage/sdk.mjs";
import { startScriptWorld } from "../stage/world.mjs";

let world;

before(async () => {
  world = await startScriptWorld();
});

after(() => world?.stop());

test("the script answers under any query and its older address", async () => {
  for (const path of ["/kp/lib/v1/api.js", "/kp/lib/v1/api.js?1700000000", "/lib/v1/api.js"]) {
    const response = await fetch(`${world.sandbox.url}${path}`, { redirect: "manual" });
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get("content-type"), /^text\/javascript/);
    assert.match(response.headers.get("cache-control"), /no-store/);
    assert.equal(response.headers.get("set-cookie"), null);
  }
});

test("the global is a plain object, there at the end of the evaluation, beside what others put into it", async () => {
  const { context, page } = await openPage(world.browser);
  await page.goto(world.merchant.address({}));
  const seen = await page.evaluate(async (src) => {
    window.Klarna = { Messaging: { own: true } };
    const before = window.Klarna;
    const called = [];
    window.klarnaAsyncCallback = (...values) => called.push(["ready", values.length, typeof window.Klarna.Payments.init]);
    const script = document.createElement("script");
    script.src = `${src}?123`;
    script.async = true;
    await new Promise((resolve) => {
      script.onload = () => {
        called.push(["load"]);
        resolve();
      };
      document.body.append(script);
    });
    return {
      called,
      same: before === window.Klarna,
      plain: Object.getPrototypeOf(window.Klarna) === Object.prototype,
      kept: window.Klarna.Messaging.own,
      methods: Object.keys(window.Klarna.Payments).sort(),
      connected: script.isConnected && script.parentNode === document.body,
    };
  }, `${world.sandbox.url}/kp/lib/v1/api.js`);
  assert.deepEqual(seen.called, [["ready", 0, "function"], ["load"]]);
  assert.deepEqual(seen.methods, ["authorize", "finalize", "init", "load", "loadPaymentReview", "off", "on", "reauthorize"]);
  assert.ok(seen.same && seen.plain && seen.kept && seen.connected);
  await context.close();
});

test("a second evaluation keeps the first one's state and calls back again", async () => {
  const shop = await openShop(world);
  const seen = await shop.page.evaluate(async (src) => {
    const before = window.Klarna.Payments;
    const frame = document.querySelector("iframe[id$='-main']");
    let called = 0;
    window.klarnaAsyncCallback = () => (called += 1);
    for (let turn = 0; turn < 2; turn += 1) {
      const script = document.createElement("script");
      script.src = src;
      document.body.append(script);
      await new Promise((resolve) => (script.onload = resolve));
      document.body.removeChild(script);
    }
    const answer = await new Promise((resolve) => window.Klarna.Payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" }, resolve));
    return { same: before === window.Klarna.Payments, called, answer, frame: frame === document.querySelector("iframe[id$='-main']") };
  }, `${world.sandbox.url}/kp/lib/v1/api.js`);
  assert.deepEqual(seen, { same: true, called: 2, answer: { show_form: true }, frame: true });
  await shop.close();
});

test("wrong use throws the documented names, after the callback heard the refusal", async () => {
  const shop = await openShop(world, { init: false, load: false });
  const { page, session } = shop;
  const refusedLoad = { show_form: false };
  const refusedAuthorize = { show_form: false, approved: false };
  const container = { container: "#klarna-payments-container" };

  assert.equal((await thrown(page, "init", [{ client_token: "no.jwt" }])).name, "InvalidClientTokenError");
  assert.equal((await thrown(page, "init", [{}])).name, "InvalidClientTokenError");
  assert.deepEqual(await thrown(page, "load", [container]), { name: "ApplicationNotInitializedError", isError: true, heard: refusedLoad });
  assert.deepEqual(await thrown(page, "authorize", [{}]), { name: "ApplicationNotLoadedError", isError: true, heard: refusedAuthorize });
  assert.equal((await thrown(page, "loadPaymentReview", [container])).name, "ApplicationNotInitializedError");
  assert.equal((await thrown(page, "reauthorize", [{}])).name, "ApplicationNotInitializedError");
  assert.equal((await thrown(page, "finalize", [{}])).name, "ApplicationNotInitializedError");
  assert.equal((await thrown(page, "on", ["paymentMethodSelected"])).name, "EventNotSupportedError");

  await page.evaluate((token) => window.Klarna.Payments.init({ client_token: token }), session.client_token);
  assert.deepEqual(await thrown(page, "load", []), { name: "ApplicationNotInitializedError", isError: true, heard: refusedLoad });
  for (const wrong of ["#nowhere", "##", undefined, 7]) {
    assert.equal((await thrown(page, "load", [{ container: wrong }])).name, "InvalidContainerSelectorError", String(wrong));
  }
  assert.equal((await thrown(page, "finalize", [{}])).name, "ApplicationNotLoadedError");
  assert.equal((await thrown(page, "loadPaymentReview", [container])).name, "OperationNotSupportedError");
  assert.equal((await thrown(page, "load", [{ ...container, preferred_payment_method: 5 }])).name, "PreferredPaymentMethodNotSupportedError");

  await loadWidget(page, {});
  assert.equal((await thrown(page, "load", [{ ...container, payment_method_category: "barter" }])).name, "PaymentMethodCategoryNotSupportedError");
  assert.equal((await thrown(page, "authorize", [{ payment_method_category: "barter" }])).name, "PaymentMethodCategoryNotSupportedError");
  await shop.close();
});

test("the payment review exists in the US", async () => {
  const session = { purchase_country: "US", purchase_currency: "USD", locale: "en-US", order_tax_amount: 0, order_lines: [{ name: "Lamp", quantity: 1, unit_price: 12_345, total_amount: 12_345 }] };
  const shop = await openShop(world, { session });
  const answer = await shop.page.evaluate(() => new Promise((resolve) => window.Klarna.Payments.loadPaymentReview({ container: "#second" }, resolve)));
  assert.deepEqual(answer, { show_form: true });
  await shop.page.frameLocator("#second iframe").getByText("ready to be confirmed").waitFor();
  await shop.close();
});

test("a category that is unknown before the first answer is refused through the callback", async () => {
  const shop = await openShop(world, { load: false });
  assert.deepEqual(await loadWidget(shop.page, { options: { payment_method_category: "barter" } }), { show_form: false });
  await shop.close();
});

test("an empty or absent category means all of them, and calls without a callback are fine", async () => {
  const shop = await openShop(world, { load: false });
  assert.deepEqual(await loadWidget(shop.page, { options: { payment_method_category: "" } }), { show_form: true });
  const named = await shop.page.evaluate(async () => {
    window.Klarna.Payments.load({ container: document.getElementById("second"), payment_method_category: undefined, instance_id: "again" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return Array.from(document.querySelectorAll("iframe[name]")).map((frame) => [frame.parentNode.id, frame.id, frame.name]);
  });
  assert.deepEqual(named, [
    ["klarna-payments-container", "klarna-klarna-payments-instance-main", "klarna-klarna-payments-instance-main"],
    ["second", "klarna-again-main", "klarna-again-main"],
  ]);
  await shop.close();
});

test("loading again changes nothing, another container moves the widget, an emptied one gets a new frame", async () => {
  const shop = await openShop(world);
  const { page } = shop;
  const mark = () => page.evaluate(() => (document.querySelector("iframe[id$='-main']").mark = true));
  const marked = () => page.evaluate(() => document.querySelector("iframe[id$='-main']").mark === true);
  const count = () => page.locator("iframe[id$='-main']").count();
  await mark();
  await loadWidget(page, {});
  await page.evaluate((token) => window.Klarna.Payments.init({ client_token: token }), shop.session.client_token);
  await loadWidget(page, {});
  assert.deepEqual([await marked(), await count()], [true, 1]);

  await loadWidget(page, { options: { container: "#second" } });
  assert.equal(await page.locator("#second iframe").count(), 1);
  assert.equal(await count(), 1);

  await mark();
  await page.evaluate(() => document.getElementById("second").replaceChildren());
  await loadWidget(page, { options: { container: "#second" } });
  assert.deepEqual([await marked(), await count()], [false, 1]);
  await shop.close();
});

test("the widget copes with a hidden container and reports its height when shown", async () => {
  const shop = await openShop(world, { load: false });
  const { page } = shop;
  await page.evaluate(() => {
    window.heights = [];
    window.Klarna.Payments.on("heightChanged", (px) => window.heights.push(px));
    document.getElementById("klarna-payments-container").style.display = "none";
  });
  assert.deepEqual(await loadWidget(page, {}), { show_form: true });
  await page.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => window.heights), []);
  await page.evaluate(() => (document.getElementById("klarna-payments-container").style.display = ""));
  await page.waitForFunction(() => window.heights.length > 0);
  const { heights, height } = await page.evaluate(() => ({ heights: window.heights, height: document.querySelector("iframe[id$='-main']").offsetHeight }));
  assert.ok(heights.every((px) => Number.isInteger(px) && px > 40));
  assert.equal(height, heights.at(-1));
  await shop.close();
});

test("the shop's page moves once, when the widget knows what to show", async () => {
  const shop = await openShop(world, { load: false });
  const { page } = shop;
  let answered;
  const held = new Promise((resolve) => (answered = resolve));
  await page.route("**/kp/api/load", (route) => held.then(() => route.continue()));
  const loaded = page.evaluate(
    () =>
      new Promise((resolve) => {
        window.heights = [];
        window.Klarna.Payments.on("heightChanged", (px) => window.heights.push(px));
        window.Klarna.Payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" }, resolve);
      }),
  );
  await page.frameLocator("iframe[id$='-main']").locator(".skeleton").waitFor();
  await page.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => window.heights), []);
  answered();
  assert.deepEqual(await loaded, { show_form: true });
  await widgetsAtRest(page);
  assert.equal((await page.evaluate(() => window.heights)).length, 1);
  await shop.close();
});

test("a handler may remove itself while it runs", async () => {
  const shop = await openShop(world, { load: false });
  await shop.page.evaluate(() => {
    const { Payments } = window.Klarna;
    window.calls = [];
    const once = () => {
      window.calls.push("once");
      Payments.off("heightChanged", once);
    };
    Payments.on("heightChanged", once);
    Payments.on("heightChanged", () => window.calls.push("always"));
  });
  await loadWidget(shop.page, {});
  await shop.page.waitForFunction(() => window.calls.includes("always"));
  assert.deepEqual((await shop.page.evaluate(() => window.calls)).slice(0, 2), ["once", "always"]);
  await shop.close();
});

test("the pre-screened shopper gets no form, wrong data is named", async () => {
  const shop = await openShop(world, { load: false });
  assert.deepEqual(await loadWidget(shop.page, { data: { billing_address: { email: "someone+red@example.com" } } }), { show_form: false });
  await shop.page.frameLocator("iframe[id$='-main']").getByText("not available").waitFor();
  const fixed = await loadWidget(shop.page, { data: { billing_address: { email: "nobody" } } });
  assert.deepEqual(fixed, { show_form: true, error: { invalid_fields: ["billing_address.email"] } });
  await shop.close();
});

test("a spent session is silent", async () => {
  const shop = await openShop(world);
  const { token } = await world.sandbox
    .call("POST", `/sandbox/v1/sessions/${shop.session.session_id}/shopper`, { action: "approve" })
    .then((answer) => ({ token: answer.authorization_token }));
  await world.sandbox.placeOrder(token);
  assert.deepEqual(await loadWidget(shop.page, {}), { show_form: false });
  assert.equal(
    await shop.page.evaluate(() => {
      window.Klarna.Payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" });
      return "quiet";
    }),
    "quiet",
  );
  await shop.close();
});

test("the widget shows the amount in the session's language and money", async () => {
  const expected = {
    "de-DE": ["Sofort, später", "123,45\u00a0€", "de", "DE", "EUR"],
    "sv-SE": ["Betala nu", "123,45\u00a0kr", "sv", "SE", "SEK"],
    "fr-FR": ["Payez maintenant", "123,45\u00a0€", "fr", "FR", "EUR"],
    "it-IT": ["Paga ora", "123,45\u00a0€", "it", "IT", "EUR"],
    "nl-NL": ["Pay now", "€\u00a0123,45", "en", "NL", "EUR"],
  };
  for (const [locale, [words, amount, language, country, currency]] of Object.entries(expected)) {
    const lines = [{ name: "Lamp", quantity: 1, unit_price: 12_345, total_amount: 12_345 }];
    const session = { locale, purchase_country: country, purchase_currency: currency, order_tax_amount: 0, order_lines: lines };
    const shop = await openShop(world, { session });
    const widget = shop.page.frameLocator("iframe[id$='-main']");
    await widget.getByText(words).waitFor();
    await widget.locator("main", { hasText: amount }).waitFor();
    await widget.locator(`html[lang=${language}]`).waitFor();
    await shop.close();
  }
});
