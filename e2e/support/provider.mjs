// A real OpenID provider (npm `oidc-provider`, certified) for the stories of `tests/tests/issuer.rs`. It issues JWT access
// tokens (RFC 9068) to clients by `client_credentials`, for the server that they name (`resource`, RFC 8707); bound to a
// key where the client shows a proof of it (RFC 9449). Of opaque tokens it can be asked (RFC 7662). Keys are made at the
// start and kept nowhere.
//
//   node provider.mjs PORT AUDIENCE
//
// It says `ready URL` on stdout. A line on stdin is an order, answered by a line on stdout:
//
//   rotate    signs with fresh keys from now on, and publishes them alone
//
// It ends when stdin does, so that nothing is left running where a story breaks off.
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// What the provider needs of newer versions of Node, so that Debian's is enough.
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto);
// @ts-expect-error the package has no types
const { default: Provider, errors } = await import('oidc-provider');

const [port = '', audience = ''] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

/**
 * Who gets tokens, and how they are signed. The secret is the client's name.
 * @type {Record<string, string>}
 */
const algorithms = {
  'support-app': 'ES256',
  'billing-app': 'RS256',
  'night-job': 'EdDSA',
  stranger: 'ES256',
  // Who asks about tokens.
  countersign: 'ES256',
};

/**
 * What may be asked for as `resource`: tokens for the MCP server, for another one, such that end at once, and such that
 * are no JWT.
 * @type {Record<string, { audience: string, ttl?: number, format?: string }>}
 */
const resources = {
  [audience]: { audience },
  'https://elsewhere.example/mcp': { audience: 'https://elsewhere.example/mcp' },
  'urn:story:short': { audience, ttl: 1 },
  'urn:story:opaque': { audience, format: 'opaque' },
};

function signingKeys() {
  const made = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
  return Object.entries(made).map(([alg, { privateKey }]) => ({
    ...privateKey.export({ format: 'jwk' }),
    kid: `${alg}-${randomBytes(6).toString('hex')}`,
    use: 'sig',
    alg,
  }));
}

function provider() {
  return new Provider(issuer, {
    jwks: { keys: signingKeys() },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clients: Object.keys(algorithms).map((name) => ({
      client_id: name,
      client_secret: name,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'crm:read crm:refund',
    })),
    scopes: ['crm:read', 'crm:refund'],
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'],
    },
    // Of an opaque token it says no `sub` by itself, as there is no account; a JWT's says the same.
    /**
     * @param {unknown} _context
     * @param {{ clientId: string }} token
     */
    extraTokenClaims: (_context, token) => ({ sub: token.clientId }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        /**
         * @param {unknown} _context
         * @param {string} indicator
         * @param {{ clientId: string }} client
         */
        getResourceServerInfo(_context, indicator, client) {
          const known = resources[indicator];
          if (!known) {
            throw new errors.InvalidTarget();
          }
          return {
            scope: 'crm:read crm:refund',
            audience: known.audience,
            accessTokenTTL: known.ttl ?? 600,
            accessTokenFormat: known.format ?? 'jwt',
            jwt: { sign: { alg: algorithms[client.clientId] } },
          };
        },
      },
    },
  });
}

let answer = provider().callback();
const server = createServer((request, response) => answer(request, response));
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`ready ${issuer}\n`));

const orders = createInterface({ input: process.stdin });
orders.on('line', (order) => {
  if (order === 'rotate') {
    answer = provider().callback();
    process.stdout.write('rotated\n');
  } else {
    process.stdout.write(`unknown order ${order}\n`);
  }
});
orders.on('close', () => process.exit(0));
