// A provider of sign-ins for the specs: `sign-in-provider.mjs`, in a process of its own.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, freePort } from './house.mjs';

/** What the provider knows the console by. */
export const CLIENT = { id: 'console', secret: 'the-secret-of-the-console' };

export class SignInProvider {
  #child;

  /** @param {import('node:child_process').ChildProcess} child @param {string} url */
  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  /** @param {import('./house.mjs').House} house to which it leads back, where it is known by the id `work` */
  static async open(house) {
    const port = String(await freePort());
    const program = path.join(ROOT, 'e2e/support/sign-in-provider.mjs');
    const redirect = `${house.address}/sign-in/callback/work`;
    // It ends when its stdin does, so also when this process is gone.
    const child = spawn(process.execPath, [program, port, redirect], { stdio: ['pipe', 'pipe', 'ignore'] });
    const url = `http://127.0.0.1:${port}`;
    await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`the provider ended (${code})`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === `ready ${url}`) resolve(undefined);
      });
    });
    return new SignInProvider(child, url);
  }

  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }
}
