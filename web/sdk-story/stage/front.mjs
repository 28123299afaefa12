/**
 * What stands before a gateway in production: names, a certificate, TLS.
 *
 * The client libraries speak https to `<slug>.<domain>` and `auth.<domain>`, always. A real
 * installation has name records and a TLS front for that; here a self-signed certificate stands for
 * the one, and a redirection of outgoing connections for the other. The libraries themselves see
 * ordinary https addresses and stay as they are published.
 */

import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'

import { generate } from 'selfsigned'

const DNS_NAME = 2

/**
 * @param {object} ready what the demo's ready file says
 * @param {{forwardedHost: boolean}} options whether the front passes the name on as `X-Forwarded-Host`
 *   with its own `Host`, as many proxies do, or leaves `Host` as it came
 * @returns {Promise<{stop: () => Promise<void>}>}
 */
export async function startFront(ready, { forwardedHost }) {
  const names = [ready.organization, 'auth'].map((label) => `${label}.${ready.domain}`)
  const { key, cert } = await certificate(names)
  const gateway = new URL(ready.gateway_url)
  const front = https.createServer({ key, cert }, (incoming, answer) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' }
    if (forwardedHost) {
      headers['x-forwarded-host'] = incoming.headers.host
      headers.host = gateway.host
    }
    const { method, url: path } = incoming
    const { hostname: host, port } = gateway
    const forwarded = http.request({ host, port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.rawHeaders)
      reply.pipe(answer)
    })
    forwarded.on('error', (error) => answer.destroy(error))
    incoming.pipe(forwarded)
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const restore = redirect(names, front.address().port, cert)

  return {
    async stop() {
      restore()
      front.closeAllConnections()
      front.close()
      await once(front, 'close')
    },
  }
}

/**
 * TLS and nothing else: what a client writes arrives at the server byte by byte, and so does the answer.
 *
 * @param {string} name under which the server is reached
 * @param {string} url where it really is
 * @returns {Promise<{stop: () => Promise<void>}>}
 */
export async function startTunnel(name, url) {
  const { key, cert } = await certificate([name])
  const { hostname: host, port } = new URL(url)
  const open = new Set()
  const tunnel = tls.createServer({ key, cert }, (client) => {
    const server = net.connect({ host, port })
    for (const [one, other] of [[client, server], [server, client]]) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => open.delete(one))
    }
  })
  tunnel.listen(0, '127.0.0.1')
  await once(tunnel, 'listening')
  const restore = redirect([name], tunnel.address().port, cert)

  return {
    async stop() {
      restore()
      tunnel.close()
      for (const socket of open) socket.destroy()
      await once(tunnel, 'close')
    },
  }
}

/** A key and a self-signed certificate for `names`. */
async function certificate(names) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: DNS_NAME, value })) },
    ],
  })
  return { key, cert }
}

/** Lets TLS connections to `names` arrive at `port` of this machine, trusting `cert` for them. */
function redirect(names, port, cert) {
  const connect = tls.connect
  tls.connect = (options, ...rest) => {
    const here = names.includes(options?.host)
    return connect.call(tls, here ? { ...options, host: '127.0.0.1', port, ca: cert } : options, ...rest)
  }
  return () => { tls.connect = connect }
}
