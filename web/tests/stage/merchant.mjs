// A shop's page on an origin of its own: static files, and a policy header when a test asks for one.

import { createServer } from "node:http";

export async function startMerchant() {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const sdk = url.searchParams.get("sdk");
    response.setHeader("content-type", "text/html; charset=utf-8");
    for (const name of ["content-security-policy", "cross-origin-opener-policy"]) {
      const value = url.searchParams.get(name);
      if (value) response.setHeader(name, value);
    }
    response.end(page(sdk));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${server.address().port}`;
  return {
    origin,
    address: (query) => `${origin}/?${new URLSearchParams(query)}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const page = (sdk) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>
<h1>Shop</h1>
<div id="klarna-payments-container"></div>
<div id="second"></div>
<button id="buy">Buy</button>
${sdk ? `<script src="${sdk}"></script>` : ""}
</body></html>`;
