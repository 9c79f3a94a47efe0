// Real MCP servers and a real client for the stories, all of npm's own SDK: `server-everything` as it comes, a server
// in front of it that asks before every call, a server that changes its mind, and somebody who calls.

import { spawn } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { enforce } from '../../examples/typescript/enforcement.mjs';
import { freePort, ROOT, secret } from './house.mjs';

/**
 * @typedef {import('../../examples/typescript/enforcement.mjs').Settings} Settings
 * @typedef {import('../../examples/typescript/enforcement.mjs').Verdict} Verdict
 * @typedef {import('@modelcontextprotocol/sdk/shared/transport.js').Transport} Transport
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program of node's, from the line in which it says that it listens. */
export class Program {
  /** @type {import('node:child_process').ChildProcess} */
  #child;

  /** @param {import('node:child_process').ChildProcess} child @param {RegExpExecArray} said */
  constructor(child, said) {
    this.#child = child;
    this.said = said;
  }

  /**
   * @param {string[]} words script and arguments
   * @param {Record<string, string>} environment
   * @param {RegExp} listens
   * @returns {Promise<Program>}
   */
  static start(words, environment, listens) {
    const child = spawn(process.execPath, words, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    return new Promise((resolve, reject) => {
      let heard = '';
      const hear = (/** @type {Buffer} */ chunk) => {
        heard += chunk.toString('utf8');
        const said = listens.exec(heard);
        if (said !== null) resolve(new Program(child, said));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        running.delete(child);
        reject(new Error(`${words[0]} ended (${code ?? signal}):\n${heard}`));
      });
    });
  }

  /** Takes connections and answers none of them until it is woken. */
  sleep() {
    this.#child.kill('SIGSTOP');
  }

  wake() {
    this.#child.kill('SIGCONT');
  }

  async close() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** npm's `server-everything` over streamable HTTP, as it comes. */
export async function everything() {
  const port = await freePort();
  const script = path.join(ROOT, 'e2e/node_modules/@modelcontextprotocol/server-everything/dist/index.js');
  const program = await Program.start([script, 'streamableHttp'], { PORT: String(port) }, /listening on port \d+/);
  return Object.assign(program, { url: `http://127.0.0.1:${port}/mcp` });
}

/**
 * MCP over streamable HTTP on a free port, a server of its own for each request.
 *
 * @param {() => Server} serve
 */
async function listen(serve) {
  const listener = http.createServer(async (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405, { Allow: 'POST' }).end();
      return;
    }
    const server = serve();
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => void server.close());
    await server.connect(/** @type {Transport} */ (transport));
    await transport.handleRequest(request, response);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = listener.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const close = () => {
    listener.closeAllConnections();
    return new Promise((resolve) => listener.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/mcp`, close };
}

/** @param {string} url @param {string} [key] what the caller shows */
async function connect(url, key) {
  const client = new Client({ name: 'story', version: '1.0.0' });
  const requestInit = key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
  await client.connect(/** @type {Transport} */ (transport));
  return client;
}

/**
 * A server that has no tool of its own: it asks before every call, and passes on to another server what was allowed.
 *
 * @param {string} url of the other server
 * @param {Settings} settings
 */
export async function guarded(url, settings) {
  const behind = await connect(url);
  /** @type {string[]} the calls that were passed on, by tool */
  const passed = [];
  const { close, ...listening } = await listen(() => {
    const server = new Server({ name: 'guarded', version: '1.0.0' }, { capabilities: { tools: {} } });
    enforce(server, settings);
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) => behind.listTools(params));
    server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
      passed.push(params.name);
      return behind.callTool(params);
    });
    return server;
  });
  const closeBoth = async () => {
    await behind.close();
    await close();
  };
  return { ...listening, passed, close: closeBoth };
}

/** A server with one tool, whose description changes; it asks before every call too. @param {string} countersign */
export async function fickle(countersign) {
  const state = {
    /** Its enforcement key; until there is one, it has one that nobody knows. */
    key: secret(),
    description: '',
    /** Lists its tools once this is over. */
    ready: Promise.resolve(),
    /** How often its tool ran. */
    ran: 0,
  };
  const listening = await listen(() => {
    const server = new Server({ name: 'fickle', version: '1.0.0' }, { capabilities: { tools: {} } });
    enforce(server, { countersign, key: state.key });
    server.setRequestHandler(ListToolsRequestSchema, async () => {
      await state.ready;
      const text = /** @type {const} */ ({ type: 'object', properties: { text: { type: 'string' } }, required: ['text'] });
      return { tools: [{ name: 'post', description: state.description, inputSchema: text }] };
    });
    server.setRequestHandler(CallToolRequestSchema, () => {
      state.ran += 1;
      return { content: [{ type: 'text', text: 'posted' }] };
    });
    return server;
  });
  return Object.assign(state, listening);
}

/**
 * One tool call over a connection of its own.
 *
 * @param {string} url
 * @param {string | undefined} key
 * @param {string} tool
 * @param {Record<string, unknown>} args
 */
export async function call(url, key, tool, args) {
  const client = await connect(url, key);
  try {
    const result = await client.callTool({ name: tool, arguments: args });
    const content = /** @type {{ type: string, text?: string }[]} */ (result.content);
    return {
      failed: result.isError === true,
      text: content.map(({ text }) => text).join('\n'),
      told: /** @type {Verdict} */ (result._meta?.countersign),
    };
  } finally {
    await client.close();
  }
}
