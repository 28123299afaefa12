/**
 * The story of a shop, from an empty cart to a refund, told through one version of the published
 * client library. Every step is a test of its own; a later step stands on the earlier ones.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { authenticate } from '@commercelayer/js-auth'

import { startDemo } from './demo.mjs'
import { startFront } from './front.mjs'
import { sandboxOf } from './sandbox.mjs'

/** What the hosted checkout asks for in most of its requests. */
const CHECKOUT_INCLUDE = [
  'available_payment_methods', 'payment_source', 'payment_method',
  'line_items.line_item_options.sku_option', 'line_items.item',
  'shipping_address', 'billing_address',
  'shipments.available_shipping_methods', 'shipments.stock_line_items.line_item',
  'shipments.shipping_method', 'shipments.stock_transfers.line_item', 'shipments.stock_location',
]

const ADDRESS = {
  first_name: 'Alex',
  last_name: 'Example',
  line_1: 'Musterstrasse 1',
  city: 'Berlin',
  zip_code: '10115',
  state_code: 'BE',
  country_code: 'DE',
  phone: '+4930123456',
}

/**
 * @param {string} title what the library calls itself
 * @param {(options: object) => object} CommerceLayer the library's way to make a client
 * @param {{forwardedHost: boolean}} front how the front passes names on
 */
export function tellStory(title, CommerceLayer, front) {
  describe(title, { timeout: 120_000 }, () => {
    /** Everything the steps hand on to each other. */
    const shop = {}

    before(async () => {
      shop.demo = await startDemo()
      shop.ready = shop.demo.ready
      shop.front = await startFront(shop.ready, front)
      shop.sandbox = sandboxOf(shop.ready)
      await logIn(shop, CommerceLayer)
    })
    after(async () => {
      await shop.front?.stop()
      await shop.demo?.stop()
    })

    catalogue(shop)
    cart(shop)
    checkout(shop)
    payment(shop)
    afterSale(shop)
    customer(shop)
    refusals(shop, CommerceLayer)
  })
}

/** One client for each kind of caller, each with a token of its own. */
async function logIn(shop, CommerceLayer) {
  const { domain, sales_channel: channel, integration, customer: person } = shop.ready
  const guestToken = await authenticate('client_credentials', {
    domain, clientId: channel.client_id, scope: channel.scope,
  })
  const backOfficeToken = await authenticate('client_credentials', {
    domain, clientId: integration.client_id, clientSecret: integration.client_secret,
  })
  const customerToken = await authenticate('password', {
    domain, clientId: channel.client_id, scope: channel.scope,
    username: person.email, password: person.password,
  })
  shop.guest = CommerceLayer({ accessToken: guestToken.accessToken })
  shop.backOffice = CommerceLayer({ accessToken: backOfficeToken.accessToken })
  shop.customer = CommerceLayer({ accessToken: customerToken.accessToken })
  shop.sku = shop.ready.skus[0]
}

function catalogue(shop) {
  test('the catalogue is listed with prices, filtered, sorted and cut to fields', async () => {
    const found = await shop.guest.skus.list({ filters: { code_eq: shop.sku }, include: ['prices'] })
    assert.equal(found.length, 1)
    assert.equal(found.meta.recordCount, 1)
    assert.equal(found[0].code, shop.sku)
    const price = found[0].prices.find(({ currency_code: currency }) => currency === 'EUR')
    assert.ok(price.amount_cents > 100)
    shop.unitAmount = price.amount_cents

    const sorted = await shop.guest.skus.list({ sort: { code: 'desc' }, pageSize: 5, fields: ['code'] })
    const codes = Array.from(sorted, ({ code }) => code)
    assert.deepEqual(codes, [...codes].sort().reverse())
    assert.equal(codes.length, 5)
    assert.equal(sorted[0].name, undefined)
    assert.ok(sorted.meta.pageCount >= 2)

    const second = await shop.guest.skus.list({ sort: { code: 'desc' }, pageSize: 5, pageNumber: 2 })
    assert.ok(second.every(({ code }) => !codes.includes(code)))
  })

  test('a related resource is fetched by its own route', async () => {
    const [sku] = await shop.guest.skus.list({ filters: { code_eq: shop.sku } })
    const prices = await shop.guest.skus.prices(sku.id)
    assert.ok(prices.some(({ amount_cents: amount }) => amount === shop.unitAmount))
  })

  test('the organization is read as a singleton', async () => {
    const organization = await shop.guest.organization.retrieve({ fields: ['name', 'slug', 'config'] })
    assert.equal(organization.type, 'organizations')
    assert.equal(organization.slug, shop.ready.organization)
  })
}

function cart(shop) {
  test('an empty cart takes its market from the scope', async () => {
    const order = await shop.guest.orders.create({}, { include: ['market'] })
    assert.equal(order.status, 'draft')
    assert.equal(order.currency_code, 'EUR')
    assert.equal(order.guest, true)
    assert.equal(order.market.id, shop.ready.markets.EU)
    shop.orderId = order.id
  })

  test('a line is added, its quantity raised, and the totals follow', async () => {
    const line = await addLine(shop.guest, shop.orderId, shop.sku, 1)
    assert.equal(line.unit_amount_cents, shop.unitAmount)
    await shop.guest.line_items.update({ id: line.id, quantity: 2 })
    const order = await shop.guest.orders.retrieve(shop.orderId, {
      include: ['line_items.item', 'payment_source', 'shipments'],
    })
    assert.equal(order.skus_count, 2)
    assert.equal(order.subtotal_amount_cents, 2 * shop.unitAmount)
    assert.equal(order.total_amount_with_taxes_cents, 2 * shop.unitAmount)
    assert.equal(order.line_items.length, 1)
    assert.equal(order.line_items[0].item.code, shop.sku)
    assert.ok(order.line_items[0].item.inventory.available)
    assert.equal(order.payment_source, null, 'an included, empty to-one is null, not undefined')
    assert.deepEqual(order.shipments, [], 'an included, empty to-many is an empty list')
  })

  test('a line is removed again', async () => {
    const other = shop.ready.skus[1]
    const line = await addLine(shop.guest, shop.orderId, other, 1)
    await shop.guest.line_items.delete(line.id)
    const order = await shop.guest.orders.retrieve(shop.orderId, { include: ['line_items'] })
    assert.deepEqual(order.line_items.map(({ sku_code: code }) => code), [shop.sku])
  })

  test('what is out of stock is refused with 422 on quantity', async () => {
    const stock = await shop.backOffice.stock_items.list({ pageSize: 25 })
    const empty = stock.find(({ quantity }) => quantity === 0)
    assert.ok(empty, 'the demo has a product that is out of stock')
    const error = await refused(addLine(shop.guest, shop.orderId, empty.sku_code, 1))
    assert.equal(error.status, 422)
    const [first] = error.errors
    assert.equal(first.code, 'VALIDATION_ERROR')
    assert.equal(first.source.pointer, '/data/attributes/quantity')
  })

  test('more than there is in stock is refused with 422 on quantity', async () => {
    const error = await refused(addLine(shop.guest, shop.orderId, shop.ready.skus[1], 1_000_000))
    assert.equal(error.status, 422)
    assert.equal(error.errors[0].source.pointer, '/data/attributes/quantity')
  })
}

function checkout(shop) {
  test('addresses and an email make the order pending, with a shipment', async () => {
    const address = await shop.guest.addresses.create(ADDRESS)
    const order = await shop.guest.orders.update({
      id: shop.orderId,
      customer_email: 'guest@example.com',
      billing_address: shop.guest.addresses.relationship(address.id),
      _shipping_address_same_as_billing: true,
    }, { include: CHECKOUT_INCLUDE })
    assert.equal(order.status, 'pending')
    assert.equal(order.billing_address.city, ADDRESS.city)
    assert.equal(order.shipping_address.line_1, ADDRESS.line_1)
    assert.equal(order.shipments.length, 1)
    const [shipment] = order.shipments
    assert.ok(shipment.available_shipping_methods.length >= 1)
    assert.ok(shipment.stock_location.id)
    shop.shipment = shipment
  })

  test('delivery lead times are listed with their method and place', async () => {
    const times = await shop.guest.delivery_lead_times.list({
      include: ['shipping_method', 'stock_location'],
    })
    assert.ok(times.length >= 1)
    const offered = shop.shipment.available_shipping_methods.map(({ id }) => id)
    for (const time of times) {
      assert.ok(offered.includes(time.shipping_method.id), 'of a method that the market offers')
      assert.ok(time.stock_location.id)
      assert.ok(time.min_hours <= time.max_hours)
    }
  })

  test('a shipping method adds its price to the order', async () => {
    const methods = shop.shipment.available_shipping_methods
    const method = methods.find(({ name }) => name === 'Standard Shipping') ?? methods[0]
    const price = method.price_amount_for_shipment_cents
    await shop.guest.shipments.update({
      id: shop.shipment.id,
      shipping_method: shop.guest.shipping_methods.relationship(method.id),
    })
    const order = await shop.guest.orders.retrieve(shop.orderId, { include: CHECKOUT_INCLUDE })
    assert.equal(order.shipments[0].shipping_method.id, method.id)
    assert.equal(order.shipping_amount_cents, price)
    assert.equal(order.total_amount_with_taxes_cents, 2 * shop.unitAmount + price)
    shop.total = order.total_amount_with_taxes_cents
    shop.klarnaMethod = order.available_payment_methods.find(
      ({ payment_source_type: type }) => type === 'klarna_payments',
    )
    assert.ok(shop.klarnaMethod, 'Klarna is offered')
  })
}

function payment(shop) {
  test('an order without a payment source is not placed', async () => {
    const error = await refused(shop.guest.orders._place(shop.orderId))
    assert.equal(error.status, 422)
    assert.equal(error.errors[0].code, 'VALIDATION_ERROR')
  })

  test('a Klarna payment brings what the widget needs', async () => {
    await shop.guest.orders.update({
      id: shop.orderId,
      payment_method: shop.guest.payment_methods.relationship(shop.klarnaMethod.id),
    })
    const source = await shop.guest.klarna_payments.create({
      order: shop.guest.orders.relationship(shop.orderId),
    })
    assert.ok(source.client_token)
    assert.ok(source.session_id)
    assert.ok(source.payment_methods[0].identifier)
    assert.equal(source.payment_request_data.client_token, source.client_token)
    assert.equal(source.payment_request_data.session_id, source.session_id)
    shop.source = source
    const order = await shop.guest.orders.retrieve(shop.orderId, { include: ['payment_source'] })
    assert.equal(order.payment_source.id, source.id)
    assert.equal(order.payment_source.type, 'klarna_payments')
  })

  test('a payment that the shopper has not approved is not placed', async () => {
    const error = await refused(shop.guest.orders._place(shop.orderId))
    assert.equal(error.status, 422)
    const order = await shop.guest.orders.retrieve(shop.orderId)
    assert.equal(order.status, 'pending')
  })

  test('a decline gives no token, and the shopper may try again', async () => {
    const declined = await shop.sandbox.shopper(shop.source.session_id, 'decline')
    assert.deepEqual([declined.approved, declined.show_form], [false, false])
    assert.equal(declined.authorization_token, undefined)
    const approved = await shop.sandbox.shopper(shop.source.session_id, 'approve')
    assert.equal(approved.approved, true)
    shop.token = approved.authorization_token
  })

  test('the authorization token is kept with the payment', async () => {
    const reader = shop.guest.addRawResponseReader({ headers: true })
    const source = await shop.guest.klarna_payments.update({
      id: shop.source.id, auth_token: shop.token,
    })
    shop.guest.removeRawResponseReader()
    assert.equal(source.auth_token, shop.token)
    assert.equal(source.mismatched_amounts, false)
    assert.ok(source.payment_instrument)
    assert.equal(source.client_token, shop.source.client_token)
    const { meta } = reader.rawResponse
    assert.equal(meta.mode, 'test')
    assert.ok(meta.organization_id)
    assert.ok(meta.trace_id)
  })

  test('placing gives one authorization, twice over', async () => {
    const order = await shop.guest.orders.update(
      { id: shop.orderId, _place: true },
      { include: CHECKOUT_INCLUDE },
    )
    assert.equal(order.status, 'placed')
    assert.equal(order.payment_status, 'authorized')
    assert.ok(order.placed_at)
    const again = await shop.guest.orders.update({ id: shop.orderId, _place: true })
    assert.equal(again.status, 'placed')
    const { authorizations } = await shop.backOffice.orders.retrieve(shop.orderId, {
      include: ['authorizations'],
    })
    assert.equal(authorizations.length, 1)
    assert.equal(authorizations[0].succeeded, true)
    assert.equal(authorizations[0].amount_cents, shop.total)
    shop.authorization = authorizations[0]
    const klarna = await shop.sandbox.order(shop.authorization.gateway_transaction_id)
    assert.equal(klarna.order_amount, shop.total)
    assert.equal(klarna.status, 'AUTHORIZED')
  })

  test('a placed order still reads with the guest token, and is no longer editable', async () => {
    const order = await shop.guest.orders.retrieve(shop.orderId)
    assert.equal(order.editable, false)
    const error = await refused(addLine(shop.guest, shop.orderId, shop.sku, 1))
    assert.ok([401, 422].includes(error.status))
  })
}

function afterSale(shop) {
  test('a sales channel may not capture', async () => {
    const error = await refused(shop.guest.orders._capture(shop.orderId))
    assert.equal(error.status, 401)
    assert.equal(error.errors[0].code, 'UNAUTHORIZED')
  })

  test('more than the authorization is not captured', async () => {
    const error = await refused(shop.backOffice.authorizations.update({
      id: shop.authorization.id, _capture: true, _capture_amount_cents: shop.total + 1,
    }))
    assert.equal(error.status, 422)
  })

  test('the order is approved and captured, at Klarna too', async () => {
    await shop.backOffice.orders._approve(shop.orderId)
    const order = await shop.backOffice.orders.update(
      { id: shop.orderId, _capture: true },
      { include: ['captures'] },
    )
    assert.equal(order.payment_status, 'paid')
    assert.equal(order.captures.length, 1)
    assert.equal(order.captures[0].amount_cents, shop.total)
    assert.equal(order.captures[0].succeeded, true)
    shop.capture = order.captures[0]
    const klarna = await shop.sandbox.order(shop.authorization.gateway_transaction_id)
    assert.equal(klarna.captured_amount, shop.total)
    assert.equal(klarna.status, 'CAPTURED')
  })

  test('a part is refunded, at Klarna too', async () => {
    await shop.backOffice.captures.update({
      id: shop.capture.id, _refund: true, _refund_amount_cents: 100,
    })
    const order = await shop.backOffice.orders.retrieve(shop.orderId, { include: ['refunds'] })
    assert.equal(order.payment_status, 'partially_refunded')
    assert.deepEqual(order.refunds.map(({ amount_cents: amount }) => amount), [100])
    const klarna = await shop.sandbox.order(shop.authorization.gateway_transaction_id)
    assert.equal(klarna.refunded_amount, 100)
  })

  test('more than the capture is not refunded', async () => {
    const error = await refused(shop.backOffice.captures.update({
      id: shop.capture.id, _refund: true, _refund_amount_cents: shop.total,
    }))
    assert.equal(error.status, 422)
  })

  test('the rest is refunded and the books agree', async () => {
    const order = await shop.backOffice.orders.update(
      { id: shop.orderId, _refund: true },
      { include: ['refunds', 'transactions'] },
    )
    assert.equal(order.payment_status, 'refunded')
    const sum = order.refunds.reduce((total, { amount_cents: amount }) => total + amount, 0)
    assert.equal(sum, shop.total)
    assert.ok(order.transactions.length >= 4)
    const klarna = await shop.sandbox.order(shop.authorization.gateway_transaction_id)
    assert.equal(klarna.refunded_amount, shop.total)
  })
}

function customer(shop) {
  test('a customer with saved details places an order and cancels it: a void at Klarna', async () => {
    const order = await orderUpToPayment(shop.customer, shop)
    assert.equal(order.guest, false)
    const source = await shop.customer.klarna_payments.create({
      order: shop.customer.orders.relationship(order.id),
    })
    const { authorization_token: token } = await shop.sandbox.shopper(source.session_id, 'approve')
    await shop.customer.klarna_payments.update({ id: source.id, auth_token: token })
    const placed = await shop.customer.orders._place(order.id)
    assert.equal(placed.status, 'placed')

    const own = await shop.customer.orders.list({ filters: { status_eq: 'placed' } })
    assert.deepEqual(Array.from(own, ({ id }) => id), [order.id], 'a customer lists own orders alone')

    const cancelled = await shop.backOffice.orders.update(
      { id: order.id, _cancel: true },
      { include: ['voids', 'authorizations'] },
    )
    assert.equal(cancelled.status, 'cancelled')
    assert.equal(cancelled.payment_status, 'voided')
    assert.equal(cancelled.voids.length, 1)
    const [{ gateway_transaction_id: klarnaId }] = cancelled.authorizations
    assert.equal((await shop.sandbox.order(klarnaId)).status, 'CANCELLED')
  })

  test('a guest neither lists orders nor reads a customer\'s', async () => {
    const listing = await refused(shop.guest.orders.list())
    assert.equal(listing.status, 401)
    const [{ id }] = await shop.customer.orders.list()
    const reading = await refused(shop.guest.orders.retrieve(id))
    assert.ok([401, 404].includes(reading.status))
  })
}

function refusals(shop, CommerceLayer) {
  test('an unknown id, include, filter and field each have their code', async () => {
    const missing = await refused(shop.guest.orders.retrieve('xYzXyZxYzX'))
    assert.deepEqual([missing.status, missing.errors[0].code], [404, 'RECORD_NOT_FOUND'])
    const include = await refused(shop.guest.orders.retrieve(shop.orderId, { include: ['nonsense'] }))
    assert.deepEqual([include.status, include.errors[0].code], [400, 'INVALID_INCLUDE'])
    const filter = await refused(shop.guest.skus.list({ filters: { nonsense_eq: '1' } }))
    assert.deepEqual([filter.status, filter.errors[0].code], [400, 'FILTER_NOT_ALLOWED'])
    const field = await refused(shop.guest.orders.create({ nonsense: 1 }))
    assert.equal(field.status, 400)
  })

  test('a token that is none is refused with the code that asks for a new one', async () => {
    const { organization, domain } = shop.ready
    const stranger = CommerceLayer({ organization, domain, accessToken: 'no.real.token' })
    const error = await refused(stranger.skus.list())
    assert.deepEqual([error.status, error.errors[0].code], [401, 'INVALID_TOKEN'])
  })

  test('another gateway\'s payment source is refused by name', async () => {
    const order = await shop.guest.orders.create({})
    const error = await refused(shop.guest.stripe_payments.create({
      order: shop.guest.orders.relationship(order.id),
    }))
    assert.equal(error.status, 422)
    assert.match(error.errors[0].detail, /external_payments/)
  })
}

function addLine(client, orderId, code, quantity) {
  return client.line_items.create({
    order: client.orders.relationship(orderId), sku_code: code, quantity,
  })
}

async function orderUpToPayment(client, shop) {
  const { id } = await client.orders.create({})
  await addLine(client, id, shop.sku, 1)
  const address = await client.addresses.create(ADDRESS)
  const withAddress = await client.orders.update({
    id,
    billing_address: client.addresses.relationship(address.id),
    _shipping_address_same_as_billing: true,
  }, { include: CHECKOUT_INCLUDE })
  for (const shipment of withAddress.shipments) {
    const [method] = shipment.available_shipping_methods
    await client.shipments.update({
      id: shipment.id, shipping_method: client.shipping_methods.relationship(method.id),
    })
  }
  return client.orders.update({
    id, payment_method: client.payment_methods.relationship(shop.klarnaMethod.id),
  }, { include: ['customer'] })
}

/** The error that a call ends with; it is a failure when the call succeeds. */
async function refused(call) {
  try {
    await call
  } catch (error) {
    assert.equal(error.name, 'ApiError', `${error.name}: ${error.message}`)
    return error
  }
  return assert.fail('the call should have been refused')
}
