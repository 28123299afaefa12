// Chromium from the system, and a page of which everything is written down that should not happen.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

import { KLARNA } from "./names.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// Generous, because a busy machine is slow and not wrong.
export const PATIENCE_MS = 60_000;

export async function openBrowser(moreFlags) {
  const executablePath = process.env.CHROMIUM_BIN || "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}; set CHROMIUM_BIN`);
  return chromium.launch({ executablePath, args: [...FLAGS, ...moreFlags] });
}

// The components load Stripe's script wherever they are used, and the shop's content policy, which knows no Stripe, refuses it.
const KNOWN = /js\.stripe\.com|Failed to load Stripe\.js/;

// A shopper's own profile with one page. `troubles` lists console errors and warnings, uncaught errors, requests that failed
// or were refused, and requests to names that are none of the shop's.
export async function openPage(browser, names) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, locale: "en-GB" });
  context.setDefaultTimeout(PATIENCE_MS);
  const troubles = [];
  const note = (trouble) => KNOWN.test(trouble) || troubles.push(trouble);
  context.on("console", (message) => ["error", "warning"].includes(message.type()) && note(`console: ${message.text()}`));
  context.on("weberror", (error) => note(`uncaught: ${error.error().stack}`));
  context.on("request", (request) => names.includes(new URL(request.url()).host) || note(`strange: ${request.url()}`));
  context.on("requestfailed", (request) => abandoned(request) || note(`failed: ${request.method()} ${request.url()} ${request.failure().errorText}`));
  context.on("response", (response) => response.status() >= 400 && note(`${response.status()}: ${response.request().method()} ${response.url()}`));
  return {
    page: await context.newPage(),
    // Nothing went wrong but what matches one of `expected`, and each of those did.
    settle(...expected) {
      const rest = troubles.filter((trouble) => !expected.some((pattern) => pattern.test(trouble)));
      assert.deepEqual(rest, [], "something went wrong in the page");
      for (const pattern of expected) assert.ok(troubles.some((trouble) => pattern.test(trouble)), `expected ${pattern}`);
    },
    troubles,
    close: () => context.close(),
  };
}

// A read that the page no longer waited for because it was left, or anything in a frame or window that was closed, is no
// failure. A write of the page is.
function abandoned(request) {
  if (request.failure().errorText !== "net::ERR_ABORTED") return false;
  return request.method() === "GET" || new URL(request.url()).host === KLARNA;
}
