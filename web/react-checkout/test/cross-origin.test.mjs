// What a browser lets a page of another origin do with the API, and what it keeps from it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { KLARNA, STRANGER } from "../stage/names.mjs";
import { startWorld } from "../stage/world.mjs";

let world;
let shop;
let headers;

before(async () => {
  world = await startWorld();
  shop = await world.open();
  await shop.page.goto(`https://${STRANGER}/`);
  const { client_id, scope } = world.demo.sales_channel;
  const body = JSON.stringify({ grant_type: "client_credentials", client_id, scope });
  const got = await ask(`https://${world.auth}/oauth/token`, { method: "POST", headers: { "content-type": "application/json" }, body });
  headers = { authorization: `Bearer ${got.body.access_token}`, accept: "application/vnd.api+json", "content-type": "application/vnd.api+json" };
});
after(async () => {
  await shop?.close();
  await world?.stop();
});

// Asks from inside the page, as its scripts would, and tells what the browser lets them see.
function ask(url, init) {
  return shop.page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, init);
        return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
      } catch (error) {
        return { error: error.name };
      }
    },
    [url, init],
  );
}

// The calls that reached the front while `act` ran.
async function during(act) {
  const from = world.front.calls.length;
  const answer = await act();
  return { answer, calls: world.front.calls.slice(from) };
}

test("a token names the domain that it was asked for at", () => {
  const [, claims] = headers.authorization.split(".");
  assert.equal(JSON.parse(Buffer.from(claims, "base64url")).iss, `https://${world.auth}`);
});

test("any origin reads answers and refusals, with the limits and nothing else exposed", async () => {
  const read = await ask(`https://${world.api}/api/skus?page%5Bsize%5D=1`, { headers });
  assert.equal(read.status, 200);
  assert.ok(Number(read.headers["x-ratelimit-remaining"]) >= 0);
  assert.equal(read.headers["x-trace-id"].length > 0, true);
  assert.equal(read.headers.date, undefined);
  const refused = await ask(`https://${world.api}/api/orders`, { headers: { ...headers, authorization: "Bearer none" } });
  assert.deepEqual([refused.status, refused.body.errors[0].code], [401, "INVALID_TOKEN"]);
});

test("a header, a method or cookies that are not allowed never leave the browser", async () => {
  const url = `https://${world.api}/api/skus`;
  const attempts = [
    { headers: { ...headers, "x-api-version": "1" } },
    { method: "PUT", headers, body: "{}" },
    { headers, credentials: "include" },
  ];
  for (const attempt of attempts) {
    const { answer, calls } = await during(() => ask(`${url}?attempt=${attempts.indexOf(attempt)}`, attempt));
    assert.deepEqual(answer, { error: "TypeError" });
    assert.deepEqual(calls.map(({ preflight }) => preflight), [true], "the preflight, and nothing after it");
  }
});

test("Klarna's own API is no page's business", async () => {
  const { username, password } = world.demo.klarna;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const { answer, calls } = await during(() => ask(`https://${KLARNA}/payments/v1/sessions`, { method: "POST", headers: { authorization, "content-type": "application/json" }, body: "{}" }));
  assert.deepEqual(answer, { error: "TypeError" });
  assert.deepEqual(calls.map(({ preflight, allows }) => [preflight, allows]), [[true, undefined]]);
});
