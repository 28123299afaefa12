// The names of production on this machine: one TLS listener for the shop, the API, the token endpoint and Klarna's script,
// with a certificate made for this run. It hands each request on as it came, and writes down what went over the wire,
// preflights included, which no page and no tool in the page gets to see.

import { X509Certificate, createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

import { generate } from "selfsigned";

const DNS_NAME = 2;

// `sites` says for each name what answers: a `Map` of files by path, or the address of a server.
export async function startFront(sites) {
  const names = Object.keys(sites);
  const { key, cert } = await certificate(names);
  const calls = [];
  const server = https.createServer({ key, cert }, (request, response) => {
    const site = sites[request.headers.host];
    if (site instanceof Map) serve(site, request, response);
    else if (site) forward(site, calls, request, response);
    else response.writeHead(421).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${server.address().port}`;
  return {
    calls,
    // Every name that the page may reach leads here, every other name nowhere.
    flags: [
      `--host-resolver-rules=${names.map((name) => `MAP ${name} ${address}`).join(", ")}, MAP * ~NOTFOUND`,
      `--ignore-certificate-errors-spki-list=${fingerprint(cert)}`,
    ],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function serve(files, request, response) {
  const file = files.get(new URL(request.url, "https://any").pathname);
  if (!file) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": file.type, ...file.headers });
  return response.end(file.body);
}

function forward(to, calls, request, response) {
  const { method, url, headers } = request;
  const call = { host: headers.host, method, url, origin: headers.origin, asks: headers["access-control-request-headers"], sent: "" };
  call.preflight = method === "OPTIONS" && "access-control-request-method" in headers;
  calls.push(call);
  const { hostname: host, port } = new URL(to);
  const onward = http.request({ host, port, method, path: url, headers: { ...headers, "x-forwarded-proto": "https" } }, (reply) => {
    call.status = reply.statusCode;
    call.allows = reply.headers["access-control-allow-origin"];
    response.writeHead(reply.statusCode, reply.rawHeaders);
    reply.pipe(response);
  });
  onward.on("error", (error) => response.destroy(error));
  request.on("data", (bytes) => (call.sent += bytes));
  request.pipe(onward);
}

async function certificate(names) {
  const { private: key, cert } = await generate([{ name: "commonName", value: names[0] }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: names.map((value) => ({ type: DNS_NAME, value })) }],
  });
  return { key, cert };
}

// What Chromium is told to trust: this key and no other.
function fingerprint(cert) {
  const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
