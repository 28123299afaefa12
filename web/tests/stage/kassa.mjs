// `kassa demo` on free ports with a data folder of its own; gone when the tests are.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY_TRIES = 1200;
const READY_EVERY_MS = 50;

export function hasBinary() {
  return Boolean(process.env.KASSA_BIN);
}

// `more` are further options of `kassa demo`.
export async function startDemo(more = []) {
  const folder = await mkdtemp(join(tmpdir(), "kassa-web-"));
  const readyFile = join(folder, "ready.json");
  const args = ["demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--data", join(folder, "data"), "--ready-file", readyFile, ...more];
  const child = spawn(process.env.KASSA_BIN, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const ready = await readReady(readyFile, child, () => output);
  return {
    ...ready,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      await new Promise((resolve) => (child.exitCode !== null ? resolve() : child.once("exit", resolve)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// The file appears whole, by rename, once both listeners answer.
async function readReady(file, child, output) {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    if (child.exitCode !== null) throw new Error(`kassa demo ended early:\n${output()}`);
    try {
      return JSON.parse(await readFile(file, "utf8"));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, READY_EVERY_MS));
    }
  }
  throw new Error(`kassa demo was not ready in time:\n${output()}`);
}
