// The TypeScript example as people run it: a real MCP client calls the real server, which asks before every call.

import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { bearerToken, checker, enforce, taskOf } from '../../examples/typescript/enforcement.mjs';
import { ROOT } from '../support/house.mjs';
import { expect, test as base } from '../support/fixtures';
import { Program } from '../support/story.mjs';

const ALLOW = '{"decision":true,"context":{"reason":"allowed"}}';

/** An endpoint that always answers alike, and what it was asked. */
interface Endpoint {
  url: string;
  asked: { authorization: string | undefined; body: any }[];
}

type Answer = (response: http.ServerResponse) => void;

const test = base.extend<{ endpoint: (answer: Answer) => Promise<Endpoint>; log: string[] }>({
  /** What was said to the operator. */
  log: async ({}, use) => {
    const { error } = console;
    const lines: string[] = [];
    console.error = (line) => lines.push(String(line));
    await use(lines);
    console.error = error;
  },

  endpoint: async ({}, use) => {
    const listeners: http.Server[] = [];
    await use(async (answer) => {
      const asked: Endpoint['asked'] = [];
      const listener = http.createServer(async (request, response) => {
        let text = '';
        for await (const chunk of request) text += chunk;
        asked.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
        answer(response);
      });
      listeners.push(listener);
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const address = listener.address();
      return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked };
    });
    for (const listener of listeners) {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    }
  },
});

test('the example asks before every call', async ({ open }, info) => {
  // Where it is copied to, node finds the packages of these tests.
  const folder = info.outputPath('typescript');
  await cp(path.join(ROOT, 'examples/typescript'), folder, {
    recursive: true,
    filter: (source) => path.basename(source) !== 'node_modules',
  });
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  const environment = { COUNTERSIGN_URL: house.address, COUNTERSIGN_KEY: house.keys.CRM_PEP_KEY ?? '' };
  const server = await Program.start([path.join(folder, 'server.mjs'), '--port', '0'], environment, /listening on (\S+)\n/);
  const call = async (caller: string | undefined, tool: string, given: object, ...more: string[]) => {
    const words = ['--server', server.said[1] ?? '', '--tool', tool, '--arguments', JSON.stringify(given), ...more];
    const key = caller === undefined ? {} : { COUNTERSIGN_API_KEY: house.keys[caller] };
    const env = { PATH: process.env.PATH, ...key };
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(folder, 'call.mjs'), ...words], { env });
    return JSON.parse(stdout);
  };
  const refund = (caller: string | undefined, amount: number) =>
    call(caller, 'refund', { customer_id: 'c-42', amount, currency: 'EUR' });
  try {
    // Allowed, and in the record under the id that the client was told.
    const allowed = await refund('ALICE_KEY', 80);
    expect(allowed).toMatchObject({ outcome: 'allowed', reason: 'allowed' });
    expect((await house.asOwner(`/decisions/${allowed.decision_id}`)).status).toBe(200);

    // Denied by an argument: the agent learns the bound, and the tool did not run.
    expect(await refund('ALICE_KEY', 700)).toMatchObject({
      outcome: 'denied',
      reason: 'parameters_out_of_scope',
      text: 'The call would be allowed if /amount <= 100; it was 700.',
    });
    const read = await call('BOB_KEY', 'get_customer', { customer_id: 'c-42' });
    expect(JSON.parse(read.text)).toMatchObject({ refunded_cents: 8_000 });
    expect(await call('CAROL_KEY', 'refund', { customer_id: 'c-43', amount: 900, currency: 'USD' })).toMatchObject({
      outcome: 'waiting',
      reason: 'approval_required',
    });
    // What the server does not even have is asked about too.
    expect(await call('ALICE_KEY', 'no_such_tool', {})).toMatchObject({ outcome: 'denied', reason: 'unknown_tool' });

    // The task that a call names is asked about: this one is not the caller's, so what passes without it does not.
    expect(await call('BOB_KEY', 'get_customer', { customer_id: 'c-42' }, '--task', 'no-such-task')).toMatchObject({
      outcome: 'denied',
      reason: 'task_out_of_scope',
    });

    // Nobody, then alice without her role: the same key, the very next call.
    expect(await refund(undefined, 80)).toMatchObject({ outcome: 'denied', reason: 'token_missing' });
    await house.apply('examples/demo/without-role.yaml');
    expect(await refund('ALICE_KEY', 80)).toMatchObject({ outcome: 'denied', reason: 'no_matching_rule' });

    // Nobody to ask: nothing runs.
    await house.stop();
    expect(await call('BOB_KEY', 'get_customer', { customer_id: 'c-42' })).toMatchObject({
      outcome: 'denied',
      reason: 'endpoint_unavailable',
      decision_id: null,
    });
  } finally {
    await server.close();
  }
});

test('the question names the caller by its token alone', async ({ endpoint }) => {
  const { url, asked } = await endpoint((response) => response.end(ALLOW));
  const check = checker({ countersign: `${url}/`, key: 'pep-key' });
  const [verdict] = await check('refund', { amount: 80 }, 'alice-key');
  expect(verdict).toEqual({ decision: true, reason: 'allowed', decision_id: null, micros: expect.any(Number) });
  await check('refund', {});
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer pep-key', 'Bearer pep-key']);
  expect(asked[0]?.body).toEqual({
    subject: { type: 'user', id: 'self' },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'refund', properties: { arguments: { amount: 80 } } },
    context: { access_token: 'alice-key' },
  });
  expect(asked[1]?.body.context).toEqual({});
});

const UNREADABLE = [
  [500, ALLOW],
  [503, ALLOW],
  [401, ALLOW],
  [403, ALLOW],
  [201, ALLOW],
  [204, ''],
  [307, ALLOW],
  [200, ''],
  [200, 'garbage'],
  [200, '[true]'],
  [200, 'true'],
  [200, 'null'],
  [200, '{}'],
  [200, '{"decision":"true"}'],
  [200, '{"decision":1}'],
  [200, '{"decision":null}'],
  [200, '{"decision":true'],
] as const;

test('whatever is not a readable 200 denies', async ({ endpoint, log }) => {
  for (const [status, body] of UNREADABLE) {
    const { url } = await endpoint((response) => response.writeHead(status, { Location: '/' }).end(body));
    const [verdict, text] = await checker({ countersign: url, key: 'pep-key' })('refund', {}, 'alice-key');
    const says = `${status} ${body}`;
    expect(verdict, says).toMatchObject({ decision: false, reason: 'endpoint_unavailable', decision_id: null });
    expect(text, says).toContain('Try again later');
  }
  // The operator is told why, but neither key nor token.
  expect(log).toHaveLength(UNREADABLE.length);
  for (const line of log) expect(line).toMatch(/^"refund" denied, no decision: /);
  expect(log.join('\n')).not.toMatch(/pep-key|alice-key/);
});

test('a denial without a word is a denial', async ({ endpoint }) => {
  const { url } = await endpoint((response) => response.end('{"decision":false,"context":{"reason":7}}'));
  const [verdict, text] = await checker({ countersign: url, key: 'pep-key' })('refund', {}, 'alice-key');
  expect(verdict).toMatchObject({ decision: false, reason: 'denied' });
  expect(text).toBe('This call is not allowed.');
});

test('no answer in time denies', async ({ endpoint, log }) => {
  // The head comes at once, the rest never does.
  const { url } = await endpoint((response) => response.writeHead(200).write('{"decision":'));
  const started = Date.now();
  const [verdict] = await checker({ countersign: url, key: 'pep-key' })('refund', {}, 'alice-key');
  expect(verdict).toMatchObject({ decision: false, reason: 'endpoint_unavailable' });
  // Without its limit it would wait for ever.
  expect(Date.now() - started).toBeLessThan(60_000);
  expect(log).toHaveLength(1);
});

test('a key that fits in no header is refused, and not repeated', async () => {
  for (const key of ['', 'pep key', 'pep\nkey']) {
    expect(() => checker({ countersign: 'http://127.0.0.1:8787', key })).toThrow(/^the enforcement key is empty/);
  }
});

test('only a text names a task', async ({ endpoint }) => {
  expect(taskOf({ 'countersign/task': 't-17' })).toBe('t-17');
  for (const none of [undefined, {}, { task: 't-17' }, { 'countersign/task': 17 }, { 'countersign/task': null }]) {
    expect(taskOf(none), JSON.stringify(none)).toBeUndefined();
  }
  const { url, asked } = await endpoint((response) => response.end(ALLOW));
  await checker({ countersign: url, key: 'pep-key' })('refund', {}, 'alice-key', 't-17');
  expect(asked[0]?.body.context).toEqual({ access_token: 'alice-key', task: 't-17' });
});

test('only one bearer token counts', async () => {
  const token = (authorization: string | string[] | undefined) => bearerToken({ authorization });
  expect(token('Bearer k')).toBe('k');
  expect(token('bearer  k ')).toBe('k');
  for (const none of [undefined, '', 'Bearer', 'Bearer ', 'Basic k', 'Bearer k, Bearer other', 'Bearer k other', ['Bearer k']]) {
    expect(token(none), String(none)).toBeUndefined();
  }
  expect(bearerToken()).toBeUndefined();
});

test('whoever registers tools first is told so', async () => {
  const server = {
    assertCanSetRequestHandler: () => {
      throw new Error('there is one already');
    },
    setRequestHandler: () => {},
  };
  const settings = { countersign: 'http://127.0.0.1:8787', key: 'pep-key' };
  expect(() => enforce(server, settings)).toThrow('there is one already');
});
