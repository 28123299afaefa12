// Chromium from the system, a fresh profile per test file, loopback only.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

import { eventually } from "./eventually.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function openBrowser(moreFlags = []) {
  const executablePath = process.env.CHROMIUM_BIN || "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}; set CHROMIUM_BIN`);
  return chromium.launch({ executablePath, args: [...FLAGS, ...moreFlags] });
}

// A page that fails its test on any uncaught error of the shop's own scripts.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error));
  return { context, page, errors };
}

// Fails if something sticks out of the window sideways once the page has come to rest. Measured through an element, because
// scripts of the page may be off.
export function fits(page, name) {
  const measure = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return eventually(async () => (await page.locator("body").evaluate(measure, undefined, { timeout: 1000 })) <= 0, `${name} is wider than its window`);
}

// Waits until the focus is on `selector`: pages move it after they heard from the server, so asking once is a race.
export function focused(page, selector) {
  const look = (wanted) => (document.activeElement?.matches(wanted) ? "" : `it is on ${document.activeElement?.outerHTML.slice(0, 200)}`);
  return eventually(async () => assert.equal(await page.evaluate(look, selector), ""), `the focus never came to ${selector}`);
}

// Waits until no such element is on the page.
export function gone(locator) {
  return locator.waitFor({ state: "detached" });
}
