/**
 * Rows in every state: what only comes from something that happened (placed, shipped, refused, disabled), so that each
 * filter has rows on both sides.
 */

import { createServer } from 'node:http'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

import { ADDRESS, AMERICAN_ADDRESS, approved, payable, placed, sold } from './orders.mjs'

const PROMOTIONS = ['fixed_amount_promotions', 'free_shipping_promotions', 'percentage_discount_promotions']

/** Types that are switched off by a trigger. */
const SWITCHED = [
  ...PROMOTIONS, 'external_gateways', 'klarna_gateways', 'manual_gateways', 'markets', 'payment_methods', 'shipping_methods',
  'webhooks',
]

/** Types whose rows follow from others, and still carry the caller's own data. */
const NOTED = ['authorizations', 'captures', 'events', 'refunds', 'shipments', 'stock_line_items', 'voids']

const FAR = ['2041-01-01T00:00:00.000Z', '2041-01-02T00:00:00.000Z']

/** How long what runs in the background may take. */
const PATIENCE_MS = 30_000

/** How far ahead a run is planned. */
const SOON_MS = 1_000

/** The steps, in the order in which they need each other; each takes the client, the demo's rows and the seed. */
export const STEPS = {
  people, catalogue, money, promotions, shipping, stock, bank, klarna, refusals, renewals, switches, webhooks, notes,
}

/** New rows of a type, each with its attributes beside what it needs. */
async function several(shop, type, attributes) {
  const rows = []
  for (const own of attributes) rows.push(await shop.seed.make(type, 1, own))
  return rows
}

async function people(shop) {
  const { client, seed } = shop
  for (const company of ['Acme', 'Umbrella']) await client.addresses.create({ ...ADDRESS, business: true, company })
  const { zip_code: _, state_code: __, ...nowhere } = ADDRESS
  await client.addresses.create({ ...nowhere, city: 'Dubai', country_code: 'AE' })
  for (const index of [0, 1]) {
    const reset = await seed.make('customer_password_resets', index)
    const { reset_password_token: token } = await client.customer_password_resets.retrieve(reset.id)
    await client.customer_password_resets.update({
      id: reset.id, customer_password: 'a new password', _reset_password_token: token,
    })
  }
}

async function catalogue(shop) {
  const { client, seed } = shop
  await several(shop, 'inventory_models', [{ strategy: 'split_shipments' }, { strategy: 'ship_from_primary' }])
  await several(shop, 'subscription_models', [{ strategy: 'by_line_items' }])
  await several(shop, 'sku_lists', [{ manual: false, sku_code_regex: '^TEA' }])
  for (const type of ['prices', 'price_lists']) {
    await several(shop, type, [{ rules: { seed: 1 } }, { rules: { seed: 2 } }])
  }
  await several(shop, 'payment_options', [{ payment_source_type: 'klarna_payments', data: {} }])
  const list = await client.sku_lists.create({ name: 'Digital' })
  const sku = await seed.make('skus', 1, { do_not_ship: true, do_not_track: true })
  await client.sku_list_items.create({
    sku_list: client.sku_lists.relationship(list.id), sku: client.skus.relationship(sku.id), quantity: 1,
  })
  await seed.make('bundles', 1, { sku_list: client.sku_lists.relationship(list.id) })
}

/** Cards, options and amounts that no plain order has. */
async function money(shop) {
  const { client, seed } = shop
  const cards = await several(shop, 'gift_cards', [500, 700, 900].map((cents) => (
    { currency_code: 'EUR', balance_cents: cents, balance_max_cents: 100 * cents })))
  let order
  for (const [index, { id, code }] of cards.entries()) {
    await client.gift_cards.update({ id, _purchase: true })
    if (index === 0) continue
    await client.gift_cards.update({ id, _activate: true })
    order = await payable(shop, 'wire_transfers')
    await client.orders.update({ id: order.id, gift_card_code: code })
  }
  const own = client.orders.relationship(order.id)
  const adjustment = await client.adjustments.create({ name: 'Courtesy', currency_code: 'EUR', amount_cents: -100 })
  await client.line_items.create({ order: own, item: client.adjustments.relationship(adjustment.id), quantity: 1 })
  for (const [index, compare] of [2500, 2600].entries()) {
    const line = await client.line_items.create({
      order: own, sku_code: shop.skus[index + 1], quantity: 1, compare_at_amount_cents: compare,
    })
    const option = await seed.make('sku_options', 1, {
      market: client.markets.relationship(shop.market), currency_code: 'EUR', price_amount_cents: 150 + index,
      delay_hours: 24 * index + 30,
    })
    await client.line_item_options.create({
      line_item: client.line_items.relationship(line.id), sku_option: client.sku_options.relationship(option.id),
      quantity: 1, options: { text: `ribbon ${index}` },
    })
  }
  for (const expires_at of FAR) {
    const later = await payable(shop, 'wire_transfers')
    await client.orders.update({ id: later.id, expires_at })
    await client.orders.update({ id: later.id, _archive: true })
  }
}

/** Promotions that were used, some as often as they may be. */
async function promotions(shop) {
  const { client, seed } = shop
  const { coupon_codes_promotion_rules: rules } = client
  const alone = { exclusive: true, priority: 1, total_usage_limit: 1, currency_code: 'EUR' }
  for (const [index, type] of PROMOTIONS.entries()) {
    const promotion = await seed.make(type, 1, alone)
    const rule = await rules.create({ promotion: client[type].relationship(promotion.id) })
    const code = `USED-${index}-${type}`
    await client.coupons.create({ code, promotion_rule: rules.relationship(rule.id), usage_limit: 5 })
    await placed(shop, { order: { coupon_code: code } })
  }
}

/** Shipments on each step of their way, by a way that costs something else. */
async function shipping(shop) {
  const { client } = shop
  const steps = ['_on_hold', '_picking', '_packing', '_ready_to_ship', '_ship', '_deliver']
  for (const method of ['Standard Shipping', 'Express Delivery EU']) {
    const order = await placed(shop, { method, line: { sku_code: shop.skus[2] } })
    await client.orders.update({ id: order.id, _approve: true })
    await client.orders.update({ id: order.id, _capture: true })
    for (const step of steps) await client.shipments.update({ id: order.shipments[0].id, [step]: true })
  }
}

/** Goods on their way between two places, and goods that are held. */
async function stock(shop) {
  const { client, seed } = shop
  const ends = ['_complete', '_cancel']
  const [sku] = await client.skus.list({ filters: { code_eq: shop.sku } })
  for (const end of [...ends, ...ends]) {
    const { id } = await seed.make('stock_transfers', 1, { quantity: 1, sku: client.skus.relationship(sku.id) })
    for (const step of ['_upcoming', '_on_hold', '_picking', '_in_transit', end]) {
      await client.stock_transfers.update({ id, [step]: true })
    }
  }
  const held = await seed.make('stock_reservations', 1)
  await client.stock_reservations.update({ id: held.id, _pending: true })
}

/** Money in other currencies, under other taxes, and a way to pay that costs. */
async function bank(shop) {
  const { client } = shop
  const american = { market: shop.markets.US, address: AMERICAN_ADDRESS, line: { sku_code: shop.skus[2], quantity: 2 } }
  for (const capture of [false, true]) await sold(shop, capture, american)
  const manual = await client.manual_gateways.create({ name: 'Cash desk' })
  const dear = await client.payment_methods.create({
    name: 'Cash', payment_source_type: 'wire_transfers', currency_code: 'EUR', price_amount_cents: 250,
    market: client.markets.relationship(shop.market), payment_gateway: client.manual_gateways.relationship(manual.id),
  })
  await placed(shop, { way: dear.id })
  const paid = await placed(shop)
  await client.orders.update({ id: paid.id, _approve: true })
  await client.orders.update({ id: paid.id, _capture: true })
  const abroad = await payable(shop, 'wire_transfers', american)
  const { line_items: lines } = await client.orders.retrieve(abroad.id, { include: ['line_items'] })
  const option = await shop.seed.make('sku_options', 1, {
    market: client.markets.relationship(shop.markets.US), currency_code: 'USD', price_amount_cents: 160,
    delay_hours: 72,
  })
  await client.line_item_options.create({
    line_item: client.line_items.relationship(lines.find(({ item_type: kind }) => kind === 'skus').id),
    sku_option: client.sku_options.relationship(option.id), quantity: 1, options: { text: 'ribbon' },
  })
}

/** What Klarna did: its ids stand on every kind of transaction. */
async function klarna(shop) {
  const { client } = shop
  for (const quantity of [1, 2]) {
    const kept = await approved(shop, { line: { quantity } })
    await client.orders.update({ id: kept.id, _place: true })
    await client.orders.update({ id: kept.id, _approve: true })
    await client.orders.update({ id: kept.id, _capture: true })
    await client.orders.update({ id: kept.id, _refund: true })
    const given = await approved(shop, { line: { quantity } })
    await client.orders.update({ id: given.id, _place: true })
    await client.orders.update({ id: given.id, _cancel: true })
  }
  const outgrown = await approved(shop)
  await client.orders.update({ id: outgrown.id, autorefresh: false })
  const line = { order: client.orders.relationship(outgrown.id), sku_code: shop.skus[1], quantity: 3 }
  await client.line_items.create(line)
}

/** What Klarna refused: somebody was there before, by Klarna's own portal. */
async function refusals(shop) {
  const { client, sandbox } = shop
  const refused = async (work) => {
    try {
      await work()
    } catch (error) {
      if (error.status === 422) return
      throw error
    }
    throw new Error('nothing was refused')
  }
  const withdrawn = await approved(shop)
  await sandbox.remove(`/payments/v1/authorizations/${withdrawn.token}`)
  await refused(() => client.orders.update({ id: withdrawn.id, _place: true }))
  for (const status of [403, 400]) {
    const order = await approved(shop)
    await sandbox.post('/sandbox/v1/faults', { kind: 'error_sticks', status })
    await refused(() => client.orders.update({ id: order.id, _place: true }))
  }
  const bought = async (quantity) => {
    const order = await approved(shop, { line: { quantity } })
    const include = ['authorizations']
    const { authorizations: [row] } = await client.orders.update({ id: order.id, _place: true }, { include })
    await client.orders.update({ id: order.id, _approve: true })
    const klarna = `/ordermanagement/v1/orders/${row.gateway_transaction_id}`
    return { id: order.id, klarna, amount: row.amount_cents }
  }
  for (const quantity of [1, 2]) {
    const cancelled = await bought(quantity)
    await sandbox.post(`${cancelled.klarna}/cancel`)
    await refused(() => client.orders.update({ id: cancelled.id, _capture: true }))
    const captured = await bought(quantity)
    await sandbox.post(`${captured.klarna}/captures`, { captured_amount: captured.amount })
    await refused(() => client.orders.update({ id: captured.id, _cancel: true }))
    const refunded = await bought(quantity)
    await client.orders.update({ id: refunded.id, _capture: true })
    await sandbox.post(`${refunded.klarna}/refunds`, { refunded_amount: refunded.amount })
    await refused(() => client.orders.update({ id: refunded.id, _refund: true }))
  }
}

/** Subscriptions of two customers: one that ran again, one whose goods were gone, one that ended, one by hand. */
async function renewals(shop) {
  const { client, seed } = shop
  const model = await seed.make('subscription_models', 1, { strategy: 'by_frequency', auto_activate: true })
  await client.markets.update({
    id: shop.market, subscription_model: client.subscription_models.relationship(model.id),
  })
  const subscribed = []
  for (const sku_code of [shop.skus[0], shop.skus[3], shop.skus[0]]) {
    const customer = await seed.make('customers', 1)
    const order = await placed(shop, {
      order: { customer: client.customers.relationship(customer.id) }, line: { sku_code, frequency: 'monthly' },
    })
    await client.orders.update({ id: order.id, _approve: true })
    let own
    await until(async () => {
      own = await client.orders.retrieve(order.id, { include: ['order_subscriptions'] })
      return own.order_subscriptions.length > 0
    }, 'a placed order made no subscription')
    subscribed.push(own.order_subscriptions[0].id)
  }
  const [, , ended] = subscribed
  const buyer = await seed.make('customers', 1)
  const kept = await approved(shop, {
    order: { customer: client.customers.relationship(buyer.id) }, line: { frequency: 'monthly' },
  })
  await client.orders.update({ id: kept.id, _place: true })
  await client.orders.update({ id: kept.id, _save_payment_source_to_customer_wallet: true })
  for (const [index, expires_at] of FAR.entries()) {
    await client.order_subscriptions.update({ id: subscribed[index], expires_at })
  }
  await client.order_subscriptions.update({ id: ended, _cancel: true })
  const gone = await client.stock_items.list({ filters: { sku_code_eq: shop.skus[3] } })
  for (const { id } of gone) await client.stock_items.update({ id, quantity: 0 })
  for (const id of subscribed.slice(0, 2)) {
    await client.order_subscriptions.update({ id, next_run_at: new Date(Date.now() + SOON_MS).toISOString() })
  }
  const ran = async () => {
    const rows = await client.order_subscriptions.list({ filters: { id_in: subscribed.slice(0, 2).join(',') } })
    return rows.every(({ occurrencies, errors_count: errors }) => occurrencies > 1 || errors > 0)
  }
  await until(ran, 'no subscription ran')
}

async function switches(shop) {
  for (const type of SWITCHED) {
    for (const { id } of await several(shop, type, [{}, {}])) await shop.client[type].update({ id, _disable: true })
  }
}

/** The caller's own data on rows that follow from others. */
async function notes(shop) {
  for (const type of NOTED) {
    const rows = await shop.client[type].list({ pageSize: 2, sort: { id: 'asc' } })
    for (const [index, { id }] of rows.entries()) {
      const note = { reference: `reference ${index}`, reference_origin: `origin ${index}` }
      await shop.client[type].update({ id, ...note, metadata: { seed: index } })
    }
  }
}

/** Webhooks that are answered; that of the seed which was told of every order has failed until its circuit opened. */
async function webhooks(shop) {
  const { client, seed } = shop
  const receiver = createServer((request, answer) => {
    request.resume()
    answer.statusCode = Number(request.url.slice(1))
    answer.end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${receiver.address().port}`
  try {
    await several(shop, 'webhooks', ['200', '410'].map((status) => (
      { topic: 'sku_options.create', callback_url: `${url}/${status}`, include_resources: [] })))
    await seed.make('sku_options', 1)
    const answered = { filters: { response_code_present: true } }
    const told = async () => (await client.event_callbacks.list(answered)).length > 1
    await until(told, 'no webhook was answered')
  } finally {
    receiver.closeAllConnections()
    receiver.close()
  }
  const open = async () => (await client.webhooks.list({ filters: { circuit_state_eq: 'open' } })).length > 0
  await until(open, 'the circuit of a webhook that fails stays closed')
}

/** Waits until something holds. */
async function until(holds, otherwise) {
  for (let waited = 0; !(await holds()); waited += 100) {
    if (waited > PATIENCE_MS) throw new Error(otherwise)
    await wait(100)
  }
}
