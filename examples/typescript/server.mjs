// A small MCP server with the official TypeScript SDK whose every tool call is decided by Countersign.

import { parseArgs } from 'node:util';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { enforce } from './enforcement.mjs';

const CUSTOMERS = new Map([
  ['c-42', { id: 'c-42', name: 'Ada Lindqvist', currency: 'EUR', paid_cents: 240_000, refunded_cents: 0 }],
  ['c-43', { id: 'c-43', name: 'Bruno Okafor', currency: 'USD', paid_cents: 1_250_000, refunded_cents: 0 }],
]);

/** @param {string} id */
function customer(id) {
  const found = CUSTOMERS.get(id);
  if (found === undefined) throw new Error(`There is no customer \`${id}\`.`);
  return found;
}

/** @param {unknown} value */
function told(value) {
  return { content: [{ type: /** @type {const} */ ('text'), text: JSON.stringify(value) }] };
}

/** @param {import('./enforcement.mjs').Settings} settings */
function crm(settings) {
  const mcp = new McpServer({ name: 'crm', version: '1.0.0' });
  // First of all: what is registered below runs only once Countersign allowed the call. The tools know nothing of it.
  enforce(mcp.server, settings);

  const customer_id = z.string().describe('Such as c-42');
  // Strict: an argument that a tool does not have is refused, never ignored.
  mcp.registerTool(
    'get_customer',
    {
      description: 'Show one customer with notes and payments.',
      inputSchema: z.strictObject({ customer_id }),
      annotations: { readOnlyHint: true },
    },
    ({ customer_id }) => told(customer(customer_id)),
  );
  mcp.registerTool(
    'refund',
    {
      description: 'Pay money back to a customer.',
      inputSchema: z.strictObject({
        customer_id,
        amount: z.number().positive(),
        currency: z.enum(['EUR', 'USD']),
        reason: z.string().max(500).optional(),
      }),
      annotations: { readOnlyHint: false, destructiveHint: true },
    },
    ({ customer_id, amount, currency }) => {
      const found = customer(customer_id);
      const cents = Math.round(amount * 100);
      if (currency !== found.currency) throw new Error('This customer pays in another currency.');
      if (cents > found.paid_cents - found.refunded_cents) {
        throw new Error('A refund cannot be more than what was paid.');
      }
      found.refunded_cents += cents;
      return told({ customer_id, refunded_cents: cents, currency });
    },
  );
  mcp.registerTool(
    'delete_customer',
    {
      description: 'Delete a customer and all that is stored about them.',
      inputSchema: z.strictObject({ customer_id }),
      annotations: { readOnlyHint: false, destructiveHint: true },
    },
    ({ customer_id }) => told({ deleted: CUSTOMERS.delete(customer(customer_id).id) && customer_id }),
  );
  return mcp;
}

const { values: given } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9000' },
    countersign: { type: 'string', default: process.env.COUNTERSIGN_URL ?? 'http://127.0.0.1:8787' },
  },
});
if (!process.env.COUNTERSIGN_KEY) {
  console.error('COUNTERSIGN_KEY is not set: the enforcement key of this server');
  process.exit(2);
}
const settings = { countersign: given.countersign, key: process.env.COUNTERSIGN_KEY };
crm(settings); // what is wrong with the settings is told at once

// On loopback, requests that name another host are refused: a web page cannot reach this server through a browser.
const app = createMcpExpressApp({ host: given.host });
app.post('/mcp', async (request, response) => {
  // A server for each request: a call stands on its own token, and on no session that began with another one.
  const mcp = crm(settings);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => void mcp.close());
  await mcp.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.all('/mcp', (_, response) => {
  const error = { code: -32000, message: 'Method not allowed.' };
  response.set('Allow', 'POST').status(405).json({ jsonrpc: '2.0', error, id: null });
});
const listener = app.listen(Number(given.port), given.host, (error) => {
  if (error) throw error;
  const address = listener.address();
  if (address !== null && typeof address === 'object') {
    console.error(`listening on http://${given.host}:${address.port}/mcp`);
  }
});
