// The peer's database: one of its own on a PostgreSQL that is there, made anew for each run and dropped after it.

import pg from 'pg';

const NAME = 'kassa_bench_peer';
const GIVE_UP_MS = 5000;

/** The address of the server, as it was given. */
function server() {
  const url = process.env.KASSA_BENCH_PEER_DATABASE;
  if (!url) throw new Error('KASSA_BENCH_PEER_DATABASE does not name a PostgreSQL');
  return url;
}

/** The address of the peer's own database on the same server. */
export function own() {
  const url = new URL(server());
  url.pathname = `/${NAME}`;
  return url.href;
}

async function ask(...statements) {
  const client = new pg.Client({ connectionString: server(), connectionTimeoutMillis: GIVE_UP_MS });
  await client.connect();
  try {
    let answer;
    for (const statement of statements) answer = await client.query(statement);
    return answer;
  } finally {
    await client.end();
  }
}

/** Fails unless PostgreSQL answers and keeps what it has committed: a peer that may forget is none. */
export async function check() {
  const { rows } = await ask('SHOW fsync');
  if (rows[0].fsync !== 'on') throw new Error('fsync is off there, so nothing it commits is durable');
}

/** Drops what a run before may have left, and makes it anew. */
export const create = () => ask(`DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`, `CREATE DATABASE ${NAME}`);

/** Drops it. */
export const drop = () => ask(`DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`);
