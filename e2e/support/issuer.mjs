// An issuer of tokens for the specs: `provider.mjs`, a real OpenID provider, in a process of its own.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ask } from './ask.mjs';
import { ROOT, freePort } from './house.mjs';

/** The URL of the demo's CRM server, which is its audience. */
const CRM = 'http://127.0.0.1:9000/mcp';

export class Issuer {
  #child;

  /** @param {import('node:child_process').ChildProcess} child @param {string} url */
  constructor(child, url) {
    this.#child = child;
    this.url = url;
    /** What stands for the issuer in addresses of the console. */
    this.id = Buffer.from(url).toString('hex');
  }

  static async open() {
    const port = String(await freePort());
    const program = path.join(ROOT, 'e2e/support/provider.mjs');
    // It ends when its stdin does, so also when this process is gone.
    const child = spawn(process.execPath, [program, port, CRM], { stdio: ['pipe', 'pipe', 'ignore'] });
    const url = `http://127.0.0.1:${port}`;
    await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`the provider ended (${code})`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === `ready ${url}`) resolve(undefined);
      });
    });
    return new Issuer(child, url);
  }

  /**
   * An access token of this client for the CRM; its `sub` is the client's name.
   *
   * @param {string} client
   */
  async token(client) {
    const { status, text } = await ask(this.url, '/token', {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${client}:${client}`).toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'crm:read', resource: CRM }).toString(),
    });
    if (status !== 200) throw new Error(`no token: ${status} ${text}`);
    return String(JSON.parse(text).access_token);
  }

  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }
}

/**
 * The claims of a token.
 *
 * @param {string} token
 * @returns {Record<string, unknown>}
 */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}
