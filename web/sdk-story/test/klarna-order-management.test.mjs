/**
 * `@crystallize/node-klarna`, a published client of Order Management and Customer Token, unchanged against the sandbox.
 * It takes a host name and speaks https to it, so a tunnel stands for name and certificate. It sends a body with every
 * GET and no length, as it does to Klarna: the tunnel passes on every byte, and the sandbox has to live with it.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Klarna } from '@crystallize/node-klarna'

import { startDemo } from '../stage/demo.mjs'
import { startTunnel } from '../stage/front.mjs'
import { sandboxOf } from '../stage/sandbox.mjs'

const NAME = 'klarna.example.com'

const LINE = {
  type: 'physical', reference: 'MUG', name: 'Mug', quantity: 2, unit_price: 10_000, tax_rate: 2500,
  total_amount: 20_000, total_tax_amount: 4000,
}

const CART = {
  purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE', order_amount: 20_000, order_tax_amount: 4000,
  order_lines: [{ ...LINE, subscription: { name: 'Mugs', interval: 'MONTH', interval_count: 1 } }],
}

describe('@crystallize/node-klarna', () => {
  let demo, tunnel, klarna, sandbox

  before(async () => {
    demo = await startDemo()
    sandbox = sandboxOf(demo.ready)
    tunnel = await startTunnel(NAME, demo.ready.sandbox_url)
    klarna = new Klarna({ ...demo.ready.klarna, apiEndpoint: NAME })
  })

  after(async () => {
    await tunnel?.stop()
    await demo?.stop()
  })

  /** An approved purchase, which this library has no call for. */
  async function purchase() {
    const { session_id } = await sandbox.post('/payments/v1/sessions', { ...CART, intent: 'buy_and_tokenize' })
    const { authorization_token: token } = await sandbox.shopper(session_id, 'approve')
    const { order_id } = await sandbox.post(`/payments/v1/authorizations/${token}/order`, CART)
    return { token, order: order_id }
  }

  test('an order is acknowledged, captured, refunded and read', async () => {
    const { order } = await purchase()
    const { orders, captures, refunds } = klarna.orderManagementV1
    assert.equal((await orders.acknowledge(order)).statusCode, 204)
    const references = { merchant_reference1: 'A-1', merchant_reference2: 'B-1' }
    assert.equal((await orders.updateMerchantReference(order, references)).statusCode, 204)
    const part = { captured_amount: 15_000, reference: 'C-1', order_lines: [LINE] }
    assert.equal((await captures.capture(order, part)).statusCode, 201)
    assert.equal((await refunds.create(order, { refunded_amount: 5000 })).statusCode, 201)
    assert.equal((await orders.releaseRemainingAuthorization(order)).statusCode, 204)
    const { statusCode, response } = await orders.getOrder(order)
    assert.equal(statusCode, 200)
    assert.equal(response.merchant_reference1, 'A-1')
    assert.deepEqual(
      [response.captured_amount, response.refunded_amount, response.remaining_authorized_amount],
      [15_000, 5000, 0],
    )
  })

  test('an untouched order is cancelled once', async () => {
    const { order } = await purchase()
    const { orders } = klarna.orderManagementV1
    assert.equal((await orders.cancel(order)).statusCode, 204)
    const { statusCode, error } = await orders.cancel(order)
    assert.equal(statusCode, 403)
    assert.equal(error.error_code, 'CANCEL_NOT_ALLOWED')
  })

  test('a customer token is charged', async () => {
    const { token } = await purchase()
    const { token_id } = await sandbox.post(`/payments/v1/authorizations/${token}/customer-token`, {
      purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE', intended_use: 'SUBSCRIPTION',
      description: 'Mugs every month',
    })
    const { statusCode, response } = await klarna.customerTokenV1.order(token_id, {
      order_amount: 20_000, order_tax_amount: 4000, purchase_currency: 'SEK', order_lines: [LINE],
    })
    assert.equal(statusCode, 200)
    assert.equal((await sandbox.order(response.order_id)).order_amount, 20_000)
  })
})
