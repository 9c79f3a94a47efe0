// @ts-check
// The question asked before every tool call: may this caller do exactly this?
//
// Copy this file into your own server. It needs no package, Node 20 or later, and a running Countersign. It fails
// closed: whatever is not a readable 200 with `"decision": true` is a denial. It never retries and keeps nothing: a
// decision holds for one call.

/** No answer in this time is a denial, in milliseconds. */
const TIMEOUT = 2_000;

/** Where a call's `_meta` names the task that it belongs to. */
const TASK = 'countersign/task';

/**
 * Where to ask, and as whom.
 *
 * @typedef {object} Settings
 * @property {string} countersign the base URL, such as http://127.0.0.1:8787
 * @property {string} key the enforcement key of this server
 *
 * What was decided about one call; tool results carry it under `_meta.countersign`.
 * @typedef {object} Verdict
 * @property {boolean} decision
 * @property {string} reason a stable code, such as `allowed` or `no_matching_rule`
 * @property {string | null} decision_id finds the record in the console; none if the endpoint could not be asked
 * @property {{ status_url: string, expires_at: string }} [approval] a person was asked to approve this very call; made
 *   again, it passes once it is approved
 * @property {number} micros how long the endpoint took, as seen from here
 *
 * What is used of the SDK's `Server`, which an `McpServer` has as `server`.
 * @typedef {object} Handlers
 * @property {(method: string) => void} assertCanSetRequestHandler
 * @property {(schema: any, handler: (request: any, extra: any) => any) => void} setRequestHandler
 */

/**
 * From here on every `tools/call` of this server is decided before its handler runs, whichever tool it is for.
 * Throws where the handler is set already: enforce first, then register tools.
 *
 * @param {Handlers} server
 * @param {Settings} settings
 */
export function enforce(server, settings) {
  const check = checker(settings);
  server.assertCanSetRequestHandler('tools/call');
  const setRequestHandler = server.setRequestHandler.bind(server);
  server.setRequestHandler = (schema, handler) =>
    setRequestHandler(schema, async (request, extra) => {
      if (request.method !== 'tools/call') return handler(request, extra);
      const { name, arguments: given = {} } = request.params;
      const token = bearerToken(extra.requestInfo?.headers);
      const [verdict, text] = await check(name, given, token, taskOf(request.params._meta));
      const meta = { countersign: verdict };
      if (!verdict.decision) return { content: [{ type: 'text', text }], isError: true, _meta: meta };
      const result = await handler(request, extra);
      return { ...result, _meta: { ...result._meta, ...meta } };
    });
}

/**
 * Asks whether the holder of `token` may call `tool` with these arguments. A caller without a token is asked about
 * too, so that the refusal is on record. `task` is the one that the call names; it narrows, so whoever calls may name
 * it. The second of the pair is a text that the caller may read.
 *
 * @param {Settings} settings
 * @returns {(tool: string, args: Record<string, unknown>, token?: string, task?: string) => Promise<[Verdict, string]>}
 */
export function checker({ countersign, key }) {
  const endpoint = new URL(`${countersign.replace(/\/+$/, '')}/access/v1/evaluation`);
  // What cannot stand in a header would be quoted in an error, and so in a log.
  if (!/^[\x21-\x7E]+$/.test(key)) throw new Error('the enforcement key is empty, or holds a space or a line break');
  return async (tool, args, token, task) => {
    const question = {
      subject: { type: 'user', id: 'self' }, // whoever the token names
      action: { name: 'tools/call' },
      resource: { type: 'tool', id: tool, properties: { arguments: args } },
      context: { ...(token !== undefined && { access_token: token }), ...(task !== undefined && { task }) },
    };
    const started = performance.now();
    const [answer, text] = await ask(endpoint, key, question).catch(
      /** @returns {Read} */ (error) => {
        const cause = error.cause === undefined ? '' : ` (${error.cause.code ?? error.cause})`;
        console.error(`${JSON.stringify(tool)} denied, no decision: ${error}${cause}`);
        return [
          { decision: false, reason: 'endpoint_unavailable', decision_id: null },
          'This call could not be authorised right now, so it was not made. Try again later.',
        ];
      },
    );
    return [{ ...answer, micros: Math.round((performance.now() - started) * 1_000) }, text];
  };
}

/** @typedef {[Omit<Verdict, 'micros'>, string]} Read */

/**
 * Throws on anything but a 200 with a true or false `decision`; a denial is a 200 as well.
 *
 * @param {URL} endpoint
 * @param {string} key
 * @param {unknown} question
 * @returns {Promise<Read>}
 */
async function ask(endpoint, key, question) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(question),
    // The request carries two secrets: it goes to this address and to no other.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the endpoint answered ${response.status}`);
  }
  const body = await response.json();
  const decision = body?.decision;
  if (decision !== true && decision !== false) throw new Error('unreadable answer');
  const { reason, reason_user, access_request } = body.context ?? {};
  const verdict = {
    decision,
    reason: words(reason) ?? (decision ? 'allowed' : 'denied'),
    decision_id: response.headers.get('countersign-decision-id'),
  };
  const text = words(reason_user?.en) ?? 'This call is not allowed.';
  const status_url = words(access_request?.form_url);
  const expires_at = words(access_request?.expires_at);
  if (status_url === undefined || expires_at === undefined) return [verdict, text];
  const wait = `A person has been asked. See ${status_url} (until ${expires_at}), and make exactly this call again once it is approved.`;
  return [{ ...verdict, approval: { status_url, expires_at } }, `${text} ${wait}`];
}

/**
 * All of it is optional: a key whose answers are yes or no is told no reason.
 *
 * @param {unknown} value
 */
function words(value) {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The task that a call names in its `_meta`; only a text is one.
 *
 * @param {Record<string, unknown>} [meta]
 */
export function taskOf(meta) {
  const task = meta?.[TASK];
  return typeof task === 'string' ? task : undefined;
}

/**
 * The bearer token of an incoming request; none if there is no `Authorization`, or more than one.
 *
 * @param {Record<string, string | string[] | undefined>} [headers] with names in lower case
 */
export function bearerToken(headers = {}) {
  const { authorization } = headers;
  return typeof authorization === 'string' ? /^Bearer +([^\s,]+) *$/i.exec(authorization)?.[1] : undefined;
}
