// The page as a browser gets it: our sources and the published components in one file, made anew by every run.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const PAGE = fileURLToPath(new URL("../page/", import.meta.url));

// The paths that all lead to the one document; its script reads the rest from the address.
const PATHS = ["/", "/checkout", "/thanks"];

// The files of the shop by path. What its pages need to know of the shop is `config`; `policy` is their content policy.
export async function bundle(config, policy) {
  const made = await build({
    entryPoints: [`${PAGE}main.jsx`],
    bundle: true,
    write: false,
    outfile: "page.js",
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    // Payment providers that the shop does not use bring their style sheets along.
    loader: { ".css": "empty" },
    logLevel: "warning",
  });
  const html = { type: "text/html; charset=utf-8", headers: { "content-security-policy": policy }, body: await readFile(`${PAGE}index.html`) };
  return new Map([
    ...PATHS.map((path) => [path, html]),
    ["/page.js", { type: "text/javascript", body: made.outputFiles[0].contents }],
    ["/config.json", { type: "application/json", body: JSON.stringify(config) }],
  ]);
}
