// Makes one MCP tool call and prints what was decided about it as one line of JSON, as `crm-agent` does.
//
// The caller's API key is read from COUNTERSIGN_API_KEY. Exits with 0 whenever there was a decision.

import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { values: given } = parseArgs({
  options: {
    server: { type: 'string', default: 'http://127.0.0.1:9000/mcp' },
    tool: { type: 'string' },
    arguments: { type: 'string', default: '{}' },
    task: { type: 'string' },
  },
});
if (given.tool === undefined) {
  console.error('usage: call.mjs --tool NAME [--arguments JSON] [--task ID] [--server URL]');
  process.exit(2);
}

const key = process.env.COUNTERSIGN_API_KEY;
const requestInit = key ? { headers: { Authorization: `Bearer ${key}` } } : {};
const client = new Client({ name: 'call.mjs', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(given.server), { requestInit }));
const named = given.task === undefined ? {} : { _meta: { 'countersign/task': given.task } };
const result = await client.callTool({ name: given.tool, arguments: JSON.parse(given.arguments), ...named });
await client.close();

const told = /** @type {import('./enforcement.mjs').Verdict | undefined} */ (result._meta?.countersign);
if (told === undefined) {
  console.error('call.mjs: the server did not say what was decided');
  process.exit(1);
}
const denied = ['approval_required', 'approval_pending'].includes(told.reason) ? 'waiting' : 'denied';
const content = /** @type {{ type: string, text?: string }[]} */ (result.content);
console.log(
  JSON.stringify({
    outcome: told.decision ? 'allowed' : denied,
    reason: told.reason,
    text: content.flatMap(({ type, text }) => (type === 'text' ? [text] : [])).join('\n'),
    decision_id: told.decision_id,
    micros: told.micros,
  }),
);
