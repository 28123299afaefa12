// Says on one line why the peer cannot run here; silent, with exit code 0, when it can.

import { check } from './database.mjs';

try {
  await check();
} catch (error) {
  const causes = error.errors ?? [error];
  console.error(causes.map(cause => cause.message || cause.code).join('; '));
  process.exitCode = 1;
}
