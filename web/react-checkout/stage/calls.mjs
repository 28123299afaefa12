// What the page asked of the API, as the front wrote it down: named, counted, and held against the rules of cross-origin calls.

import assert from "node:assert/strict";

const OPERATION = /^\/api\/([a-z_]+)(\/[A-Za-z]+)?/;

// Reads that a cache may answer. Source: the rate limits of the commerce API.
const CACHEABLE = new Set(["bundles", "imports", "markets", "prices", "price_lists", "promotions", "skus", "sku_options", "stock_items", "stock_locations"]);

// `PATCH orders/:id`, for calls of the API.
export function operation({ method, url }) {
  const [, type, id] = OPERATION.exec(url) || assert.fail(`${method} ${url} is no call of the API`);
  return `${method} ${type}${id ? "/:id" : ""}`;
}

export function callsOf(calls, host) {
  return calls.filter((call) => call.host === host && !call.preflight);
}

export function writes(calls) {
  return calls.filter(({ method }) => method !== "GET").map((call) => [operation(call), body(call)]);
}

export function figures(calls) {
  const real = calls.filter(({ preflight }) => !preflight);
  const reads = real.filter((call) => call.method === "GET" && !CACHEABLE.has(OPERATION.exec(call.url)?.[1]));
  const changes = real.filter(({ method }) => method !== "GET");
  const preflights = calls.filter(({ preflight }) => preflight);
  return { reads: reads.length, writes: changes.length, preflights: preflights.length };
}

// What a write says: its attributes, and its relationships by type.
function body({ sent }) {
  const { attributes = {}, relationships = {} } = JSON.parse(sent).data;
  const related = Object.entries(relationships).map(([name, { data }]) => [name, data?.type ?? null]);
  return { ...attributes, ...Object.fromEntries(related) };
}

// Each call came from `origin`, was allowed to, and was asked for by a preflight before, with the headers that it sent.
export function assertCrossOrigin(calls, origin) {
  const asked = new Map();
  for (const call of calls) {
    const place = `${call.host}${call.url}`;
    if (call.preflight) asked.set(place, call);
    const told = `${call.method} ${place}`;
    assert.equal(call.origin, origin, told);
    assert.equal(call.allows, "*", told);
    const before = asked.get(place);
    assert.ok(before, `${told} had no preflight`);
    assert.equal(before.status, 200, told);
    assert.match(before.asks, /content-type/, told);
  }
  assert.ok(asked.size > 0, "no preflight at all");
}
