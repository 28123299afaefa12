// What a test file needs around it, started side by side and stopped together, also when one of them did not start.

import { openBrowser } from "./browser.mjs";
import { startMerchant } from "./merchant.mjs";
import { startSandbox } from "./sandbox.mjs";

export function startScriptWorld() {
  return start({ browser: () => openBrowser(), merchant: startMerchant, sandbox: startSandbox });
}

export async function start(parts) {
  const names = Object.keys(parts);
  const started = await Promise.allSettled(names.map((name) => parts[name]()));
  const world = {};
  names.forEach((name, index) => (world[name] = started[index].value));
  world.stop = () => Promise.all(names.map((name) => world[name]?.stop?.() ?? world[name]?.close?.()));
  const failed = started.find((each) => each.status === "rejected");
  if (!failed) return world;
  await world.stop();
  throw failed.reason;
}
