/**
 * Attributes whose rows are alike in this test, so that some filters on them cannot tell rows apart; each with the
 * reason.
 *
 * Invariant: an entry says how the rows are alike, and the test holds it to that. One that is not so any more fails, and
 * so does one that speaks of nothing.
 */

// How the values of an attribute may lie (`shape`):
// - never: no row has a value
// - one: the rows that have a value have the same, and some have none
// - same: every row has the same value
// - filled: every row has a value, and not all have the same

/** Predicates that ask whether there is a value: all that a `filled` attribute is excused. */
const WHETHER = ['null', 'not_null', 'present', 'blank']

/** What is known of an attribute before any row is: `filled`, from the descriptors. */
const NEVER_NULL = { shape: 'filled', why: 'the descriptor says that it is never null, or has a default' }

const TRANSACTIONS = ['authorizations', 'captures', 'refunds', 'transactions', 'voids']
const PROMOTIONS = [
  'fixed_amount_promotions', 'free_shipping_promotions', 'percentage_discount_promotions', 'promotions',
]
const COPIES = ['order_copies', 'order_factories', 'recurring_order_copies']

export const ONE_SIDED = [
  {
    types: [...TRANSACTIONS, 'orders'], attributes: ['token'], shape: 'filled',
    why: 'each is made with one',
  },
  {
    types: ['bundles'], attributes: ['do_not_ship', 'do_not_track', 'price_amount_cents'], shape: 'filled',
    why: 'worked out from the list of the bundle where it is not sent',
  },
  {
    types: ['bundles', 'gift_cards', 'payment_methods', 'shipping_methods', 'sku_options'],
    attributes: ['currency_code'], shape: 'filled',
    why: 'inherited from the market where it is not sent',
  },
  {
    types: PROMOTIONS, attributes: ['total_usage_count', 'total_usage_reached'], shape: 'filled',
    why: 'counted from nought',
  },
  {
    types: ['coupons'], attributes: ['usage_count'], shape: 'filled',
    why: 'counted from nought',
  },
  {
    types: ['customers'], attributes: ['total_orders_count'], shape: 'filled',
    why: 'counted from nought',
  },
  {
    types: ['customers'], attributes: ['anonymization_status'], shape: 'never',
    why: 'anonymization is not served: its triggers are refused by name',
  },
  {
    types: ['delivery_lead_times'], attributes: ['min_days', 'max_days'], shape: 'filled',
    why: 'worked out from the hours, which are required',
  },
  {
    types: ['sku_options'], attributes: ['delay_days'], shape: 'filled',
    why: 'worked out from the hours, which have a default',
  },
  {
    types: ['events'], attributes: ['created_at'], shape: 'same',
    why: 'events stand for topics, and are as old as the organization',
  },
  {
    types: ['event_callbacks', 'resource_errors', 'versions'], attributes: ['reference', 'reference_origin'],
    shape: 'never', why: 'no verb sets it',
  },
  {
    types: ['event_callbacks', 'resource_errors', 'versions'], attributes: ['metadata'],
    shape: 'same', why: 'no verb sets it',
  },
  {
    types: ['external_gateways'], attributes: ['circuit_state', 'circuit_failure_count'], shape: 'same',
    why: 'only calls of external payments move it; webhooks show the same circuit in both states',
  },
  {
    types: ['shipping_methods'], attributes: ['circuit_state', 'circuit_failure_count'], shape: 'one',
    why: 'only calls for external prices move it; webhooks show the same circuit in both states',
  },
  {
    types: ['line_items', 'orders'], attributes: ['circuit_state', 'circuit_failure_count'], shape: 'never',
    why: 'belongs to external prices and external orders, which have no gateway here',
  },
  {
    types: ['gift_cards'], attributes: ['code'], shape: 'filled',
    why: 'made up where it is not sent',
  },
  {
    types: ['klarna_payments'], attributes: ['mismatched_amounts'], shape: 'filled',
    why: 'worked out with the order',
  },
  {
    types: ['customer_payment_sources'], attributes: ['name'], shape: 'one',
    why: 'only payments by Klarna are kept, and they bear its name',
  },
  {
    types: ['line_items'], shape: 'filled',
    attributes: [
      'currency_code', 'unit_amount_cents', 'options_amount_cents', 'discount_cents', 'total_amount_cents',
      'tax_amount_cents', 'name', 'item_type',
    ],
    why: 'taken from the item and worked out with the order',
  },
  {
    types: ['line_item_options'], attributes: ['name', 'currency_code', 'unit_amount_cents'], shape: 'filled',
    why: 'taken from the option of the SKU where it is not sent',
  },
  {
    types: ['line_item_options'], attributes: ['delay_hours', 'delay_days'], shape: 'filled',
    why: 'taken from the option of the SKU',
  },
  {
    types: ['orders'], shape: 'filled',
    attributes: [
      'guest', 'currency_code', 'tax_included', 'subtotal_amount_cents', 'shipping_amount_cents',
      'payment_method_amount_cents', 'discount_amount_cents', 'adjustment_amount_cents', 'gift_card_amount_cents', 'total_tax_amount_cents',
      'subtotal_tax_amount_cents', 'total_amount_cents', 'refreshed_at',
    ],
    why: 'worked out when the order is made, and with each refresh',
  },
  {
    types: ['orders'], attributes: ['fees_amount_cents', 'duty_amount_cents'], shape: 'same',
    why: 'nothing that is served charges fees or duties',
  },
  {
    types: COPIES, attributes: ['started_at', 'errors_count'], shape: 'filled',
    why: 'begun as soon as it is made, with no errors',
  },
  {
    types: ['order_subscriptions'], shape: 'filled',
    attributes: ['number', 'starts_at', 'occurrencies', 'errors_count', 'customer_email'],
    why: 'given to each when it is made',
  },
  {
    types: ['order_subscription_items'], attributes: ['unit_amount_cents'], shape: 'filled',
    why: 'the price of the market where it is not sent',
  },
  {
    types: ['payment_methods'], attributes: ['name'], shape: 'filled',
    why: 'named after the type where it is not sent',
  },
  {
    types: ['captures', 'refunds', 'voids'], attributes: ['error_code'], shape: 'one',
    why: 'Klarna has one code for each of them that it does not allow',
  },
  {
    types: ['voids'], attributes: ['gateway_transaction_id'], shape: 'never',
    why: 'Klarna gives no id to a cancellation',
  },
  {
    types: ['shipments'], shape: 'never',
    attributes: [
      'get_rates_started_at', 'get_rates_completed_at', 'purchase_started_at', 'purchase_completed_at',
      'purchase_failed_at',
    ],
    why: 'rates and labels are bought from carriers, which are not served',
  },
  {
    types: ['shipments'], attributes: ['cost_amount_cents'], shape: 'filled',
    why: 'worked out with the order',
  },
  {
    types: ['sku_list_items'], attributes: ['position'], shape: 'filled',
    why: 'the end of the list where it is not sent',
  },
  {
    types: ['stock_line_items'], attributes: ['sku_code'], shape: 'filled',
    why: 'taken from the line item',
  },
  {
    types: ['event_callbacks'], attributes: ['response_message'], shape: 'filled',
    why: 'says what was answered, or why nothing was',
  },
  {
    types: ['versions'], attributes: ['resource_type', 'resource_id'], shape: 'filled',
    why: 'a version is one of a row',
  },
  {
    types: ['webhooks'], attributes: ['circuit_state', 'circuit_failure_count'], shape: 'filled',
    why: 'closed from the beginning',
  },
]

/**
 * How the values of an attribute lie.
 *
 * @param {unknown[]} values of all rows, null where there is none
 * @returns {string | undefined} the name of a shape; none when filters can tell the rows apart
 */
export function shapeOf(values) {
  const own = values.filter((value) => value !== null)
  const different = new Set(own.map((value) => JSON.stringify(value))).size
  if (own.length === 0) return 'never'
  if (different === 1) return own.length === values.length ? 'same' : 'one'
  return own.length === values.length ? 'filled' : undefined
}

/**
 * What is said about an attribute.
 *
 * @param {string} type of the rows
 * @param {string} name of the attribute
 * @param {{nullable: boolean, default?: unknown}} facts what the descriptor says
 */
export function entryFor(type, name, facts) {
  const listed = ONE_SIDED.find((entry) => entry.types.includes(type) && entry.attributes.includes(name))
  if (listed) return listed
  return !facts.nullable || facts.default !== undefined ? NEVER_NULL : undefined
}

/** Whether an entry excuses a filter that does not tell rows apart. */
export function excuses(entry, predicate) {
  return entry !== undefined && (entry.shape !== 'filled' || WHETHER.includes(predicate))
}
