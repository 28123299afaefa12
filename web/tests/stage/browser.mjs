// Chromium from the system, a fresh profile per test file, loopback only.

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

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

// Whether anything sticks out of the window sideways.
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

// Waits until the focus is on `selector`: pages move it after they heard from the server, so asking once is a race.
export async function focused(page, selector) {
  const onIt = (wanted) => document.activeElement?.matches(wanted) ?? false;
  await page.waitForFunction(onIt, selector, { timeout: 10_000 }).catch(async () => {
    const tag = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
    throw new Error(`the focus never came to ${selector}; it is on ${tag}`);
  });
}
