// What the peer sells: one product that never runs out, one zone with one tax, one way to ship and one to pay.

import { dummyPaymentHandler, Importer, Populator, ProductVariant, TransactionalConnection } from '@vendure/core';

const LANGUAGE = 'en';
const SKU = 'MUG';
const PIECES = 1_000_000_000;

const FOUNDATION = {
  defaultLanguage: LANGUAGE,
  defaultZone: 'Europe',
  countries: [{ name: 'Germany', code: 'DE', zone: 'Europe' }],
  taxRates: [{ name: 'Standard', percentage: 19 }],
  shippingMethods: [{ name: 'Parcel', price: 500 }],
  // Authorizes at once and asks nobody.
  paymentMethods: [
    {
      name: 'Promise',
      handler: {
        code: dummyPaymentHandler.code,
        arguments: [{ name: 'automaticSettle', value: 'false' }],
      },
    },
  ],
  collections: [],
};

const COLUMNS = {
  name: 'Mug',
  slug: 'mug',
  description: 'A mug.',
  assets: '',
  facets: '',
  optionGroups: '',
  optionValues: '',
  sku: SKU,
  price: '12.00',
  taxCategory: 'Standard',
  stockOnHand: PIECES,
  trackInventory: 'true',
  variantAssets: '',
  variantFacets: '',
};

/** Fills an empty shop; what a buyer has to name. */
export async function fill(app) {
  await app.get(Populator).populateInitialData(FOUNDATION);
  const table = `${Object.keys(COLUMNS)}\n${Object.values(COLUMNS)}\n`;
  const errors = [];
  const importing = app.get(Importer).parseAndImport(table, LANGUAGE);
  await importing.forEach(progress => errors.push(...(progress.errors ?? [])));
  if (errors.length) throw new Error(errors.join('\n'));
  const variants = app.get(TransactionalConnection).rawConnection.getRepository(ProductVariant);
  const { id } = await variants.findOneByOrFail({ sku: SKU });
  return { variant: String(id), payment: 'promise' };
}
