// What a house stands on: an SQLite file, or a database of its own on the Postgres that `cargo xtask test` names. And
// what is done there by hand, past everything of ours.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';

/** Both, always; as names of tests have them. */
export const BACKENDS = /** @type {const} */ (['SQLite', 'Postgres']);

/** @typedef {(typeof BACKENDS)[number]} Backend */

/** The server of which each house on Postgres gets a database. */
const POSTGRES = 'COUNTERSIGN_TEST_POSTGRES_URL';

const SQLITE = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=120) as database:
    database.execute(sys.argv[2], json.loads(sys.argv[3]))
database.close()
`;

/**
 * A database that nobody else uses: its URL.
 *
 * @param {Backend} backend
 * @param {string} folder for its file, if it is one
 * @returns {Promise<string>}
 */
export async function makeDatabase(backend, folder) {
  if (backend === 'SQLite') return `sqlite://${path.join(folder, 'countersign.db')}`;
  const url = server();
  const name = `countersign_e2e_${randomBytes(8).toString('hex')}`;
  await psql(url.href, `CREATE DATABASE ${name}`);
  url.pathname = name;
  return url.href;
}

/** Leaves nothing of it on the Postgres server; a file goes with its folder. @param {string} url */
export async function dropDatabase(url) {
  if (backendOf(url) === 'SQLite') return;
  await psql(server().href, `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

/**
 * Runs a statement beside the running house.
 *
 * @param {import('./house.mjs').House} house
 * @param {string | Record<Backend, string>} sql for both, or for each
 * @param {Record<string, string>} [values] what stands for `:name` in it
 */
export async function byHand({ database }, sql, values = {}) {
  const backend = backendOf(database);
  const statement = typeof sql === 'string' ? sql : sql[backend];
  if (backend === 'Postgres') {
    await psql(database, statement.replace(/:([a-z]+)/g, (_, name) => `'${(values[name] ?? '').replaceAll("'", "''")}'`));
  } else {
    const file = database.replace('sqlite://', '');
    await promisify(execFile)('python3', ['-c', SQLITE, file, statement, JSON.stringify(values)]);
  }
}

/** @param {string} url @returns {Backend} */
function backendOf(url) {
  return url.startsWith('sqlite:') ? 'SQLite' : 'Postgres';
}

function server() {
  const given = process.env[POSTGRES];
  if (given === undefined || given === '') {
    throw new Error(`${POSTGRES} is not set; \`cargo xtask test\` starts a Postgres and sets it`);
  }
  return new URL(given);
}

/** @param {string} url @param {string} statement */
async function psql(url, statement) {
  await promisify(execFile)('psql', ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', statement]);
}
