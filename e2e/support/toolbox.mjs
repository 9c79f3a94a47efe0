// A small MCP server (streamable HTTP, revision 2025-11-25) whose tools a test changes while it runs.

import http from 'node:http';
import { post } from './ask.mjs';
import { SESSION_COOKIE } from './house.mjs';

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} [title]
 * @property {string} [description]
 * @property {object} inputSchema
 * @property {Record<string, unknown>} [annotations]
 */

/**
 * Has the house ask a server for its tools, as somebody else does while a page is open.
 *
 * @param {import('./house.mjs').House} house
 * @param {string} slug
 */
export async function discover(house, slug) {
  const cookie = `${SESSION_COOKIE}=${house.session}`;
  const { status, text } = await post(house.address, '/_fn/server-discover', { slug }, { cookie });
  if (status !== 302) throw new Error(`discovery answered ${status}: ${text}`);
}

export class McpServer {
  #server;

  /** @param {Tool[]} tools */
  constructor(tools) {
    /** What is listed from the next question on. */
    this.tools = tools;
    /** @type {Promise<void>} */
    this.held = Promise.resolve();
    this.#server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => this.#answer(request, response, body));
    });
    this.url = '';
  }

  /**
   * @param {Tool[]} tools
   * @param {number} [port] a free one unless said
   */
  static async open(tools, port = 0) {
    const server = new McpServer(tools);
    await new Promise((resolve, reject) => {
      server.#server.on('error', reject);
      server.#server.listen(port, '127.0.0.1', () => resolve(undefined));
    });
    const address = server.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the MCP server has no port');
    server.url = `http://127.0.0.1:${address.port}/mcp`;
    return server;
  }

  /** Lists nothing more until the function that is returned is called. */
  hold() {
    let release = () => {};
    this.held = new Promise((resolve) => (release = resolve));
    return () => release();
  }

  /** @returns {Promise<void>} */
  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /**
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   * @param {string} body
   */
  async #answer(request, response, body) {
    /** @type {{ id?: unknown, method: string }} */
    const { id, method } = request.method === 'POST' ? JSON.parse(body) : { method: '' };
    if (method === 'tools/list') await this.held;
    /** @type {Record<string, object>} */
    const results = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'toolbox', version: '1.2.3' },
      },
      'tools/list': { tools: this.tools },
    };
    const result = results[method];
    if (result !== undefined) {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    } else {
      // The newer revision asks `server/discover` first; a notification waits for nothing.
      response.writeHead(id === undefined ? 202 : 404).end();
    }
  }
}
