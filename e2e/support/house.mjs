// A running Countersign on a fresh database: the real binary, as operators start it. Everything goes through its doors
// (command line, set-up link, enforcement endpoint); nothing here looks into the database.

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, post, setCookie } from './ask.mjs';
import { dropDatabase, makeDatabase } from './database.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The secrets that examples/demo/bundle.yaml names. */
const KEYS = ['CRM_PEP_KEY', 'ALICE_KEY', 'BOB_KEY', 'CAROL_KEY', 'DAVE_KEY', 'REFUND_BOT_KEY'];

export const OWNER = {
  name: 'Ada Lovelace',
  login: 'ada@example.org',
  password: 'seven violet otters sleep',
};

/** What the owner's browser calls itself. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

export const SESSION_COOKIE = 'countersign';

/**
 * @typedef {object} Call
 * @property {string} key the name of an enforcement key in `keys`
 * @property {string} [caller] the name of a caller's API key in `keys`; none: no token is sent
 * @property {string} tool
 * @property {unknown} [arguments]
 * @property {Record<string, unknown>} [context]
 * @property {{ type: string, id: string }} [subject]
 * @property {{ type: string, id: string }} [resource] instead of the tool
 * @property {string} [action]
 *
 * @typedef {object} Decided
 * @property {string} id
 * @property {boolean} decision
 * @property {string | undefined} reason
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** The program under test; `cargo xtask` names it. */
export function binary() {
  return process.env.COUNTERSIGN_BIN ?? path.join(ROOT, 'target/debug/countersign');
}

/** Debian's Chromium, unless `cargo xtask` found another. */
export const CHROMIUM = {
  executablePath: process.env.COUNTERSIGN_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export class House {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #log = '';
  /** Where in the log the current process begins. */
  #start = 0;
  /** Other servers of the same database, which end with this one. @type {House[]} */
  #replicas = [];

  /** @param {string} folder @param {string} database @param {number} port @param {string} name what browsers call the host */
  constructor(folder, database, port, name) {
    this.folder = folder;
    this.database = database;
    this.port = port;
    this.address = `http://127.0.0.1:${port}`;
    /** As it is set up with, and as browsers are to open it. */
    this.publicUrl = `http://${name}:${port}`;
    /** @type {Record<string, string>} */
    this.keys = Object.fromEntries(KEYS.map((name) => [name, secret()]));
    /** The owner's session, once there is an owner. */
    this.session = '';
  }

  /** @param {{ name?: string | undefined, backend?: import('./database.mjs').Backend | undefined }} [options] */
  static async open({ name = '127.0.0.1', backend = 'SQLite' } = {}) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'countersign-e2e-'));
    const database = await makeDatabase(backend, folder);
    try {
      return await House.#started((port) => new House(folder, database, port, name));
    } catch (error) {
      await dropDatabase(database);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Another server of the same database, with the same keys. */
  async replica() {
    const other = await House.#started((port) => {
      return Object.assign(new House(this.folder, this.database, port, '127.0.0.1'), { keys: this.keys });
    });
    this.#replicas.push(other);
    return other;
  }

  /** A port that somebody else took meanwhile is given up. @param {(port: number) => House} make */
  static async #started(make) {
    for (let attempt = 1; ; attempt += 1) {
      const house = make(await freePort());
      try {
        await house.start();
        return house;
      } catch (error) {
        await house.stop();
        if (attempt === 3 || !house.#log.includes('could not be listened on')) throw error;
      }
    }
  }

  async start() {
    const child = spawn(binary(), ['serve', '--listen', `127.0.0.1:${this.port}`], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    this.#start = this.#log.length;
    let ended = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      this.#log += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => (ended = error.message));
    child.on('exit', (code, signal) => {
      running.delete(child);
      ended = `it ended (${code ?? signal})`;
    });
    const ready = () => ask(this.address, '/readyz').then((answer) => answer.status === 200, () => false);
    for (const deadline = Date.now() + 120_000; !(await ready()); await pause(25)) {
      if (ended !== '' || Date.now() > deadline) {
        throw new Error(`${binary()} is not ready: ${ended || 'it took longer than 120 s'}\n${this.#log}`);
      }
    }
  }

  /** What the current process has written. */
  log() {
    return this.#log.slice(this.#start);
  }

  /** The last lines of it, also of processes before. @param {number} count */
  tail(count) {
    return this.#log.trimEnd().split('\n').slice(-count).join('\n');
  }

  /** Lines of the logs that speak of a fault of ours. */
  faults() {
    const lines = [this, ...this.#replicas].flatMap((one) => one.#log.split('\n'));
    return lines.filter((line) => /\bERROR\b|panicked/.test(line));
  }

  /** The set-up link that the current process printed. */
  async printedLink() {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(25)) {
      const link = setupLink(this.log());
      if (link !== undefined) return link;
    }
    throw new Error(`no set-up link was printed:\n${this.log()}`);
  }

  /** @param {NodeJS.Signals} [signal] */
  async stop(signal = 'SIGTERM') {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
    await ended;
    clearTimeout(late);
  }

  /** Stops, and leaves nothing behind. */
  async close() {
    await Promise.all([this, ...this.#replicas].map((one) => one.stop()));
    await dropDatabase(this.database);
    await rm(this.folder, { recursive: true, force: true });
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  #environment() {
    return {
      PATH: process.env.PATH,
      COUNTERSIGN_DATABASE: this.database,
      COUNTERSIGN_PUBLIC_URL: this.publicUrl,
      // The MCP servers of the tests run on this machine.
      COUNTERSIGN_ALLOW_ADDRESS: 'loopback',
      ...this.keys,
    };
  }

  /**
   * Runs a command on the same database. Never throws for an exit code.
   *
   * @param {string[]} words
   * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
   */
  command(...words) {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: this.#environment(), maxBuffer: 64 * 1024 * 1024 };
      execFile(binary(), words, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /**
   * Applies a bundle: a file of the workspace, or a value.
   *
   * @param {string | object} bundle
   */
  async apply(bundle) {
    const text = typeof bundle === 'string' ? await readFile(path.join(ROOT, bundle), 'utf8') : JSON.stringify(bundle);
    const file = path.join(this.folder, 'bundle.yaml');
    await writeFile(file, text);
    const { code, stderr } = await this.command('apply', '-f', file);
    if (code !== 0) throw new Error(`the bundle was not applied: ${stderr}`);
  }

  /** Makes the owner by the printed link, and keeps the session. */
  async settle() {
    const code = new URL(await this.printedLink()).hash.slice(1);
    const { name, login, password } = OWNER;
    const fields = { code, name, login, password, password_again: password };
    const answer = await post(this.address, '/setup', fields, { headers: { 'User-Agent': USER_AGENT } });
    const session = setCookie(answer, SESSION_COOKIE);
    if (answer.status !== 303 || session === undefined) {
      throw new Error(`set-up answered ${answer.status}: ${answer.text}`);
    }
    this.session = session;
  }

  /** What a browser of the owner holds. */
  owner() {
    return state(this.session);
  }

  /**
   * A page as the owner gets it, without a browser.
   *
   * @param {string} path
   * @param {Parameters<typeof ask>[2]} [options]
   */
  asOwner(path, options = {}) {
    const headers = { Cookie: `${SESSION_COOKIE}=${this.session}`, Accept: 'text/html', ...options.headers };
    return ask(this.address, path, { ...options, headers });
  }

  /**
   * Asks the enforcement endpoint, as an MCP server does before a call.
   *
   * @param {Call} call
   * @returns {Promise<Decided>}
   */
  async decide(call) {
    const resource = call.resource ?? { type: 'tool', id: call.tool };
    const properties = call.arguments === undefined ? {} : { properties: { arguments: call.arguments } };
    const token = call.caller === undefined ? {} : { access_token: this.#key(call.caller) };
    const answer = await ask(this.address, '/access/v1/evaluation', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#key(call.key)}` },
      body: JSON.stringify({
        subject: call.subject ?? { type: 'user', id: 'self' },
        action: { name: call.action ?? 'tools/call' },
        resource: { ...resource, ...properties },
        context: { ...call.context, ...token },
      }),
    });
    if (answer.status !== 200) throw new Error(`the decision answered ${answer.status}: ${answer.text}`);
    const body = JSON.parse(answer.text);
    return {
      id: String(answer.headers['countersign-decision-id']),
      decision: body.decision,
      reason: body.context?.reason,
    };
  }

  /**
   * Opens a task as the agent that holds this key; answers its id.
   *
   * @param {string} caller the name of its API key in `keys`
   * @param {{ purpose: string, tools: string[], budget?: number, expires_in?: string }} wanted
   * @returns {Promise<string>}
   */
  async openTask(caller, wanted) {
    const answer = await ask(this.address, '/api/v1/tasks', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#key(caller)}` },
      body: JSON.stringify({ budget: 10, expires_in: '1h', ...wanted }),
    });
    if (answer.status !== 201) throw new Error(`the task was not opened, ${answer.status}: ${answer.text}`);
    return String(JSON.parse(answer.text).id);
  }

  /** @param {string} name */
  #key(name) {
    const key = this.keys[name];
    if (key === undefined) throw new Error(`there is no key \`${name}\``);
    return key;
  }
}

/** @param {string} text */
export function setupLink(text) {
  return /https?:\/\/[^\s#]+\/setup#[A-Za-z0-9_-]+/.exec(text)?.[0];
}

/**
 * The cookies of a browser with this session; none for a visitor.
 *
 * @param {string} [session]
 * @param {string} [domain] what the browser calls the host
 * @returns {{ cookies: { name: string, value: string, domain: string, path: string, expires: number,
 *   httpOnly: boolean, secure: boolean, sameSite: 'Lax' }[], origins: [] }}
 */
export function state(session, domain = '127.0.0.1') {
  const cookie = {
    name: SESSION_COOKIE,
    value: session ?? '',
    domain,
    path: '/',
    expires: -1,
    httpOnly: true,
    secure: false,
    sameSite: /** @type {const} */ ('Lax'),
  };
  return { cookies: session === undefined ? [] : [cookie], origins: [] };
}

/** 256 bits as hexadecimal digits. */
export function secret() {
  return randomBytes(32).toString('hex');
}

/** @param {number} milliseconds */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Ports that systems do not hand out by themselves: between our look and the start nobody gets one by chance. */
const FIRST_PORT = 20_000;
/** So many for each worker of a run. */
const PORTS = 1_500;
const WORKERS = 8;
let looks = process.pid * 61;

/**
 * A port that was free a moment ago. No other worker gets it.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  const worker = Number(process.env.TEST_PARALLEL_INDEX ?? 0) % WORKERS;
  for (let left = PORTS; left > 0; left -= 1) {
    looks += 1;
    const port = FIRST_PORT + worker * PORTS + (looks % PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST_PORT} on`);
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
