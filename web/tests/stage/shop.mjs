// The demo shop, used by a shopper: with the pointer or with the keyboard alone.

import { openPage } from "./browser.mjs";

export async function openDemoShop(browser, demo, options) {
  const opened = await openPage(browser, options);
  const { page } = opened;
  const refused = [];
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  await page.goto(`${demo.gateway_url}/shop`);
  await page.getByRole("heading", { name: "Products" }).waitFor();
  return { ...opened, refused, close: () => opened.context.close() };
}

// From the product list to the choice of a payment method; the first of the demo's goods is physical and in stock everywhere.
export async function toPayment(page, demo, { email } = {}) {
  await addToCart(page, demo.skus[0]);
  await page.getByRole("link", { name: /Cart/ }).click();
  await page.locator("#to-checkout").click();
  await page.locator("#fill-test-shopper").click();
  if (email) await page.locator("#email").fill(email);
  await page.locator("#save-address").click();
  await page.locator("#save-delivery").click();
  await page.getByTestId("payment-klarna_payments").waitFor();
}

export async function addToCart(page, sku) {
  await page.getByTestId(`product-${sku}`).getByTestId("add-to-cart").click();
  await page.getByText("is in your cart").waitFor();
}

export async function chooseKlarna(page) {
  await page.getByTestId("payment-klarna_payments").check();
  await page.locator("#klarna-payments-container iframe").waitFor();
  await page.locator("#place-order:enabled").waitFor();
}

export async function orderNumber(page) {
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  return (await page.getByTestId("order-number").innerText()).replace("#", "");
}

// The order as the shop's back office sees it.
export async function findOrder(demo, number) {
  const token = await fetch(`${demo.gateway_url}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", ...demo.integration }),
  }).then((response) => response.json());
  const query = new URLSearchParams({ "filter[q][number_eq]": number, include: "payment_source,authorizations" });
  const response = await fetch(`${demo.gateway_url}/api/orders?${query}`, {
    headers: { accept: "application/vnd.api+json", authorization: `Bearer ${token.access_token}` },
  });
  const body = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(body));
  return { ...body.data[0].attributes, included: body.included || [] };
}

// Presses Tab until the focus is on `selector`, as a person without a pointer would.
export async function tabTo(page, selector, limit = 60) {
  for (let presses = 0; presses <= limit; presses += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${selector}`);
}
