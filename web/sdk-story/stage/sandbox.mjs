/**
 * The other side of the payment: the sandbox's shopper without a browser, and Klarna's own books.
 */

import assert from 'node:assert/strict'

/** @param {object} ready what the demo's ready file says */
export function sandboxOf(ready) {
  const { username, password } = ready.klarna
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

  async function call(method, path, body) {
    const answer = await fetch(new URL(path, ready.sandbox_url), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  return {
    /** Approves, declines or cancels in the widget of a session. */
    shopper: (session, action) =>
      call('POST', `/sandbox/v1/sessions/${session}/shopper`, { action }),
    /** What a merchant's server sends to Klarna. */
    post: (path, body) => call('POST', path, body),
    /** What it gives back. */
    remove: (path) => call('DELETE', path),
    /** An order as Klarna keeps it. */
    order: (id) => call('GET', `/ordermanagement/v1/orders/${id}`),
  }
}
