/**
 * Makes rows of any type from its description: values by type and name, what must exist before, and what the rules of a
 * type ask for beyond its description.
 */

/** Attributes that are not filled in: they act, or they only go with something else. */
const LEFT_OUT = {
  addresses: ['business', 'company'],
  gift_cards: ['balance_max_cents'],
  line_items: ['bundle_code', 'item_type', 'unit_amount_cents', 'compare_at_amount_cents', 'frequency'],
  line_item_options: ['unit_amount_cents'],
  order_subscription_items: ['bundle_code', 'sku_code'],
  order_subscriptions: ['expires_at'],
  orders: [
    'coupon_code', 'gift_card_code', 'gift_card_or_coupon_code', 'customer_password', 'shipping_country_code_lock',
    'expires_at', 'expiration_info',
  ],
  prices: ['sku_code', 'rules'],
  price_lists: ['rules'],
  sku_list_items: ['sku_code'],
  sku_options: ['sku_code_regex'],
  sku_lists: ['manual', 'sku_code_regex'],
  stock_items: ['sku_code'],
  stock_line_items: ['sku_code'],
  stock_transfers: ['sku_code'],
  tax_categories: ['sku_code'],
}

/** Relationships whose row is made anew each time, because a pair may exist once. */
const FRESH = {
  coupon_codes_promotion_rules: ['promotion'],
  customer_addresses: ['address'],
  delivery_lead_times: ['shipping_method'],
  inventory_stock_locations: ['stock_location'],
  order_amount_promotion_rules: ['promotion'],
  prices: ['sku'],
  sku_list_items: ['sku'],
  sku_list_promotion_rules: ['promotion'],
  tax_categories: ['sku'],
}

/** Where a relationship may lead to several types, the one that is taken. */
const TARGETS = {
  'external_payments.payment_gateway': 'external_gateways',
  'order_subscription_items.item': 'skus',
  'payment_methods.payment_gateway': 'manual_gateways',
  'tax_categories.tax_calculator': 'manual_tax_calculators',
}

/** Types whose rows follow from others and are refused with 423 when they are made by hand. */
export const FOLLOWING = ['shipments', 'stock_line_items']

const DAY_MS = 86_400_000

export class Seed {
  /**
   * @param {object} client of the library, with every right
   * @param {object} facts every type by its name
   * @param {object} shop ready rows of the demo
   */
  constructor(client, facts, shop) {
    this.client = client
    this.facts = facts
    this.shop = shop
    this.made = 0
    this.first = new Map()
  }

  /** The row that others may refer to. */
  async base(type) {
    if (!this.first.has(type)) this.first.set(type, this.make(type, 0))
    return this.first.get(type)
  }

  /** A new row; rows of different `index` differ in every attribute, the fourth has only what it must have. */
  async make(type, index, own = {}) {
    const body = { ...await this.attributes(type, index), ...await this.relationships(type) }
    return this.client[type].create({ ...body, ...await this.special(type, index), ...own })
  }

  async attributes(type, index) {
    this.made += 1
    const body = {}
    for (const [name, facts] of Object.entries(this.facts[type].attributes)) {
      const must = facts.required_on_create === true
      const left = LEFT_OUT[type]?.includes(name) || facts.derived_money
      if (!facts.create || left || (index === 3 && !must && !needed(facts))) continue
      body[name] = this.value(type, name, facts, index)
    }
    return body
  }

  /** A value that fits the name and the type. */
  value(type, name, facts, index) {
    const unique = `${index}${this.made}`
    if (type === 'klarna_gateways' && name === 'country_code') return ['EU', 'US', 'OC'][index % 3]
    if (facts.enum) {
      const served = name === 'payment_source_type' ? ['wire_transfers'] : facts.enum
      return served[index % served.length]
    }
    switch (facts.type) {
      case 'boolean': return index % 2 === 0
      case 'integer': return whole(name, index, this.made)
      case 'float': return 1.5 * (index + 1)
      case 'datetime': return moment(name, index)
      case 'object': return { seed: index, kind: type }
      case 'array': return arrayOf(name)
    }
    return text(name, index, unique)
  }

  async relationships(type) {
    const body = {}
    for (const [name, facts] of Object.entries(this.facts[type].relationships)) {
      if (!facts.create || !facts.required_on_create) continue
      const target = TARGETS[`${type}.${name}`] ?? this.targetOf(facts)
      const row = await this.related(type, name, target)
      body[name] = this.client[row.type].relationship(row.id)
    }
    return body
  }

  /** The first type that rows can be made of. */
  targetOf(facts) {
    const served = facts.targets.filter((type) => this.facts[type])
    const made = served.find((type) => this.facts[type].verbs.includes('create'))
    return made ?? this.facts[served[0]].concrete[0]
  }

  /** The row that a relationship of a new row leads to. */
  async related(type, name, target) {
    if (target === 'shipments') return this.shop.shipment()
    if (target === 'orders') return this.shop.payable(type)
    return FRESH[type]?.includes(name) ? this.make(target, this.made % 3) : this.base(target)
  }

  /** What the rules of a type ask for beyond its description. */
  async special(type, index) {
    const market = this.client.markets.relationship(this.shop.market)
    switch (type) {
      case 'orders': return { market }
      case 'line_items': return { sku_code: this.shop.sku, quantity: index + 1 }
      case 'line_item_options': return { quantity: index + 1, options: { text: `engraving ${index}` } }
      case 'customer_password_resets': return { customer_email: (await this.make('customers', index)).email }
      case 'stock_items': return { sku: this.client.skus.relationship((await this.make('skus', index)).id) }
      case 'bundles': return { market, price_amount_cents: 1000 + index }
      case 'stock_reservations': return { quantity: index + 1 }
      case 'stock_transfers': return this.transfer()
      case 'order_subscription_items': return this.priced()
      case 'recurring_order_copies': return this.sourceOfSubscription()
      default: return {}
    }
  }

  /** What a subscription sells has a price in its market. */
  async priced() {
    const [sku] = await this.client.skus.list({ filters: { code_eq: this.shop.sku } })
    return { item: this.client.skus.relationship(sku.id) }
  }

  /** A subscription copies its own source order. */
  async sourceOfSubscription() {
    const { id } = await this.base('order_subscriptions')
    const { source_order: source } = await this.client.order_subscriptions.retrieve(id, { include: ['source_order'] })
    return { source_order: this.client.orders.relationship(source.id) }
  }

  /** Goods move between two different places. */
  async transfer() {
    const [from, to] = this.shop.places
    return {
      origin_stock_location: this.client.stock_locations.relationship(from),
      destination_stock_location: this.client.stock_locations.relationship(to),
    }
  }
}

/** Whether an attribute is asked for under a condition that our rows meet. */
function needed(facts) {
  return typeof facts.required_on_create === 'object'
}

/** Hours lie in two spans that never meet, a percentage is one. */
function whole(name, index, made) {
  if (name === 'percentage' || name === 'min_hours') return 10 + index
  if (name === 'max_hours') return 50 + index
  return 100 * (index + 1) + (made % 50)
}

function moment(name, index) {
  const start = name === 'starts_at' ? Date.UTC(2024, 0, 1) : Date.UTC(2040, 0, 1)
  return new Date(start + index * DAY_MS).toISOString()
}

function arrayOf(name) {
  if (name === 'frequencies') return ['weekly', 'monthly']
  if (name === 'include_resources' || name === 'external_includes') return ['customer']
  return ['one', 'two']
}

function text(name, index, unique) {
  if (name === 'email' || name.endsWith('_email')) return `seed${unique}@example.com`
  // Nobody listens there, so deliveries fail at once.
  if (name === 'callback_url') return `http://127.0.0.1:1024/${unique}`
  if (name.endsWith('_url') || name === 'url') return `https://example.com/${unique}`
  if (name.endsWith('_regex')) return `^K${unique}`
  if (name === 'currency_code') return ['EUR', 'USD', 'GBP', 'EUR'][index]
  if (name.startsWith('shipping_country') || name === 'country_code') return ['DE', 'FR', 'IT', 'DE'][index]
  if (name === 'language_code') return ['en', 'de', 'fr', 'en'][index]
  if (name === 'topic') return ['orders.place', 'orders.cancel', 'orders.create', 'orders.approve'][index]
  if (name === 'strategy') return undefined
  if (name === 'frequency') return ['weekly', 'monthly', 'yearly', 'weekly'][index]
  if (name === 'unit_of_length') return ['cm', 'in', 'mm', 'cm'][index]
  if (name === 'state_code') return ['BE', 'BY', 'HH', 'BE'][index]
  return `${'abc'[index] ?? 'd'}-${name}-${unique}`
}
