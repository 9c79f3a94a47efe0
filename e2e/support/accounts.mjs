// Accounts of every role. The console makes owners alone so far, so these are put into the database beside the
// running house: copies of the owner under another login. The one place where the tests look into it.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { post, setCookie } from './ask.mjs';
import { OWNER, SESSION_COOKIE } from './house.mjs';

/** As the database has them. */
export const ROLES = /** @type {const} */ (['owner', 'policy_author', 'approver', 'auditor']);

const COPY = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=120) as database:
    database.execute(
        "INSERT INTO accounts (id, login, name, password_hash, role, subject, active, created_at) "
        "SELECT ?, ?, ?, password_hash, ?, nullif(?, ''), 1, created_at FROM accounts WHERE role = 'owner' LIMIT 1",
        sys.argv[2:],
    )
database.close()
`;

const LINK = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=120) as database:
    database.execute("UPDATE accounts SET subject = ? WHERE login = ?", sys.argv[2:])
database.close()
`;

const FORGET = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=120) as database:
    database.execute("UPDATE console_sessions SET data = json_remove(data, '$.proven_at', '$.passkey_at')")
database.close()
`;

/**
 * Nobody proved themselves lately, as if they had been signed in for a while.
 *
 * @param {import('./house.mjs').House} house
 */
export async function forgetProofs(house) {
  await promisify(execFile)('python3', ['-c', FORGET, house.database.replace('sqlite://', '')]);
}

/**
 * The owner proved themselves just now: what takes a fresh proof is done at once, however old the house is.
 *
 * @param {import('./house.mjs').House} house
 */
export async function proveOwner(house) {
  const fields = { password: OWNER.password, back: '/account' };
  const answer = await post(house.address, '/account/prove', fields, { cookie: `${SESSION_COOKIE}=${house.session}` });
  if (answer.status !== 303) throw new Error(`the owner could not prove themselves: ${answer.status} ${answer.text}`);
}

/**
 * The owner is this person from now on.
 *
 * @param {import('./house.mjs').House} house
 * @param {string} subject
 */
export async function linkOwner(house, subject) {
  const file = house.database.replace('sqlite://', '');
  await promisify(execFile)('python3', ['-c', LINK, file, subject, OWNER.login]);
}

/**
 * A new account of this role, signed in: its login (the password is the owner's), its session, and where it was led to.
 * With a subject it is that person's.
 *
 * @param {import('./house.mjs').House} house
 * @param {(typeof ROLES)[number]} role
 * @param {string} [subject]
 * @returns {Promise<{ login: string, session: string, landing: string | undefined }>}
 */
export async function accountOf(house, role, subject) {
  const id = randomUUID();
  const login = `${role}-${id}@example.org`;
  const file = house.database.replace('sqlite://', '');
  await promisify(execFile)('python3', ['-c', COPY, file, id, login, `Somebody, ${role}`, role, subject ?? '']);
  const answer = await post(house.address, '/sign-in', { login, password: OWNER.password }, { from: '127.0.0.9' });
  const session = setCookie(answer, SESSION_COOKIE);
  if (session === undefined) throw new Error(`the ${role} could not sign in: ${answer.status} ${answer.text}`);
  return { login, session, landing: answer.headers.location };
}

/**
 * The session of an account of this role; the owner's own for an owner.
 *
 * @param {import('./house.mjs').House} house
 * @param {(typeof ROLES)[number]} role
 * @returns {Promise<string>}
 */
export async function sessionOf(house, role) {
  return role === 'owner' ? house.session : (await accountOf(house, role)).session;
}
