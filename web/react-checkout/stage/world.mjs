// The demo, the shop's pages under the names of production, and a browser that knows no other names.

import { startDemo } from "../../tests/stage/kassa.mjs";
import { openBrowser, openPage } from "./browser.mjs";
import { bundle } from "./bundle.mjs";
import { startFront } from "./front.mjs";
import { DOMAIN, KLARNA, SHOP, STRANGER } from "./names.mjs";
import { openOffice } from "./office.mjs";

const EMPTY = new Map([["/", { type: "text/html; charset=utf-8", body: '<!doctype html><title>Empty</title><link rel="icon" href="data:,">' }]]);

export async function startWorld() {
  const stops = [];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const demo = await startDemo(["--domain", DOMAIN]);
    stops.push(() => demo.stop());
    const office = await openOffice(demo);
    const api = `${demo.organization}.${DOMAIN}`;
    const auth = `auth.${DOMAIN}`;
    const files = await bundle(await shopConfig(demo, office), policy(api, auth));
    const sites = { [SHOP]: files, [STRANGER]: EMPTY, [api]: demo.gateway_url, [auth]: demo.gateway_url, [KLARNA]: demo.sandbox_url };
    const front = await startFront(sites);
    stops.push(() => front.stop());
    const browser = await openBrowser(front.flags);
    stops.push(() => browser.close());
    const names = Object.keys(sites);
    return { demo, office, api, auth, front, browser, stop, open: () => openPage(browser, names) };
  } catch (error) {
    await stop();
    throw error;
  }
}

// The goods of the shop's page: two plain ones, and one that comes every month.
async function shopConfig(demo, office) {
  const codes = demo.skus.slice(0, 3);
  const found = await office.list("skus", { "filter[q][code_in]": codes.join(",") });
  const goods = codes.map((code) => ({ code, name: found.find((sku) => sku.code === code).name }));
  goods[2].frequency = "monthly";
  const { client_id: clientId, scope } = demo.sales_channel;
  return { domain: DOMAIN, clientId, scope, goods };
}

// What a careful shop would send: its own scripts and Klarna's, its API and nothing else.
function policy(api, auth) {
  return [
    "default-src 'none'",
    `script-src 'self' https://${KLARNA}`,
    `frame-src https://${KLARNA}`,
    `connect-src 'self' https://${api} https://${auth}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
  ].join("; ");
}
