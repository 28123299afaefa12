// Klarna's widget in a shop's page.

import { eventually } from "./eventually.mjs";

// Waits until every widget is drawn and its frame as high as what it shows. Before that the page below it still moves, and a
// button that moves between press and release gets no click. `within` is how long to wait, `look` how long one look may take.
export function widgetsAtRest(page, { within, look = 1000 } = {}) {
  const timeout = { timeout: look };
  return eventually(async () => {
    for (const frame of await page.locator("iframe[id$='-main']").all()) {
      const height = await frame.evaluate((element) => element.offsetHeight, undefined, timeout);
      const main = frame.contentFrame().locator("main[aria-busy=false]");
      const content = await main.evaluate(() => Math.ceil(document.body.getBoundingClientRect().height), undefined, timeout);
      if (height !== 0 && height !== content) return false;
    }
    return true;
  }, "a widget never came to rest", within);
}
