/** Orders that are far enough for what hangs below them: a shipment, a way to pay, a sale. */

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

/** Ways to pay that an order is prepared for; other types get the one that needs nothing. */
const PREPARED = ['klarna_payments', 'wire_transfers']

/**
 * A pending order with a line, an address, a shipment and a payment method.
 *
 * @param {object} shop the client and the demo's rows
 * @param {string} type what the order is for
 */
export async function payable({ client, market, sku, seed }, type) {
  const wanted = PREPARED.includes(type) ? type : 'wire_transfers'
  // Subscriptions are for customers, never for guests.
  const buyer = type === 'order_subscriptions'
    ? { customer: client.customers.relationship((await seed.base('customers')).id) }
    : { customer_email: 'buyer@example.com' }
  const order = await client.orders.create({ market: client.markets.relationship(market), ...buyer })
  const own = client.orders.relationship(order.id)
  await client.line_items.create({ order: own, sku_code: sku, quantity: 1 })
  const address = await client.addresses.create(ADDRESS)
  const include = ['shipments.available_shipping_methods', 'available_payment_methods']
  const { shipments, available_payment_methods: offered } = await client.orders.update({
    id: order.id,
    billing_address: client.addresses.relationship(address.id),
    _shipping_address_same_as_billing: true,
  }, { include })
  const [method] = shipments[0].available_shipping_methods
  await client.shipments.update({
    id: shipments[0].id, shipping_method: client.shipping_methods.relationship(method.id),
  })
  const way = offered.find(({ payment_source_type: kind }) => kind === wanted)
  return client.orders.update({
    id: order.id, payment_method: client.payment_methods.relationship(way.id),
  }, { include: ['shipments'] })
}

/**
 * An order that is placed, and captured and refunded if asked: its transactions are rows of every kind.
 *
 * @param {object} shop the client and the demo's rows
 * @param {boolean} capture whether the money is taken
 */
export async function sold(shop, capture) {
  const { client } = shop
  const order = await payable(shop, 'wire_transfers')
  await client.wire_transfers.create({ order: client.orders.relationship(order.id) })
  await client.orders.update({ id: order.id, _place: true })
  await client.orders.update({ id: order.id, _approve: true })
  if (capture) {
    await client.orders.update({ id: order.id, _capture: true })
    await client.orders.update({ id: order.id, _refund: true })
  } else {
    await client.orders.update({ id: order.id, _cancel: true })
  }
}
