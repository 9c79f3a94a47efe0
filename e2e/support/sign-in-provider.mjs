// A real OpenID provider (npm `oidc-provider`, certified) that people sign in by: for the stories of `tests/tests/sso` and
// the specs of sign-in. Whoever gives a name is that person; their groups are told in the ID token. Keys are made at the
// start and kept nowhere.
//
//   node sign-in-provider.mjs PORT REDIRECT_URI
//
// It says `ready URL` on stdout. A line on stdin is an order, answered by the same line on stdout:
//
//   groups NAME GROUP,GROUP    these are the groups of this person from now on; without the list, none
//
// It ends when stdin does, so that nothing is left running where a story breaks off.
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// What the provider needs of newer versions of Node, so that Debian's is enough.
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto);
// @ts-expect-error the package has no types
const { default: Provider } = await import('oidc-provider');

const [port = '', redirect = ''] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

/** @type {Map<string, string[]>} */
const groups = new Map([
  ['ann', ['admins', 'staff']],
  ['finn', ['finance']],
]);

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  clients: [
    {
      client_id: 'console',
      client_secret: 'the-secret-of-the-console',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: [redirect],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  scopes: ['openid', 'profile'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  // What the scopes ask for stands in the ID token itself.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  // A story may let hours pass between two sign-ins.
  ttl: { IdToken: 12 * 3600, Interaction: 600, Grant: 3600, Session: 3600, AccessToken: 600 },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  features: { devInteractions: { enabled: false } },
  interactions: {
    /**
     * @param {unknown} _context
     * @param {{ uid: string }} interaction
     */
    url: (_context, interaction) => `/interaction/${interaction.uid}`,
  },
  /**
   * @param {unknown} _context
   * @param {string} id
   */
  findAccount: (_context, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      name: `Somebody, ${id}`,
      preferred_username: `${id}@idp.example`,
      groups: groups.get(id) ?? [],
    }),
  }),
  /**
   * Nobody is asked whether the console may know who they are.
   *
   * @param {any} context
   */
  async loadExistingGrant(context) {
    const { client, session, provider: own } = context.oidc;
    const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();

/**
 * The provider's own sign-in page: a name, and no password.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function interact(request, response) {
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(
      '<!doctype html><html lang="en"><title>Provider</title><h1>Who are you?</h1>' +
        '<form method="post"><label>Name <input name="login"></label><button>Continue</button></form></html>',
    );
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const accountId = new URLSearchParams(body).get('login') ?? '';
  await provider.interactionFinished(request, response, { login: { accountId } }, { mergeWithLastSubmission: false });
}

const server = createServer((request, response) => {
  // Browsers ask for it by themselves, and tell their console where there is none.
  if (request.url === '/favicon.ico') {
    response.statusCode = 204;
    response.end();
    return;
  }
  if (!request.url?.startsWith('/interaction/')) {
    answer(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`ready ${issuer}\n`));

const orders = createInterface({ input: process.stdin });
orders.on('line', (order) => {
  const [word, name = '', list = ''] = order.split(' ');
  if (word === 'groups') groups.set(name, list === '' ? [] : list.split(','));
  process.stdout.write(`${order}\n`);
});
orders.on('close', () => process.exit(0));
