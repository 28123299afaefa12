/**
 * Every verb of every type, through one version of the published client library: what to try is read from the descriptors
 * that serve it, what to expect is worked out here.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { authenticate } from '@commercelayer/js-auth'

import { startDemo } from './demo.mjs'
import { startFront } from './front.mjs'
import { ONE_SIDED, entryFor, excuses, shapeOf } from './one-sided.mjs'
import { payable, sold } from './orders.mjs'
import { candidates, passes, predicatesFor } from './predicates.mjs'
import { sandboxOf } from './sandbox.mjs'
import { FOLLOWING, Seed } from './seed.mjs'
import { STEPS } from './states.mjs'

const PAGE = 25

/** Requests that are under way at once. */
const AT_ONCE = 8

/**
 * Attributes whose update is a story of its own: codes that choose another row, amounts that follow the price list while an
 * order refreshes itself.
 */
const NOT_UPDATED = {
  addresses: ['business'],
  customers: ['password'],
  customer_password_resets: ['customer_password'],
  gift_cards: ['balance_max_cents'],
  inventory_models: ['strategy'],
  klarna_payments: ['auth_token'],
  line_item_options: ['unit_amount_cents'],
  line_items: ['bundle_code', 'sku_code', 'options_amount_cents', 'compare_at_amount_cents'],
  orders: ['coupon_code', 'gift_card_code', 'gift_card_or_coupon_code', 'customer_password'],
  order_subscriptions: ['next_run_at', 'starts_at', 'expires_at'],
  order_subscription_items: ['bundle_code', 'sku_code'],
  payment_methods: ['payment_source_type'],
  prices: ['sku_code'],
  shipping_methods: ['scheme'],
  sku_list_items: ['sku_code'],
  sku_lists: ['manual', 'sku_code_regex'],
  stock_items: ['sku_code'],
  stock_line_items: ['sku_code'],
  stock_reservations: ['quantity'],
  stock_transfers: ['sku_code'],
  subscription_models: ['strategy'],
  tax_categories: ['sku_code'],
}

/**
 * @param {string} title what the library calls itself
 * @param {(options: object) => object} CommerceLayer the library's way to make a client
 */
export async function tryEveryVerb(title, CommerceLayer) {
  const shop = { count: { assertions: 0, filters: 0, told: 0 }, excused: new Set() }
  const demo = await startDemo()
  shop.facts = (await (await fetch(new URL('/resources.json', demo.ready.gateway_url))).json()).resources
  describe(`every verb by ${title}`, { timeout: 900_000 }, () => {
    before(async () => {
      shop.front = await startFront(demo.ready, { forwardedHost: true })
      await open(shop, demo.ready, CommerceLayer)
    })
    after(async () => {
      await shop.front?.stop()
      await demo.stop()
      const { assertions, filters, told } = shop.count
      console.log(`${title}: ${assertions} assertions, ${filters} filters, ${told} of them with rows on both sides`)
    })
    const types = Object.keys(shop.facts)
    const client = CommerceLayer({ organization: demo.ready.organization, accessToken: 'none' })
    for (const type of types) {
      const { verbs, singleton } = shop.facts[type]
      if (verbs.includes('create')) test(`${type}: create`, () => create(shop, type))
      if (singleton) test(`${type}: retrieve`, () => retrieveSingleton(shop, type))
    }
    for (const [step, make] of Object.entries(STEPS)) test(`rows in every state: ${step}`, () => make(shop))
    for (const type of types.filter((name) => !shop.facts[name].singleton)) {
      if (!client[type]) {
        test(`${type}: the library does not know it`, () => {})
        continue
      }
      test(`${type}: list, retrieve and fieldsets`, () => read(shop, type))
      test(`${type}: each filter`, () => filters(shop, type))
      test(`${type}: each sort`, () => sorts(shop, type))
      test(`${type}: each relationship`, () => includes(shop, type))
    }
    test('one-sided.mjs speaks of attributes that are filtered by, and of no others', () => {
      const listed = ONE_SIDED.flatMap((entry) => entry.types.filter((type) => client[type]).flatMap((type) => (
        entry.attributes.map((name) => `${type}.${name}`))))
      assert.deepEqual(listed.filter((name) => !shop.excused.has(name)), [])
    })
    for (const type of types) {
      const { verbs } = shop.facts[type]
      if (verbs.includes('update')) test(`${type}: update`, () => update(shop, type))
    }
    for (const type of types.toReversed()) {
      if (shop.facts[type].verbs.includes('delete')) test(`${type}: delete`, () => remove(shop, type))
    }
  })
}

async function open(shop, ready, CommerceLayer) {
  const { domain, integration } = ready
  const token = await authenticate('client_credentials', {
    domain, clientId: integration.client_id, clientSecret: integration.client_secret,
  })
  shop.client = CommerceLayer({ accessToken: token.accessToken })
  shop.rows = new Map()
  const { client } = shop
  shop.market = ready.markets.EU
  shop.sku = ready.skus[0]
  const places = await client.stock_locations.list({ pageSize: PAGE })
  shop.places = places.map(({ id }) => id)
  shop.markets = ready.markets
  shop.skus = ready.skus
  shop.sandbox = sandboxOf(ready)
  shop.gateway = ready.gateway_url
  shop.payable = (type) => payable(shop, type)
  shop.shipment = async () => (await payable(shop, 'wire_transfers')).shipments[0]
  shop.seed = new Seed(client, shop.facts, shop)
  for (const capture of [false, true]) await sold(shop, capture)
}

/** An assertion that is counted. */
function check(shop, holds, message) {
  shop.count.assertions += 1
  assert.ok(holds, message)
}

async function create(shop, type) {
  if (FOLLOWING.includes(type)) {
    const body = await shop.seed.attributes(type, 0)
    await assert.rejects(shop.client[type].create(body), ({ status }) => status === 423)
    shop.count.assertions += 1
    return
  }
  const rows = []
  for (const index of [0, 1, 2, 3]) {
    rows.push(index === 0 ? await shop.seed.base(type) : await shop.seed.make(type, index))
  }
  for (const row of rows) check(shop, row.type === type && row.id, type)
  shop.rows.set(type, rows)
}

async function retrieveSingleton(shop, type) {
  const row = await shop.client[shop.facts[type].id].retrieve()
  check(shop, row.type === type, type)
  for (const [name, facts] of Object.entries(shop.facts[type].attributes)) {
    if (facts.read) check(shop, row[name] !== undefined, `${type}.${name} is present`)
  }
}

/** Every row of a type, page by page. */
async function all(shop, type, query = {}) {
  const rows = []
  for (let page = 1; ; page += 1) {
    const found = await shop.client[type].list({ sort: { id: 'asc' }, ...query, pageSize: PAGE, pageNumber: page })
    rows.push(...found)
    if (page >= found.meta.pageCount) return rows
  }
}

/** Logs: they grow by themselves whenever a delivery is made or tried once more. */
const LOGS = ['events', 'event_callbacks']

/** Does the work over all rows of a type; once more where a log has grown meanwhile. */
async function over(shop, type, work) {
  for (let attempt = 1; ; attempt += 1) {
    const rows = await all(shop, type)
    try {
      return await work(rows)
    } catch (error) {
      const same = async () => named(await all(shop, type)) === named(rows)
      if (attempt === 3 || !LOGS.includes(type) || (await same())) throw error
    }
  }
}

function named(rows) {
  return rows.map(({ id }) => id).join()
}

async function read(shop, type) {
  await over(shop, type, (rows) => readAll(shop, type, rows))
}

async function readAll(shop, type, rows) {
  check(shop, new Set(rows.map(({ id }) => id)).size === rows.length, `${type}: each row once`)
  const [row] = rows
  if (!row) return
  const facts = shop.facts[type]
  const one = await shop.client[type].retrieve(row.id)
  const own = shop.facts[one.type] ?? facts
  for (const [name, { read: shown }] of Object.entries(own.attributes)) {
    if (shown) check(shop, one[name] !== undefined, `${type}.${name} is present`)
    else check(shop, one[name] === undefined, `${type}.${name} is not shown`)
  }
  const [name] = Object.entries(facts.attributes).find(([, found]) => found.read)
  const cut = await shop.client[type].retrieve(row.id, { fields: { [one.type]: [name] } })
  const others = Object.keys(own.attributes).filter((other) => other !== name)
  check(shop, others.every((other) => cut[other] === undefined), `${type} is cut to ${name}`)
}

/** Does the work for each item, some at once. */
async function each(items, work) {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function filters(shop, type) {
  await over(shop, type, (rows) => filterAll(shop, type, rows))
}

async function filterAll(shop, type, rows) {
  const { asked, wrong } = questions(shop, type, rows)
  await each(asked, async ({ name, predicate, value, expected, told }) => {
    const key = `${name}_${predicate}`
    const query = { filters: { [key]: written(value) }, fields: { [type]: ['id'] } }
    const found = await shop.client[type].list({ ...query, sort: { id: 'asc' }, pageSize: PAGE })
    const sent = { count: found.meta.recordCount, ids: Array.from(found, ({ id }) => id) }
    shop.count.filters += 1
    if (told) shop.count.told += 1
    shop.count.assertions += 1
    const wanted = { count: expected.length, ids: expected.slice(0, PAGE) }
    assert.deepEqual(sent, wanted, `${type}: ${key}=${JSON.stringify(value)} of ${rows.length}`)
  })
  assert.deepEqual(wrong, [], `${type}: each filter tells rows apart, or stands in one-sided.mjs`)
}

/** Every filter of a type with what to ask it, and those that do not tell rows apart though nothing excuses them. */
function questions(shop, type, rows) {
  const asked = []
  const wrong = []
  const filterable = Object.entries(shop.facts[type].attributes).filter(([, facts]) => facts.filter)
  for (const [name, facts] of filterable) {
    const lie = rows.map((row) => row[name] ?? null)
    const entry = entryFor(type, name, facts)
    if (entry && misfits(entry, lie)) wrong.push(`${name} is listed as ${entry.shape}, and is ${shapeOf(lie)}`)
    if (entry) shop.excused.add(`${type}.${name}`)
    const values = distinct(lie)
    for (const predicate of predicatesFor(facts.type)) {
      const question = telling(predicate, facts, values, rows, name)
      if (question.value !== undefined) asked.push({ ...question, name, predicate })
      if (!question.told && !excuses(entry, predicate)) wrong.push(`${name}_${predicate}`)
    }
  }
  return { asked, wrong }
}

/** Whether rows are not alike in the way that an entry says. `filled` may be the same everywhere, which excuses nothing. */
function misfits(entry, values) {
  const shape = shapeOf(values)
  return entry.shape === 'filled' ? !['filled', 'same'].includes(shape) : shape !== entry.shape
}

/** What to ask, which rows are expected, and whether some are and some are not. */
function telling(predicate, facts, values, rows, name) {
  let first
  for (const value of candidates(predicate, values)) {
    const expected = rows.filter((row) => passes(predicate, facts.type, row[name], value)).map(({ id }) => id)
    const told = expected.length > 0 && expected.length < rows.length
    const question = { value, expected, told }
    if (told) return question
    first ??= question
  }
  return first ?? { told: false }
}

function written(value) {
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Values that are not null, each once, smallest first. */
function distinct(values) {
  const known = new Map()
  for (const value of values) {
    const usable = typeof value !== 'string' || (value !== '' && !value.includes(','))
    if (value !== null && usable) known.set(JSON.stringify(value), value)
  }
  const found = [...known.values()].filter((value) => typeof value !== 'object' || Object.keys(value).length > 0)
  return found.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
}

async function sorts(shop, type) {
  const sortable = Object.entries(shop.facts[type].attributes)
    .filter(([, facts]) => facts.sort && !facts.computed)
  // Rows of a type that stands for several are cut by their own name, which the query cannot say.
  const cut = (name) => (shop.facts[type].concrete.length > 0 ? {} : { fields: { [type]: [name] } })
  await each(sortable, async ([name]) => {
    for (const direction of ['asc', 'desc']) {
      const rows = await all(shop, type, { sort: { [name]: direction }, ...cut(name) })
      const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined)
      const sign = direction === 'asc' ? 1 : -1
      const ordered = values.every((value, at) => at === 0 || sign * order(values[at - 1], value) <= 0)
      check(shop, ordered, `${type} by ${name} ${direction}: ${values.slice(0, 8)}`)
    }
  })
}

function order(left, right) {
  return left < right ? -1 : left > right ? 1 : 0
}

async function includes(shop, type) {
  const found = await shop.client[type].list({ pageSize: 1 })
  const [row] = shop.rows.get(type) ?? found
  if (!row) return
  const relationships = Object.entries(shop.facts[type].relationships).filter(([, facts]) => facts.include)
  await each(relationships, async ([name, facts]) => {
    const one = await shop.client[type].retrieve(row.id, { include: [name] })
    const value = one[name]
    const many = facts.cardinality === 'to_many'
    check(shop, value !== undefined, `${type}.${name} is included`)
    check(shop, many ? Array.isArray(value) : value === null || typeof value === 'object', `${type}.${name}`)
    const targets = facts.targets.flatMap((kind) => [kind, ...shop.facts[kind]?.concrete ?? []])
    for (const target of many ? value : [value].filter(Boolean)) {
      check(shop, targets.includes(target.type), `${type}.${name} leads to ${target.type}`)
    }
    if (facts.required_on_create && one.type === type) check(shop, many || value, `${type}.${name} leads somewhere`)
  })
}

async function update(shop, type) {
  const row = shop.rows.get(type)?.[2]
  if (!row) return
  for (const [name, facts] of Object.entries(shop.facts[type].attributes)) {
    if (!facts.update || NOT_UPDATED[type]?.includes(name)) continue
    const value = shop.seed.value(type, name, facts, 1)
    if (value === undefined) continue
    const changed = await shop.client[type].update({ id: row.id, [name]: value })
    shop.count.assertions += 1
    if (facts.read) assert.deepEqual(changed[name], value, `${type}.${name}`)
  }
}

async function remove(shop, type) {
  // Orders refer to the promotions that lowered them.
  const row = type.endsWith('_promotions') ? await shop.seed.make(type, 3) : shop.rows.get(type)?.[3]
  if (!row) return
  await shop.client[type].delete(row.id)
  await assert.rejects(shop.client[type].retrieve(row.id), ({ status }) => status === 404)
  shop.count.assertions += 1
}
