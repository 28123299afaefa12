// One merchant page with a session: `Klarna.Payments` called as a shop would, and what the callbacks said.

import { openPage } from "./browser.mjs";
import { widgetsAtRest } from "./widgets.mjs";

export { widgetsAtRest };

export async function openShop({ browser, merchant, sandbox }, { session = {}, headers = {}, context = {}, init = true, load = true } = {}) {
  const opened = await openPage(browser, context);
  const { page } = opened;
  const made = await sandbox.createSession(session);
  await page.addInitScript(() => {
    window.said = [];
    window.events = [];
  });
  await page.goto(merchant.address({ sdk: `${sandbox.url}/kp/lib/v1/api.js`, ...headers }));
  if (init) await page.evaluate((token) => window.Klarna.Payments.init({ client_token: token }), made.client_token);
  if (load) await loadWidget(page, {});
  return { ...opened, session: made, close: () => opened.context.close() };
}

export function loadWidget(page, { options = {}, data } = {}) {
  return page.evaluate(
    ([options, data]) =>
      new Promise((resolve) => {
        const given = [{ container: "#klarna-payments-container", payment_method_category: "klarna", ...options }];
        if (data) given.push(data);
        window.Klarna.Payments.load(...given, resolve);
      }),
    [options, data],
  );
}

// The shopper's click on the button that `onBuy` gave its meaning.
export async function buy(page) {
  await widgetsAtRest(page);
  await page.locator("#buy").click();
}

// Makes the buy button call `authorize` with these arguments (the callback is added), and lists each answer in `said`.
export function onBuy(page, ...given) {
  return page.evaluate((given) => {
    document.getElementById("buy").onclick = () => {
      window.Klarna.Payments.authorize(...given, (answer) => {
        window.said.push(answer);
        window.events.push("callback");
      });
    };
    for (const name of ["fullscreenOverlayShown", "fullscreenOverlayHidden"]) {
      window.Klarna.Payments.off(name);
      window.Klarna.Payments.on(name, () => window.events.push(name));
    }
  }, given);
}

export async function answer(page, count = 1) {
  await page.waitForFunction((count) => window.said.length >= count, count);
  return page.evaluate(() => window.said);
}

export const OPTIONS = { payment_method_category: "klarna" };

// Runs a call in the page and gives the name of what it threw, or null, with what a callback heard before.
export function thrown(page, method, given) {
  return page.evaluate(
    ([method, given]) => {
      let heard = null;
      try {
        window.Klarna.Payments[method](...given, (answer) => (heard = answer));
        return { name: null, heard };
      } catch (error) {
        return { name: error.name, isError: error instanceof Error, heard };
      }
    },
    [method, given],
  );
}
