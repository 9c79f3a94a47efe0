// What a house is filled with: nothing, the demo with a dozen decisions, or a great deal, much of it hostile.

import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { linkOwner } from './accounts.mjs';
import { byHand } from './database.mjs';
import { ROOT, secret } from './house.mjs';

/**
 * @typedef {import('./house.mjs').House} House
 * @typedef {import('./house.mjs').Call} Call
 *
 * Ids of things that pages are opened with.
 * @typedef {Record<string, string>} Places
 */

const PEP = 'CRM_PEP_KEY';
const DEMO = 'examples/demo/bundle.yaml';
const MIRROR_ISSUER = 'https://login.mirror.example/%2e%2e/a';

/** Texts by which servers, agents and callers try to act on the reviewer's page. */
export const HOSTILE = {
  bidi: 'refund\u202Edaolnwod',
  zeroWidth: 're\u200Bfu\u200Dnd\uFEFF',
  script: '</textarea></title></script><script>window.__owned=1</script>',
  image: '"><img src=/nowhere onerror="window.__owned=1">',
  comment: '<!--><svg onload=window.__owned=1>--!><!>',
  template: '{{constructor.constructor("window.__owned=1")()}}${window.__owned=1}',
  link: 'javascript:window.__owned=1',
  mixed: 'p\u0430ypal/transfer',
  path: '../../account?tenant=x#y/%2e%2e/\\\\evil.example',
  tag: 'read\u{E0041}\u{E0042}_file',
  line: 'one\u2028two',
  long: 'delete_'.repeat(50),
};

/** What may stand in an argument, where names are more limited. */
const TEXTS = {
  ...HOSTILE,
  control: 'bell\u0007 null-like\u0001 return\r\nnew line\ttab',
  essay: `${'A sentence that goes on for quite a while, as agents write them. '.repeat(60)}\u202E${HOSTILE.script}`,
  unbroken: 'x'.repeat(5_000),
  zalgo: 'c\u0336\u0321\u0322o\u0347\u0316m\u0301\u0302\u0303e\u0304\u0305\u0306\u0307s',
};

/**
 * The demo's policy and the calls of its script, the last one after a role was taken away.
 *
 * @param {House} house
 * @returns {Promise<Places>}
 */
export async function demo(house) {
  await house.apply(DEMO);
  /** @type {{ caller: string, tool: string, arguments: unknown, before?: { apply: string } }[]} */
  const rows = JSON.parse(await readFile(path.join(ROOT, 'examples/demo/script.json'), 'utf8'));
  /** @type {Places} */
  const places = {};
  for (const row of rows) {
    if (row.before !== undefined) await house.apply(row.before.apply);
    const { id, reason = 'allowed' } = await house.decide({ key: PEP, ...row });
    places[reason] ??= id;
  }
  /** @type {Call[]} */
  const more = [
    { key: PEP, tool: 'get_customer', arguments: { customer_id: 'c-42' } },
    { key: PEP, caller: 'BOB_KEY', tool: 'search_customers', arguments: { query: 'lovelace', limit: 5 } },
    { key: PEP, caller: 'REFUND_BOT_KEY', tool: HOSTILE.bidi, arguments: { amount: 1 } },
  ];
  for (const call of more) {
    const { id, reason = 'allowed' } = await house.decide(call);
    places[reason] ??= id;
  }
  return places;
}

/**
 * Issuers, of which one is weak in every way and hostile in its names; and what was taken back of their tokens.
 *
 * @param {House} house
 */
async function issuers(house) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: HOSTILE.script, use: 'sig' };
  await house.apply({
    issuers: [
      { url: 'https://login.acme.example', name: 'Acme sign-in', tenants: ['acme'] },
      {
        url: MIRROR_ISSUER,
        name: `Mirror ${HOSTILE.bidi} & ${HOSTILE.zeroWidth}`,
        tenants: ['mirror'],
        keys: { jwks: { keys: [key] } },
        audiences: [HOSTILE.script, HOSTILE.bidi, HOSTILE.long],
        subject_claim: 'email',
        require_typ: false,
        require_jti: false,
        clock_skew: 300,
        unknown_subjects: 'provision',
      },
    ],
    subjects: [{ id: 'alice', identities: [{ issuer: 'https://login.acme.example', sub: 'a-17' }] }],
  });
  for (const words of [
    ['revoke', 'token', '--issuer', MIRROR_ISSUER, '--jti', HOSTILE.bidi, '--until', '2099-01-01T00:00:00Z'],
    ['revoke', 'token', '--issuer', MIRROR_ISSUER, '--jti', HOSTILE.long, '--until', '2099-01-01T00:00:00Z'],
    ['revoke', 'subject', 'alice'],
    ['unmapped', 'block', '--issuer', MIRROR_ISSUER, '--sub', HOSTILE.script],
    ['unmapped', 'block', '--issuer', MIRROR_ISSUER, '--sub', HOSTILE.line],
  ]) {
    const { code, stderr } = await house.command(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  }
}

/**
 * Calls with hostile names and values; also a server whose catalog is hostile, with rules and people named alike.
 *
 * @param {House} house
 * @returns {Promise<Places>}
 */
export async function hostile(house) {
  house.keys.MIRROR_PEP_KEY = secret();
  house.keys.MALLORY_KEY = secret();
  const schema = { type: 'object', properties: { text: { type: 'string', maxLength: 3 } } };
  await house.apply({
    tenants: [{ slug: 'mirror', name: `Mirror ${HOSTILE.bidi} & Söhne` }],
    roles: [{ name: `caller ${HOSTILE.zeroWidth}`, tenant: 'mirror' }],
    subjects: [
      {
        id: `mallory${HOSTILE.image}`,
        kind: 'agent',
        name: `Mallory ${HOSTILE.bidi}${HOSTILE.script}`,
        memberships: [{ tenant: 'mirror', roles: [`caller ${HOSTILE.zeroWidth}`] }],
        identities: [{ issuer: MIRROR_ISSUER, sub: HOSTILE.mixed }],
        api_keys: [{ name: HOSTILE.script, secret_env: 'MALLORY_KEY' }],
      },
    ],
    servers: [
      {
        slug: 'mirror',
        url: 'http://127.0.0.1:9001/mcp',
        tenants: ['mirror'],
        tools: Object.values(HOSTILE).map((name, index) => ({
          name,
          title: name,
          description: Object.values(TEXTS).join('\n').replace(/[\u0000-\u0008\u000B-\u001F]/g, ''),
          risk: ['low', 'medium', 'high', 'critical'][index % 4],
          sensitivity: 'internal',
          read_only: false,
          input_schema: {
            type: 'object',
            additionalProperties: true,
            'x-authzen-mapping': {
              evaluation: {
                action: { name: `pay ${HOSTILE.bidi}` },
                resource: { type: 'customer', id: '$params.arguments.id' },
                context: { note: HOSTILE.script },
              },
            },
          },
          mapping: 'ignored',
          bindings: [{ pointer: `/no ${HOSTILE.bidi}/*`, type: 'customer', optional: true, unknown: 'allow' }],
        })),
      },
    ],
    resources: [
      { type: 'customer', id: 'c-42', tenant: 'acme', sensitivity: 'confidential', attributes: { region: 'eu' } },
      ...Object.values(HOSTILE).map((id) => ({ type: 'customer', id, tenant: 'mirror', attributes: { [id]: id } })),
    ],
    rules: [
      {
        name: `short ${HOSTILE.script}`,
        tenant: 'mirror',
        effect: 'allow',
        status: 'enforced',
        tools: ['mirror/*'],
        parameters: { ...schema, required: ['text'] },
      },
      {
        name: `ask ${HOSTILE.bidi}${HOSTILE.script}`,
        tenant: 'mirror',
        effect: 'allow',
        status: 'enforced',
        tools: ['mirror/*'],
        parameters: { properties: { ask: { const: true } }, required: ['ask'] },
        approval: { approvers: [`caller ${HOSTILE.zeroWidth}`], quorum: 2, expires_in: '2h', uses: 3 },
      },
    ],
    credentials: [
      {
        name: `mirror ${HOSTILE.mixed}`,
        server: 'mirror',
        trust: 'verify_token',
        responses: 'explained',
        secret_env: 'MIRROR_PEP_KEY',
      },
    ],
  });
  await issuers(house);
  /** @type {Places} */
  const places = {};
  for (const [name, tool] of Object.entries(HOSTILE)) {
    const of = /** @type {Record<string, string>} */ (TEXTS);
    const call = { key: 'MIRROR_PEP_KEY', caller: 'MALLORY_KEY', tool, arguments: { text: of[name] } };
    places[name] = (await house.decide(call)).id;
  }
  const everything = {
    ...TEXTS,
    text: HOSTILE.script,
    [HOSTILE.bidi]: 'a name that turns',
    [HOSTILE.script]: 'a name that acts',
    deep: { list: [1, 2.5, -3e40, true, null, { inner: [] }], empty: {} },
  };
  const call = { key: 'MIRROR_PEP_KEY', caller: 'MALLORY_KEY', tool: HOSTILE.script, arguments: everything };
  places.everything = (await house.decide(call)).id;
  const asks = { ...call, arguments: { ...everything, ask: true } };
  places.asks = (await house.decide(asks)).id;
  // Not in the catalog: the name comes from the caller alone, and every value is redacted.
  const unknown = { key: PEP, caller: 'BOB_KEY', tool: `${HOSTILE.script}${HOSTILE.zeroWidth}`, arguments: TEXTS };
  places.unknown = (await house.decide(unknown)).id;
  const odd = {
    key: PEP,
    tool: '',
    action: `tools/${HOSTILE.script}`,
    resource: { type: HOSTILE.image, id: HOSTILE.long },
    context: { agent: HOSTILE.bidi, nested: TEXTS },
  };
  places.odd = (await house.decide(odd)).id;
  // The owner is somebody whom both the demo's rule and the hostile one ask.
  await house.apply({
    subjects: [
      {
        id: 'frank',
        kind: 'user',
        name: 'Frank of finance',
        memberships: [
          { tenant: 'acme', roles: ['finance'] },
          { tenant: 'mirror', roles: [`caller ${HOSTILE.zeroWidth}`] },
        ],
      },
    ],
  });
  await linkOwner(house, 'frank');
  const wanted = { purpose: `order ${HOSTILE.bidi} ${HOSTILE.script}`, tools: ['mirror/*', `mirror/${HOSTILE.bidi}`] };
  places.task = await house.openTask('MALLORY_KEY', wanted);
  for (const tool of [HOSTILE.script, HOSTILE.bidi, 'nothing']) {
    const context = { task: places.task };
    await house.decide({ key: 'MIRROR_PEP_KEY', caller: 'MALLORY_KEY', tool, arguments: { text: 'x' }, context });
  }
  return places;
}

/** Calls of the demo, over and over, with amounts that vary. @type {((n: number) => Call)[]} */
const USUAL = [
  (n) => ({ key: PEP, caller: 'BOB_KEY', tool: 'get_customer', arguments: { customer_id: `c-${n}` } }),
  (n) => ({ key: PEP, caller: 'CAROL_KEY', tool: 'search_customers', arguments: { query: `q${n}`, limit: 10 } }),
  (n) => ({
    key: PEP,
    caller: 'REFUND_BOT_KEY',
    tool: 'refund',
    arguments: { customer_id: `c-${n}`, amount: n, currency: n % 7 === 0 ? 'GBP' : 'EUR' },
  }),
  (n) => ({
    key: PEP,
    caller: 'CAROL_KEY',
    tool: 'refund',
    arguments: { customer_id: `c-${n}`, amount: n * 3, currency: 'USD', reason: 'damaged on arrival' },
  }),
  (n) => ({ key: PEP, caller: 'CAROL_KEY', tool: 'delete_customer', arguments: { customer_id: `c-${n}` } }),
  (n) => ({ key: PEP, caller: 'DAVE_KEY', tool: 'get_customer', arguments: { customer_id: `c-${n}` } }),
  (n) => ({ key: PEP, caller: 'REFUND_BOT_KEY', tool: 'add_note', arguments: { customer_id: `c-${n}`, text: 'ok' } }),
];

/**
 * Many decisions of all kinds.
 *
 * @param {House} house
 * @param {number} count
 */
export async function many(house, count) {
  const calls = Array.from({ length: count }, (_, n) => /** @type {(n: number) => Call} */ (USUAL[n % USUAL.length])(n));
  const next = calls.values();
  const worker = async () => {
    for (const call of next) await house.decide(call);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

/**
 * Everything: the demo, the hostile ones, a few hundred decisions, hundreds of subjects, dozens of rules.
 *
 * @param {House} house
 * @returns {Promise<Places>}
 */
export async function full(house) {
  const places = { ...(await demo(house)), ...(await hostile(house)) };
  await house.apply({
    tenants: Array.from({ length: 20 }, (_, n) => ({ slug: `branch-${n}`, name: `Branch ${n} of a company with a long name` })),
    subjects: Array.from({ length: 300 }, (_, n) => ({
      id: `person-${n}@example.org`,
      kind: ['user', 'agent', 'service'][n % 3],
      memberships: [{ tenant: n % 2 === 0 ? 'acme' : `branch-${n % 20}`, roles: n % 4 === 0 ? ['support-agent'] : [] }],
    })),
    rules: Array.from({ length: 60 }, (_, n) => ({
      name: `rule ${n} ${'that says at length what it is for '.repeat(n % 4)}`.trim(),
      tenant: 'acme',
      effect: ['allow', 'require_approval', 'allow', 'deny'][n % 4],
      status: n % 5 === 0 ? 'enforced' : 'shadow',
      roles: ['finance'],
      tools: [n % 4 === 3 ? 'crm/export_customers' : ['crm/export_customers', 'crm/add_note', 'crm/refund'][n % 3]],
      ...(n % 4 === 1 ? { approval: { approvers: ['finance'], quorum: 1, expires_in: '1h', uses: 1 } } : {}),
    })),
  });
  await many(house, 320);
  // Webhooks that nobody answers: a refused address, and one that is switched off, with a message given up.
  for (const words of [
    ['webhook', 'create', `pager ${HOSTILE.bidi}`, '--url', `https://hooks.example/${'x'.repeat(200)}`, '--tenant', 'acme'],
    ['webhook', 'create', 'slack', '--url', 'http://10.255.255.1/hook', '--event', 'requested,decided'],
    ['webhook', 'disable', 'slack'],
    ['webhook', 'test', 'slack'],
    ['mail', 'set', 'mail.example.org', '--from', 'countersign@example.org'],
  ]) {
    const { code, stderr } = await house.command(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  }
  // One that is over: while one is in force, every page wears its bar.
  const stopped = await house.command('emergency', 'stop', 'server', 'crm', '--reason', 'A deployment went wrong');
  const [, stop] = /lift ([0-9a-f-]{36})/.exec(stopped.stdout) ?? [];
  if (stop === undefined) throw new Error(`nothing was stopped: ${stopped.stderr}`);
  await house.command('emergency', 'lift', stop);
  const late = await house.decide({
    key: PEP,
    caller: 'CAROL_KEY',
    tool: 'refund',
    arguments: { customer_id: 'c-43', amount: 12_000, currency: 'USD' },
  });
  places.late = late.id;
  await answered(house);
  return places;
}

/** What a copy of a request takes over as it is. */
const SAME = `tenant, subject, actor, credential, server, tool, action, resource_type, resource_id, task, definition_hash,
  arguments_digest, call, context, arguments, sealed, risk, sensitivity, requirements, uses, hold_for, filed_by, attempts`;

/**
 * Puts in requests that are over, the last months' of three rules: one that is always approved, one that is always denied,
 * and one of which anything became.
 *
 * @param {House} house on SQLite
 */
async function answered(house) {
  const hour = 3_600_000_000;
  for (const [first, rule, count, states] of [
    [11_000_000, '%"refunds by finance"%', 24, `'used'`],
    [20_000_000, '%"rule 5 %', 14, `'denied'`],
    [30_000_000, '%ask %', 12, `substr('used     denied   expired  cancelled', 1 + 9 * (n.i % 4), 9)`],
  ]) {
    const state = `trim(${states})`;
    await byHand(
      house,
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count} - 1)
       INSERT INTO approvals (id, binding, state, used, filed_at, last_attempt_at, expires_at, look_until, decided_at, decided_by,
         valid_until, ${SAME})
       SELECT substr(a.id, 1, 28) || (${first} - n.i), substr(a.binding, 1, 56) || (${first} + n.i), ${state},
         CASE ${state} WHEN 'used' THEN a.uses ELSE 0 END, a.filed_at - (1 + n.i) * 20 * ${hour}, a.filed_at - (1 + n.i) * 20 * ${hour},
         a.filed_at - (1 + n.i) * 20 * ${hour} + ${hour}, 0, a.filed_at - (1 + n.i) * 20 * ${hour} + (1 + n.i % 7) * 97000000,
         CASE WHEN ${state} IN ('used', 'denied') THEN 'grace' END, CASE ${state} WHEN 'used' THEN a.filed_at END, ${SAME}
       FROM (SELECT * FROM approvals WHERE requirements LIKE '${rule}' AND state = 'pending' LIMIT 1) a, n`,
    );
  }
}
