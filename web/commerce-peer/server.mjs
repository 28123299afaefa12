// A shop on Vendure over PostgreSQL, as `cargo xtask bench checkout` puts it beside Kassa.
//
// node server.mjs --port N --ready-file FILE
//
// FILE appears, whole, when the shop is open. SIGTERM closes it and drops the database.

import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { bootstrap, DefaultLogger, dummyPaymentHandler, LogLevel } from '@vendure/core';

import { create, drop, own } from './database.mjs';
import { fill } from './shop.mjs';

/** Connections to PostgreSQL: two for each of the buyers there are at once, so that none waits for one. */
const CONNECTIONS = 32;

const { values } = parseArgs({ options: { port: { type: 'string' }, 'ready-file': { type: 'string' } } });

// A measurement tells nobody about itself: Vendure would report the installation and its configuration to its makers.
process.env.VENDURE_DISABLE_TELEMETRY = 'true';

await create();
const app = await bootstrap({
  apiOptions: { hostname: '127.0.0.1', port: Number(values.port), shopApiPath: 'shop-api', adminApiPath: 'admin-api' },
  authOptions: {
    tokenMethod: 'bearer',
    // Nobody signs in.
    superadminCredentials: { identifier: randomUUID(), password: randomUUID() },
  },
  dbConnectionOptions: {
    type: 'postgres',
    url: own(),
    synchronize: true,
    extra: { max: CONNECTIONS, options: '-c synchronous_commit=on' },
  },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  logger: new DefaultLogger({ level: LogLevel.Error }),
});

// The framework's own answer to signals ends the process by that signal before the database is gone.
process.removeAllListeners('SIGTERM');
process.once('SIGTERM', async () => {
  await app.close();
  await drop();
  process.exit(0);
});

const ready = await fill(app);
const file = values['ready-file'];
await writeFile(`${file}.part`, JSON.stringify(ready));
await rename(`${file}.part`, file);
