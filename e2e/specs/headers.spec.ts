// What every answer carries, what is never served, and who may change something.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LOOKS } from '../pages.mjs';
import { ask, post, type Answer } from '../support/ask.mjs';
import { ROOT } from '../support/house.mjs';
import { expect, SESSION_COOKIE, test } from '../support/fixtures';

/** Every server function of the app, by its endpoint. */
const FUNCTIONS = (() => {
  const app = path.join(ROOT, 'app/src');
  const files = readdirSync(app, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rs'));
  const sources = files.map((name) => readFileSync(path.join(app, name), 'utf8')).join('\n');
  const named = [...sources.matchAll(/#\[server\([^\]]*?endpoint = "([^"]+)"/g)].map(([, name]) => name ?? '');
  return [...new Set(named)].sort();
})();

/** The directives of a policy, each with its values. */
function policyOf(answer: Answer): Map<string, string[]> {
  const policy = answer.headers['content-security-policy'];
  expect(typeof policy, 'one policy').toBe('string');
  const directives = String(policy).split(';').map((directive) => directive.trim().split(/\s+/));
  return new Map(directives.map(([name = '', ...values]) => [name, values]));
}

function nonceOf(answer: Answer): string | undefined {
  const values = policyOf(answer).get('script-src') ?? [];
  return values.map((value) => /^'nonce-(.+)'$/.exec(value)?.[1]).find((nonce) => nonce !== undefined);
}

function expectKept(answer: Answer): void {
  const { headers } = answer;
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['x-frame-options']).toBe('DENY');
  expect(headers['referrer-policy']).toBe('same-origin');
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
  expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  expect(headers['permissions-policy']).toContain('camera=()');
  expect(headers.server).toBeUndefined();
  const policy = policyOf(answer);
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
  expect(policy.get('base-uri')).toEqual(["'none'"]);
  expect(policy.get('form-action')).toEqual(["'self'"]);
  expect(String(headers['content-security-policy'])).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
}

test.use({ filling: 'hostile' });

for (const look of LOOKS) {
  test(`${look.name}: a strict policy, and a nonce that is never the same`, async ({ house, places }) => {
    const at = look.at(places);
    expect(at, 'the house holds what the page would show').toBeDefined();
    const open = () => (look.anonymous ? ask(house.address, at!) : house.asOwner(at!));
    const [one, two] = [await open(), await open()];
    for (const answer of [one, two]) {
      expect(answer.status).toBe(look.status ?? 200);
      expectKept(answer);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      // Each script of the page carries the nonce that the header names, and nothing else could run.
      const nonce = nonceOf(answer);
      const scripts = answer.text.match(/<script\b[^>]*>/g) ?? [];
      for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
      expect(answer.text).not.toContain('<style');
    }
    if (nonceOf(one) !== undefined) {
      expect(nonceOf(one)).not.toBe(nonceOf(two));
      expect(nonceOf(one)?.length).toBeGreaterThanOrEqual(16);
    }
    if (!look.anonymous) {
      expect(policyOf(one).get('connect-src')).toEqual(["'self'"]);
      expect(policyOf(one).get('style-src')).toEqual(["'self'"]);
      expect(nonceOf(one)).toBeTruthy();
    }
  });
}

test('files are served by their embedded names only', async ({ house }) => {
  const paths = [
    '/data/countersign.db',
    '/countersign.db',
    '/audit.key',
    '/Cargo.toml',
    '/Cargo.lock',
    '/.env',
    '/x',
    '/../x',
    '/../countersign.db',
    '/../../../../etc/passwd',
    '/%2e%2e/countersign.db',
    '/pkg/',
    '/pkg/manifest.json',
    '/pkg/../manifest.json',
    '/pkg/..%2fmanifest.json',
    '/pkg/%2e%2e/%2e%2e/Cargo.toml',
    '/pkg//etc/passwd',
    '/pkg/%2fetc%2fpasswd',
    '/pkg/%00',
    `/pkg/${encodeURIComponent(`${house.folder}/countersign.db`)}`,
    `/pkg/${house.folder}/countersign.db`,
  ];
  for (const path of paths) {
    for (const answer of [await ask(house.address, path), await house.asOwner(path)]) {
      expect(answer.status, path).toBe(path === '/pkg/%00' && answer.status === 400 ? 400 : 404);
      expect(answer.text, path).not.toMatch(/SQLite format|\[package\]|root:|"wasm"/);
      expect(answer.text, path).not.toContain(house.folder);
    }
  }
});

test('the bundle is kept for good, packed, and by its type', async ({ house }) => {
  const { text } = await house.asOwner('/decisions');
  const names = [...new Set(text.match(/\/pkg\/[A-Za-z0-9._-]+/g))];
  for (const kind of [/\.css$/, /\.js$/, /\.wasm$/, /\.woff2$/]) {
    expect(names.filter((name) => kind.test(name)), String(kind)).not.toEqual([]);
  }
  const types: Record<string, string> = {
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    wasm: 'application/wasm',
    woff2: 'font/woff2',
  };
  for (const name of names) {
    expect(name, 'the content names the file').toMatch(/[.-][0-9a-f]{8,}\./);
    const answer = await ask(house.address, name, { headers: { 'Accept-Encoding': 'gzip, br' } });
    expect(answer.status, name).toBe(200);
    expectKept(answer);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toBe(types[name.split('.').at(-1) ?? '']);
    if (/\.(wasm|js|css)$/.test(name)) expect(answer.headers['content-encoding']).toBe('br');
    const plain = await ask(house.address, name);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers.vary).toContain('Accept-Encoding');
    for (const ending of ['.br', '.gz', '.map']) {
      expect((await ask(house.address, name + ending)).status, name + ending).toBe(404);
    }
  }
  for (const icon of ['/icon.svg', '/favicon.ico']) {
    expect((await ask(house.address, icon)).headers['content-type']).toBe('image/svg+xml');
  }
});

test('a change is taken from pages of this very console only', async ({ house }) => {
  const cookie = `${SESSION_COOKIE}=${house.session}`;
  const { port } = new URL(house.address);
  const foreign: Record<string, string | string[]>[] = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: `http://127.0.0.1:${Number(port) + 1}` },
    { Origin: `https://127.0.0.1:${port}` },
    { Origin: `http://127.0.0.1.evil.example:${port}` },
    { Origin: house.address, 'Sec-Fetch-Site': 'cross-site' },
    { Origin: house.address, 'Sec-Fetch-Site': 'same-site' },
    { Origin: [house.address, 'https://evil.example'] },
  ];
  const body = 'theme=dark&login=x&password=y&id=z';
  const form = 'application/x-www-form-urlencoded';
  const paths = ['/sign-in', '/sign-in/passkey', '/passkey', '/sign-out', '/setup', '/recover', '/account/theme', '/account/password', '/nowhere'];
  for (const path of [...paths, ...FUNCTIONS.map((name) => `/_fn/${name}`)]) {
    for (const headers of [{}, ...foreign]) {
      for (const session of [{}, { Cookie: cookie }]) {
        const answer = await ask(house.address, path, {
          method: 'POST',
          headers: { 'Content-Type': form, ...headers, ...session },
          body,
        });
        expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(403);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', '']) {
      const answer = await ask(house.address, path, {
        method: 'POST',
        headers: { Origin: house.address, Cookie: cookie, ...(type === '' ? {} : { 'Content-Type': type }) },
        body,
      });
      expect(answer.status, `${path} ${type}`).toBe(415);
    }
  }
  expect((await house.asOwner('/decisions')).status, 'and the owner is still signed in').toBe(200);
});

test('server functions answer signed-in pages of this console only', async ({ house }) => {
  expect(FUNCTIONS.length).toBeGreaterThanOrEqual(9);
  for (const name of [...FUNCTIONS, 'nothing-like-it']) {
    for (const [method, body] of [['GET', undefined], ['POST', 'id=x&than=y']] as const) {
      const answer = await ask(house.address, `/_fn/${name}?id=x&than=y`, {
        method,
        headers: {
          Accept: 'application/json',
          Origin: house.address,
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        ...(body === undefined ? {} : { body }),
      });
      expect(answer.status, `${method} ${name}`).toBe(401);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'sign_in_required', correlation: expect.any(String) });
      expectKept(answer);
    }
    const elsewhere = await house.asOwner(`/_fn/${name}?id=x&than=y`, { headers: { 'Sec-Fetch-Site': 'cross-site' } });
    expect(elsewhere.status, name).toBe(403);
  }
  expect((await house.asOwner('/_fn/nothing-like-it')).status).toBe(404);
  const frame = await house.asOwner('/_fn/frame', { headers: { Accept: 'application/json' } });
  expect(JSON.parse(frame.text).tenants).toHaveLength(3);
  expect(frame.headers['cache-control']).toBe('no-store');
});

test('odd requests are told so, and are no fault of ours', async ({ house }) => {
  const long = 'a'.repeat(6_000);
  for (const path of [
    '/decisions/%00',
    '/decisions?subject=%00',
    '/decisions?older_than=%ff',
    '/decisions/%ff%fe',
    `/decisions/${long}`,
    `/decisions?tool=${long}`,
    '/decisions?outcome=maybe&time=ever&reason=because',
    '/decisions?older_than=nothing&newer_than=nothing',
    '/changes/%00',
    '/changes?kind=%00&object=%00',
    '/changes?kind=nothing',
    '/decisions//',
    '/%',
    '/account/../decisions',
  ]) {
    const answer = await house.asOwner(path);
    expect(answer.status, path).toBeLessThan(500);
  }
  for (const name of FUNCTIONS) {
    for (const query of ['', '?query[time]=ever', '?id=%00&than=%00', `?id=${long}`, '?query[older_than]=%ff']) {
      const answer = await house.asOwner(`/_fn/${name}${query}`, { headers: { Accept: 'application/json' } });
      expect(answer.status, name + query).toBeLessThan(500);
    }
  }
  // A host of the caller's choosing is echoed nowhere.
  const answer = await ask(house.address, '/', { headers: { Host: 'evil.example' } });
  expect(answer.headers.location).toBe('/sign-in');
  const large = await post(house.address, '/sign-in', { login: 'x'.repeat(2 * 1024 * 1024) }).catch(() => undefined);
  if (large !== undefined) expect([400, 413]).toContain(large.status);
});
