// Call sequences of front ends that exist, and the public address of the script mapped to the sandbox.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openBrowser, openPage } from "../stage/browser.mjs";
import { eventually } from "../stage/eventually.mjs";
import { approve, openFlow } from "../stage/flow.mjs";
import { answer, buy, onBuy, openShop, OPTIONS } from "../stage/sdk.mjs";
import { startScriptWorld } from "../stage/world.mjs";

let world;

before(async () => {
  world = await startScriptWorld();
});

after(() => world?.stop());

test("a checkout that calls init and load on every render, mounts twice, and clicks again", async () => {
  const { context, page, errors } = await openPage(world.browser);
  const session = await world.sandbox.createSession();
  await page.goto(world.merchant.address({}));
  await page.evaluate(
    ([src, token]) => {
      window.said = [];
      window.asked = 0;
      const mount = () => {
        const script = document.createElement("script");
        script.src = src;
        script.async = true;
        script.onload = () => (window.loaded = (window.loaded || 0) + 1);
        document.body.appendChild(script);
        return () => document.body.removeChild(script);
      };
      mount()();
      mount();
      // No callback, no try: an exception here would take the whole page down.
      window.render = () => {
        const payments = window.Klarna.Payments;
        payments.init({ client_token: token });
        payments.load({ container: "#klarna-payments-container", payment_method_category: "klarna" });
      };
      const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
      document.getElementById("buy").onclick = async () => {
        await pause(1_500);
        const address = { given_name: "Mock", family_name: "Mock", email: "customer@email.de", phone: "+49017614284340", street_address: "Weg 1", street_address2: null, organization_name: null };
        const line = { quantity: 1, total_amount: 12_345, unit_price: 12_345, type: "physical" };
        window.Klarna.Payments.authorize(
          {
            payment_method_category: "klarna",
            merchant_data: "order",
            purchase_country: "DE",
            purchase_currency: "EUR",
            locale: "EN",
            shipping_address: address,
            billing_address: address,
            order_amount: 12_345,
            order_lines: [line, { ...line, type: null }],
            order_tax_amount: 0,
          },
          (result) => window.said.push(result),
        );
        window.asked += 1;
        window.render();
        window.render();
      };
    },
    [`${world.sandbox.url}/kp/lib/v1/api.js`, session.client_token],
  );
  await page.waitForFunction(() => window.Klarna?.Payments);
  await page.evaluate(() => {
    window.render();
    window.render();
  });
  const popup = await openFlow(page, () => buy(page));
  await page.evaluate(() => document.getElementById("buy").onclick());
  await page.waitForFunction(() => window.asked === 2);
  await approve(popup, { phone: undefined });
  const said = await answer(page, 2);
  await page.evaluate(() => {
    for (let turn = 0; turn < 3; turn += 1) window.render();
  });
  await world.sandbox.placeOrder(said[0].authorization_token);
  await page.evaluate(() => window.render());
  await page.frameLocator("iframe[id$='-main']").getByText("complete").waitFor();
  assert.equal(said[0].approved, true);
  assert.deepEqual(said[0], said[1]);
  await eventually(async () => assert.equal(await page.locator("iframe[id$='-main']").count(), 1), "one widget");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a plugin that stops its spinner on the hidden event knows the answer by then", async () => {
  const shop = await openShop(world);
  await onBuy(shop.page, OPTIONS);
  await shop.page.evaluate(() => {
    window.order = [];
    const once = () => {
      window.Klarna.Payments.off("fullscreenOverlayHidden", once);
      window.order.push(`hidden after ${window.said.length}`);
    };
    window.Klarna.Payments.on("fullscreenOverlayHidden", once);
  });
  const popup = await openFlow(shop.page, () => buy(shop.page));
  await popup.locator("#collectPhonePurchaseFlow").waitFor();
  await popup.close();
  await answer(shop.page);
  assert.deepEqual(await shop.page.evaluate(() => window.order), ["hidden after 1"]);
  await shop.close();
});

test("two places on one page, each authorized by its instance", async () => {
  const shop = await openShop(world, { load: false });
  const loaded = await shop.page.evaluate(
    () =>
      Promise.all(
        ["klarna-payments-container", "second"].map(
          (container, index) =>
            new Promise((resolve) => window.Klarna.Payments.load({ container: `#${container}`, payment_method_category: "klarna", instance_id: `place-${index}` }, resolve)),
        ),
      ),
  );
  assert.deepEqual(loaded, [{ show_form: true }, { show_form: true }]);
  const unnamed = await shop.page.evaluate(() => {
    try {
      window.Klarna.Payments.authorize({}, () => {});
      return null;
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(unnamed, "PaymentMethodCategoryNotProvidedError");
  await onBuy(shop.page, { ...OPTIONS, instance_id: "place-1" });
  await shop.page.evaluate(() => (window.open = () => null));
  await buy(shop.page);
  await approve(shop.page.frameLocator("#klarna-place-1-fullscreen"));
  assert.equal((await answer(shop.page))[0].approved, true);
  await shop.close();
});

test("with the script's public host mapped to the sandbox, nothing else needs mapping", async () => {
  const { host } = new URL(world.sandbox.url);
  const browser = await openBrowser([`--host-resolver-rules=MAP x.klarnacdn.net ${host}`]);
  try {
    const { page } = await openPage(browser);
    const session = await world.sandbox.createSession();
    await page.addInitScript(() => (window.said = []));
    await page.goto(world.merchant.address({ sdk: "http://x.klarnacdn.net/kp/lib/v1/api.js" }));
    await page.evaluate((token) => {
      window.Klarna.Payments.init({ client_token: token });
      window.Klarna.Payments.load({ container: "#klarna-payments-container" });
    }, session.client_token);
    await onBuy(page, {});
    const popup = await openFlow(page, () => buy(page));
    assert.equal(new URL(popup.url()).host, "x.klarnacdn.net");
    await approve(popup);
    assert.equal((await answer(page))[0].approved, true);
  } finally {
    await browser.close();
  }
});
