// A sandbox for the script's own tests: the one of `KASSA_BIN demo`, or one that already runs at SANDBOX_URL.

import { hasBinary, startDemo } from "./kassa.mjs";

export async function startSandbox() {
  const url = process.env.SANDBOX_URL;
  if (url) {
    const [username, password] = (process.env.SANDBOX_CREDENTIALS || "").split(":");
    return sandbox(url, { username, password }, async () => {});
  }
  if (!hasBinary()) throw new Error("set KASSA_BIN to the kassa binary (or SANDBOX_URL and SANDBOX_CREDENTIALS)");
  const demo = await startDemo();
  return sandbox(demo.sandbox_url, demo.klarna, () => demo.stop());
}

function sandbox(url, { username, password }, stop) {
  const headers = {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
    "content-type": "application/json",
  };
  async function call(method, path, body) {
    const response = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
  return {
    url,
    username,
    password,
    stop,
    call,
    createSession: (changes = {}) => call("POST", "/payments/v1/sessions", { ...CART, ...changes }),
    readSession: (id) => call("GET", `/payments/v1/sessions/${id}`),
    placeOrder: (token, changes = {}) => call("POST", `/payments/v1/authorizations/${token}/order`, { ...CART, ...changes }),
  };
}

export const CART = {
  purchase_country: "DE",
  purchase_currency: "EUR",
  locale: "en-DE",
  order_amount: 12_345,
  order_tax_amount: 1971,
  order_lines: [{ type: "physical", name: "Lamp", quantity: 1, unit_price: 12_345, tax_rate: 1900, total_amount: 12_345, total_tax_amount: 1971 }],
};
