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
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: DNS_NAME, value })) },
    ],
  })
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

/** Lets TLS connections to `names` arrive at `port` of this machine, trusting `cert` for them. */
function redirect(names, port, cert) {
  const connect = tls.connect
  tls.connect = (options, ...rest) => {
    const here = names.includes(options?.host)
    return connect.call(tls, here ? { ...options, host: '127.0.0.1', port, ca: cert } : options, ...rest)
  }
  return () => { tls.connect = connect }
}
