// The shopper in the page: one step after the other, each waiting for what the page shows when it is done.

import { approve, openFlow } from "../../tests/stage/flow.mjs";
import { widgetsAtRest } from "../../tests/stage/widgets.mjs";
import { PATIENCE_MS } from "./browser.mjs";
import { SHOP } from "./names.mjs";

export const ADDRESS = {
  first_name: "Alex",
  last_name: "Example",
  line_1: "Musterstrasse 1",
  city: "Berlin",
  zip_code: "10115",
  phone: "+4930123456",
};

export async function putIntoCart(page, code, quantity = 1) {
  if (new URL(page.url()).host !== SHOP) await page.goto(`https://${SHOP}/`);
  await page.getByTestId(`good-${code}`).getByRole("button", { name: "Add to cart" }).click();
  const line = page.getByTestId("line").filter({ has: page.getByTestId("quantity") });
  await line.waitFor();
  if (quantity > 1) {
    await line.getByTestId("quantity").selectOption(String(quantity));
    await page.getByTestId("count").getByText(String(quantity), { exact: true }).waitFor();
  }
}

export async function toCheckout(page) {
  await page.getByRole("link", { name: "To the checkout" }).click();
  await page.getByRole("heading", { name: "Customer" }).waitFor();
}

export async function tellAddress(page, email, address = ADDRESS) {
  await page.getByLabel("E-mail").last().fill(email);
  for (const [name, value] of Object.entries(address)) await page.locator(`[name=billing_address_${name}]`).fill(value);
  await page.locator("[name=billing_address_country_code]").selectOption("DE");
  await page.locator("[name=billing_address_state_code]").fill("BE");
  await page.getByRole("button", { name: "Save address" }).click();
  await page.getByTestId("delivery").waitFor();
}

export async function chooseShipping(page, name = "Standard Shipping") {
  await page.getByTestId("shipping-method").filter({ hasText: name }).getByRole("radio").click();
  await page.getByRole("heading", { name: "Payment" }).waitFor();
}

export async function choosePayment(page, type) {
  const made = (response) => response.request().method() === "POST" && response.url().endsWith(`/api/${type}`);
  await Promise.all([page.waitForResponse(made), page.getByTestId(type).getByRole("radio").click()]);
  if (type === "klarna_payments") await page.locator("#klarna-payments-container iframe").waitFor();
}

// The click that buys, once the widget has come to rest; gives the window of the purchase.
export async function buy(page) {
  await widgetsAtRest(page, { within: PATIENCE_MS, look: 10_000 });
  await page.locator("[data-testid=place-order]:enabled").waitFor();
  return openFlow(page, () => page.getByTestId("place-order").click());
}

export async function payWithKlarna(page) {
  await choosePayment(page, "klarna_payments");
  await approve(await buy(page), { phone: undefined });
  await thanked(page);
}

export function orderId(page) {
  return new URL(page.url()).searchParams.get("order");
}

export async function thanked(page) {
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await page.getByTestId("status").waitFor();
}

export async function logIn(page, { email, password }) {
  await page.locator("[name=username]").fill(email);
  await page.locator("[name=password]").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByTestId("who").waitFor();
}

export async function takeSavedAddress(page) {
  await page.getByTestId("saved-address").click();
  await page.getByRole("button", { name: "Save address" }).click();
  await page.getByTestId("delivery").waitFor();
}

export async function useCode(page, code) {
  const form = page.getByTestId("codes");
  await form.getByRole("textbox").fill(code);
  await form.getByRole("button").click();
}
