// Accounts of every role, without the page of an invitation: they are put into the database beside the running house, as
// copies of the owner under another login.

import { randomUUID } from 'node:crypto';
import { post, setCookie } from './ask.mjs';
import { byHand } from './database.mjs';
import { OWNER, SESSION_COOKIE } from './house.mjs';

/** As the database has them. */
export const ROLES = /** @type {const} */ (['owner', 'policy_author', 'approver', 'auditor']);

const COPY =
  'INSERT INTO accounts (id, login, name, password_hash, role, subject, active, created_at) ' +
  "SELECT :id, :login, :name, password_hash, :role, nullif(:subject, ''), 1, created_at FROM accounts " +
  "WHERE role = 'owner' LIMIT 1";

const FORGET = {
  SQLite: "UPDATE console_sessions SET data = json_remove(data, '$.proven_at', '$.passkey_at')",
  Postgres: "UPDATE console_sessions SET data = CAST(CAST(data AS jsonb) - 'proven_at' - 'passkey_at' AS text)",
};

/**
 * Nobody proved themselves lately, as if they had been signed in for a while.
 *
 * @param {import('./house.mjs').House} house
 */
export async function forgetProofs(house) {
  await byHand(house, FORGET);
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
  await byHand(house, 'UPDATE accounts SET subject = :subject WHERE login = :login', { subject, login: OWNER.login });
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
  await byHand(house, COPY, { id, login, name: `Somebody, ${role}`, role, subject: subject ?? '' });
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
