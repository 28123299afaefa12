// The helper that every assertion about a page goes through: it waits for what holds late and fails on what never holds.

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually } from "../stage/eventually.mjs";

test("what holds at the third look is waited for, and its value given", async () => {
  let looks = 0;
  const value = await eventually(() => {
    looks += 1;
    if (looks === 1) throw new Error("not there yet");
    return looks === 2 ? false : "seen";
  }, "never");
  assert.deepEqual([value, looks], ["seen", 3]);
});

test("what never holds fails with the message and the last reason", async () => {
  await assert.rejects(eventually(() => false, "the outline never shows", 0), /^Error: the outline never shows$/);
  const never = () => assert.equal(1, 2, "one is not two");
  await assert.rejects(eventually(never, "the sum never agrees", 0), /^Error: the sum never agrees: one is not two/);
});
