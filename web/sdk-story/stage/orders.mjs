/** Orders that are far enough for what hangs below them: a shipment, a way to pay, a sale. */

export const ADDRESS = {
  first_name: 'Alex',
  last_name: 'Example',
  line_1: 'Musterstrasse 1',
  city: 'Berlin',
  zip_code: '10115',
  state_code: 'BE',
  country_code: 'DE',
  phone: '+4930123456',
}

/** Where sales tax comes on top of the price. */
export const AMERICAN_ADDRESS = {
  ...ADDRESS,
  line_1: '1 Example Street',
  city: 'New York',
  zip_code: '10001',
  state_code: 'NY',
  country_code: 'US',
  phone: '+12125550100',
}

/** Ways to pay that an order is prepared for; other types get the one that needs nothing. */
const PREPARED = ['external_payments', 'klarna_payments', 'wire_transfers']

/**
 * A pending order with a line, an address, a shipment and a payment method.
 *
 * @param {object} shop the client and the demo's rows
 * @param {string} type what the order is for
 * @param {{market?: string, address?: object, line?: object, method?: string, way?: string, order?: object}} wanted
 *   what is not as usual: `method` ships (by name), `way` pays (by id)
 */
export async function payable(shop, type, wanted = {}) {
  const { client, seed } = shop
  const kind = PREPARED.includes(type) ? type : 'wire_transfers'
  // Subscriptions are for customers, never for guests.
  const buyer = type === 'order_subscriptions'
    ? { customer: client.customers.relationship((await seed.base('customers')).id) }
    : { customer_email: 'buyer@example.com' }
  const market = client.markets.relationship(wanted.market ?? shop.market)
  const order = await client.orders.create({ market, ...buyer, ...wanted.order })
  const own = client.orders.relationship(order.id)
  if (kind === 'external_payments') await ownMethod(shop, market)
  await client.line_items.create({ order: own, sku_code: shop.sku, quantity: 1, ...wanted.line })
  const address = await client.addresses.create(wanted.address ?? ADDRESS)
  const include = ['shipments.available_shipping_methods', 'available_payment_methods']
  const { shipments, available_payment_methods: offered } = await client.orders.update({
    id: order.id,
    billing_address: client.addresses.relationship(address.id),
    _shipping_address_same_as_billing: true,
  }, { include })
  for (const { id, available_shipping_methods: methods } of shipments) {
    const method = methods.find(({ name }) => name === wanted.method) ?? methods[0]
    await client.shipments.update({ id, shipping_method: client.shipping_methods.relationship(method.id) })
  }
  const way = offered.find(({ payment_source_type: own, id }) => (wanted.way ? id === wanted.way : own === kind))
  return client.orders.update({
    id: order.id, payment_method: client.payment_methods.relationship(way.id),
  }, { include: ['shipments'] })
}

/** Makes a way to pay that leads to a gateway of the shop's own, once. */
function ownMethod(shop, market) {
  const { client, seed } = shop
  const make = async () => client.payment_methods.create({
    payment_source_type: 'external_payments',
    name: 'Own',
    price_amount_cents: 0,
    market,
    payment_gateway: client.external_gateways.relationship((await seed.base('external_gateways')).id),
  })
  shop.ownMethod ??= make()
  return shop.ownMethod
}

/**
 * An order that is placed by bank transfer.
 *
 * @param {object} shop the client and the demo's rows
 * @param {object} wanted as of `payable`
 */
export async function placed(shop, wanted = {}) {
  const { client } = shop
  const order = await payable(shop, 'wire_transfers', wanted)
  await client.wire_transfers.create({ order: client.orders.relationship(order.id) })
  return client.orders.update({ id: order.id, _place: true }, { include: ['shipments'] })
}

/**
 * An order that is placed, and captured and refunded if asked: its transactions are rows of every kind.
 *
 * @param {object} shop the client and the demo's rows
 * @param {boolean} capture whether the money is taken
 * @param {object} wanted as of `payable`
 */
export async function sold(shop, capture, wanted = {}) {
  const { client } = shop
  const order = await placed(shop, wanted)
  await client.orders.update({ id: order.id, _approve: true })
  if (capture) {
    await client.orders.update({ id: order.id, _capture: true })
    await client.orders.update({ id: order.id, _refund: true })
  } else {
    await client.orders.update({ id: order.id, _cancel: true })
  }
  return order
}

/**
 * An order that is to be paid with Klarna: the shopper has said yes, and nothing is placed yet.
 *
 * @param {object} shop the client, the demo's rows and Klarna's side
 * @param {object} wanted as of `payable`
 */
export async function approved(shop, wanted = {}) {
  const { client, sandbox } = shop
  const order = await payable(shop, 'klarna_payments', wanted)
  const source = await client.klarna_payments.create({ order: client.orders.relationship(order.id) })
  const { authorization_token: token } = await sandbox.shopper(source.session_id, 'approve')
  await client.klarna_payments.update({ id: source.id, auth_token: token })
  return { ...order, token }
}
