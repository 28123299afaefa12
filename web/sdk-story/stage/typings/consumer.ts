/** A program that uses the resources by their types; lines marked as errors must not compile. */

import type { Identifier, Order, OrderUpdate, Resources, SkuCreate, SkuUpdate, Transaction } from './kassa'

/** What an answer may leave out has to be looked at before it is used. */
export function describeOrder(order: Order): string {
  const lines = (order.line_items ?? []).map((line) => `${line.quantity ?? 0} of ${line.sku_code ?? 'nothing'}`)
  switch (order.status) {
    case 'draft':
    case 'pending':
      return `open: ${lines.join(', ')}`
    case 'placed':
      return `placed at ${order.placed_at ?? 'no time'}`
    default:
      return order.number ?? order.id
  }
}

const category: Identifier<'shipping_categories'> = { type: 'shipping_categories', id: 'aBcDeFgHiJ' }

export const created: SkuCreate = { code: 'SHIRT', name: 'A shirt', shipping_category: category, metadata: { color: 'red' } }
export const changed: SkuUpdate = { id: 'aBcDeFgHiJ', description: null }
export const placing: OrderUpdate = { id: 'aBcDeFgHiJ', _place: true }

/** Every type is found by its name. */
export function idOf<Kind extends keyof Resources>(kind: Kind, row: Resources[Kind]): string {
  return `${kind}/${row.id}`
}

export function amountOf(transaction: Transaction): number {
  return transaction.type === 'refunds' ? -(transaction.amount_cents ?? 0) : transaction.amount_cents ?? 0
}

// @ts-expect-error the name is required
export const nameless: SkuCreate = { code: 'SHIRT', shipping_category: category }
// @ts-expect-error a market is no shipping category
export const misplaced: SkuCreate = { code: 'S', name: 'S', shipping_category: { type: 'markets', id: 'x' } }
// @ts-expect-error what is worked out cannot be sent
export const inventive: SkuUpdate = { id: 'x', inventory: {} }
// @ts-expect-error no such status
export const lost: Order = { type: 'orders', id: 'x', status: 'lost' }
// @ts-expect-error triggers are not answered
export const triggered = (order: Order) => order._place
// @ts-expect-error not a type of this API
export type Stranger = Resources['tags']
