// The merchant portal in a real browser, with scripts switched off: signing in, capturing and refunding, finding a request
// by its correlation id, moving the clock, and a window of 320 px.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fits, openBrowser, openPage } from "../stage/browser.mjs";
import { eventually } from "../stage/eventually.mjs";
import { hasBinary, startDemo } from "../stage/kassa.mjs";
import { startSandbox } from "../stage/sandbox.mjs";

const skip = hasBinary() || process.env.SANDBOX_URL ? false : "set KASSA_BIN to the kassa binary";
let browser;
let sandbox;

before(async () => {
  if (skip) return;
  sandbox = await startSandbox();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

async function placeOrder() {
  const session = await sandbox.createSession({ merchant_reference1: "shop-4711" });
  const approved = await sandbox.call("POST", `/sandbox/v1/sessions/${session.session_id}/shopper`, { action: "approve" });
  const order = await sandbox.placeOrder(approved.authorization_token, { merchant_reference1: "shop-4711" });
  return order.order_id;
}

async function openPortal(path = "/portal", options = {}) {
  const { page, context } = await openPage(browser, { javaScriptEnabled: false, ...options });
  await page.goto(`${sandbox.url}${path}`);
  return { page, context };
}

async function signIn(page) {
  await page.goto(`${sandbox.url}/portal/sign-in?next=/portal`);
  await page.getByLabel("User name").fill(sandbox.username);
  await page.getByLabel("Password", { exact: true }).fill(sandbox.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor();
  // The heading is there before the style sheet; what a test measures or focuses next needs both.
  await page.waitForLoadState("load");
}

test("a merchant signs in, captures a part and refunds it", { skip }, async () => {
  const id = await placeOrder();
  const { page, context } = await openPortal("/portal/sign-in");
  await signIn(page);
  await page.getByLabel("Order id, Klarna reference or merchant reference").fill("shop-4711");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.goto(`${sandbox.url}/portal/orders/${id}`);
  const capture = page.locator(`form[action$="/capture"]`);
  await capture.getByLabel("Amount").fill("23.45");
  await capture.getByRole("button", { name: "Capture" }).click();
  await page.getByRole("status").getByText("Capture: done.").waitFor();
  const refund = page.locator(`form[action$="/refund"]`);
  await eventually(async () => assert.equal(await refund.getByLabel("Amount").inputValue(), "23.45"), "the amount to refund");
  await refund.getByRole("button", { name: "Refund" }).click();
  await page.getByRole("status").getByText("Refund: done.").waitFor();
  const order = await sandbox.call("GET", `/ordermanagement/v1/orders/${id}`);
  assert.deepEqual([order.captured_amount, order.refunded_amount], [2345, 2345]);
  await page.getByText("Order has previous captures").first().waitFor();
  await context.close();
});

test("a request is found by its correlation id", { skip }, async () => {
  const id = await placeOrder();
  const { logs } = await sandbox.call("GET", `/sandbox/v1/logs?q=${id}`);
  const { page, context } = await openPortal();
  await signIn(page);
  await page.getByLabel("Find requests by any id").fill(logs[0].correlation_id);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: logs[0].correlation_id }).waitFor();
  await eventually(async () => assert.equal(await page.locator("section[aria-labelledby=list] details").count(), 1), "one request");
  await page.locator("section[aria-labelledby=list] summary").click();
  await page.getByText(logs[0].correlation_id, { exact: true }).first().waitFor();
  await context.close();
});

test("the clock moves forward by a button", { skip }, async () => {
  const before = await sandbox.call("GET", "/sandbox/v1/clock");
  const { page, context } = await openPortal();
  await signIn(page);
  await page.getByRole("link", { name: "Clock", exact: true }).click();
  await page.getByRole("button", { name: "1 day forward" }).click();
  await page.getByRole("status").getByText("Done; the clock shows it below.").waitFor();
  const after = await sandbox.call("GET", "/sandbox/v1/clock");
  assert.ok(after.offset_seconds - before.offset_seconds === 86_400, `${before.now} to ${after.now}`);
  await context.close();
});

test("nothing sticks out of a window of 320 px, in light and in dark", { skip }, async () => {
  const id = await placeOrder();
  const places = ["", "/sessions", "/hosted-pages", "/tokens", "/logs", "/deliveries", "/outbox", "/clock", "/faults", "/shoppers", "/world", `/orders/${id}`, "/sign-in"];
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await openPortal("/portal", { viewport: { width: 320, height: 640 }, colorScheme });
    await signIn(page);
    for (const place of places) {
      const answer = await page.goto(`${sandbox.url}/portal${place}`);
      assert.equal(answer.status(), 200, place);
      await fits(page, `${place} in ${colorScheme}`);
    }
    for (const place of ["/docs", "/docs/klarna/portal", "/docs/errors/INVALID_TOKEN"]) {
      await page.goto(`${sandbox.url}${place}`);
      await fits(page, place);
    }
    await context.close();
  }
});

test("text stands out from its background, in light and in dark", { skip }, async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await openPortal("/portal", { colorScheme });
    await signIn(page);
    await page.goto(`${sandbox.url}/portal/clock`);
    for (const selector of ["h1", "main p", "dt", "nav a", "label", "main button", "button.plain", "footer p"]) {
      await eventually(async () => {
        const contrast = await page.locator(selector).first().evaluate(contrastOf);
        assert.ok(contrast >= 4.5, contrast.toFixed(2));
      }, `the contrast of ${selector} in ${colorScheme}`);
    }
    await context.close();
  }
});

test("the focus is seen on what the keyboard reaches", { skip }, async () => {
  const { page, context } = await openPortal();
  await signIn(page);
  for (let steps = 0; steps < 12; steps += 1) {
    await page.keyboard.press("Tab");
    await eventually(() => page.locator(":focus").evaluate(isOutlined, undefined, { timeout: 1000 }), `no outline at step ${steps}`);
  }
  await context.close();
});

test("the demo's portal stands open to its own machine", { skip: hasBinary() ? false : skip }, async () => {
  const demo = await startDemo();
  const { page, context } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${demo.sandbox_url}/portal`);
  await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor();
  await context.close();
  await demo.stop();
});

// Whether an element shows that it has the focus.
function isOutlined(element) {
  const style = getComputedStyle(element);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}

// The contrast of an element's text by the formula of WCAG 2; backgrounds are looked for upwards.
function contrastOf(element) {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const text = light(channels(getComputedStyle(element).color));
  const paper = light(channels(getComputedStyle(behind ?? document.body).backgroundColor));
  return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
}
