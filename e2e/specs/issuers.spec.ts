// Issuers: added, told what is wrong, switched off, deleted. Unmapped callers: mapped, blocked. Tokens of a real
// provider, taken back one by one and all at once; each denies the very next call.

import { demo } from '../support/filling.mjs';
import { expectFault, expectRefused, expectSaved, keepUndo, moment, ready, rowOf, unique } from '../support/forms';
import { expect, test as base, type House, type Page } from '../support/fixtures';
import { claimsOf, Issuer } from '../support/issuer.mjs';

const test = base.extend<{ issuer: Issuer }>({
  issuer: async ({}, use) => {
    const issuer = await Issuer.open();
    await use(issuer);
    await issuer.close();
  },
});

const UNMAPPED = 'Unmapped callers, the last seen first';

/** Every member of acme may read. */
function read(house: House, token: string) {
  house.keys[token] = token;
  return house.decide({ key: 'CRM_PEP_KEY', caller: token, tool: 'get_customer', arguments: { customer_id: 'c-42' } });
}

/** The provider is registered; its tokens count in acme. */
async function register(house: House, { url }: Issuer): Promise<void> {
  await house.apply({ issuers: [{ url, name: `Provider ${url}`, tenants: ['acme'], clock_skew: 0 }] });
}

/** Identities are noted beside the answers, so they are looked for until they are there. */
async function openUnmapped(page: Page, house: House, { url }: Issuer, sub: string): Promise<void> {
  const at = `/unmapped?q=${encodeURIComponent(url)}`;
  await expect.poll(async () => (await house.asOwner(at)).text).toContain(sub);
  await page.goto(at);
  await ready(page);
}

async function openForm(page: Page): Promise<void> {
  await page.goto('/issuers');
  await ready(page);
  await page.getByRole('link', { name: 'Add issuer' }).click();
  await expect(page.getByRole('heading', { name: 'New issuer' })).toBeVisible();
  await ready(page);
}

test('an issuer is added; what is wrong is said at its field', { tag: '@no-script' }, async ({ page }) => {
  const good = `https://idp.example/realms/${unique('realm')}%2F`;
  await openForm(page);
  const url = page.getByLabel('URL', { exact: true });
  const skew = page.getByLabel('Clock skew, in seconds');
  const keys = page.getByLabel('Address of the key set');
  await expect(page.getByText('only the claims tell an access token from an ID token')).toBeVisible();
  await expect(keys, 'it is shown once it is chosen').toBeHidden();
  await page.getByRole('radio', { name: /^An address/ }).check();
  await url.fill('http://idp.example');
  await keys.fill('idp.example/keys');
  for (const name of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    await page.getByRole('checkbox', { name: new RegExp(`${name}$`) }).uncheck();
  }
  await page.getByRole('checkbox', { name: /Acme Corp/ }).check();
  await page.getByRole('switch', { name: /Require a token id/ }).uncheck();
  await skew.fill('301');
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectRefused(
    page,
    /^Write it as the tokens do in iss/,
    /^Write an address such as/,
    'Tick at least one.',
    'Write a whole number from 0 to 300.',
  );
  await expectFault(url, 'Write it as the tokens do');
  await expectFault(keys, 'Write an address such as');
  await expectFault(skew, 'Write a whole number from 0 to 300.');
  await expect(url).toHaveValue('http://idp.example');
  await expect(page.getByRole('checkbox', { name: /Acme Corp/ })).toBeChecked();
  await expect(page.getByRole('switch', { name: /Require a token id/ })).not.toBeChecked();
  await expect(page.getByRole('switch', { name: /Require the type/ })).toBeChecked();

  await url.fill(good);
  await keys.fill('https://idp.example/keys');
  await page.getByRole('checkbox', { name: /ES256$/ }).check();
  await skew.fill('60');
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectSaved(page, 'The issuer was added.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(good);
  const settings = page.locator('.card', { has: page.getByRole('heading', { name: 'Settings' }) });
  await expect(settings).toContainText('A token without it cannot be revoked by itself.');
  await expect(settings.getByText('Weaker')).toHaveCount(2);
  await expect(settings).toContainText('https://idp.example/keys');
  await expect(page.getByText('This instance has no keys of it yet.')).toBeVisible();

  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Issuers' }).click();
  const row = rowOf(page, 'Issuers by URL', good);
  await expect(row).toContainText(/acme.*Weaker.*Token id \(jti\), Clock skew.*Active/);
  await row.getByRole('link').click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByRole('heading', { name: 'Edit issuer' })).toBeVisible();
  await ready(page);
  await expect(url, 'the URL stays').toHaveCount(0);
  await expect(skew).toHaveValue('60');
  await skew.fill('30');
  await page.getByRole('switch', { name: /Require a token id/ }).check();
  await page.getByLabel('Name optional').fill('Söhne & "Co"');
  await page.getByRole('button', { name: 'Save issuer' }).click();
  await expectSaved(page, 'The issuer was saved.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Söhne & "Co"');
  await expect(settings.getByText('Weaker')).toHaveCount(0);

  await openForm(page);
  await url.fill(good);
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectRefused(page, 'This is taken. Choose another.');
});

test('a secret key is refused, and kept nowhere', { tag: '@no-script' }, async ({ page, house }) => {
  await openForm(page);
  await page.getByLabel('URL', { exact: true }).fill('https://idp.example/secret');
  await page.getByRole('radio', { name: /^A key set, pasted/ }).check();
  const set = page.locator('textarea[name="jwks"]');
  const key = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'very-secret' };
  await set.fill(JSON.stringify({ keys: [key] }));
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectRefused(page, /^This holds a secret key, which was not kept\./);
  await expect(set).toHaveValue('');
  expect(page.url()).not.toContain(Buffer.from('very-secret').toString('hex'));
  expect(house.log()).not.toContain('very-secret');
});

test('a client secret is kept, and never shown again', { tag: '@no-script' }, async ({ open, browse }) => {
  // In a house of its own: wherever an issuer introspects, each key that nobody knows is asked about.
  const house = await open();
  await demo(house);
  const page = await browse(house);
  const good = `https://idp.example/asked/${unique('realm')}`;
  const secret = unique('very-secret');
  await openForm(page);
  await page.getByLabel('URL', { exact: true }).fill(good);
  const typed = page.getByLabel('Client secret');
  await expect(typed, 'it is shown once it is asked for').toBeHidden();
  await page.getByRole('radio', { name: /^Yes, with the secret in a header/ }).check();
  await page.getByLabel('Address to ask at').fill(`${good}/introspect`);
  await page.getByLabel('Client id').fill('countersign');
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectRefused(page, 'Fill this in.');
  await expectFault(typed, 'Fill this in.');
  await typed.fill(secret);
  await page.getByRole('button', { name: 'Add issuer' }).click();
  await expectSaved(page, 'The issuer was added.');
  const settings = page.locator('.card', { has: page.getByRole('heading', { name: 'Settings' }) });
  await expect(settings).toContainText(`on each call, as countersign, at ${good}/introspect`);
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByRole('heading', { name: 'Edit issuer' })).toBeVisible();
  await ready(page);
  await expect(typed).toHaveValue('');
  await page.getByRole('button', { name: 'Save issuer' }).click();
  await expect(page.getByText('Nothing was changed: it was so already.'), 'left empty, it stays').toBeVisible();
  // At another address it does not go by itself.
  await page.getByRole('link', { name: 'Edit' }).click();
  await ready(page);
  await page.getByLabel('Address to ask at').fill('https://elsewhere.example/introspect');
  await page.getByRole('button', { name: 'Save issuer' }).click();
  await expectRefused(page, 'Fill this in.');
  expect(await page.content()).not.toContain(secret);
  expect(house.log()).not.toContain(secret);
});

test('an unknown caller is mapped, and its tokens are taken back', { tag: '@no-script' }, async ({ page, house, issuer }) => {
  await register(house, issuer);
  const id = unique('app');
  await house.apply({ subjects: [{ id, kind: 'service', memberships: [{ tenant: 'acme' }] }] });
  const [one, two] = [await issuer.token('support-app'), await issuer.token('support-app')];
  expect(await read(house, one)).toMatchObject({ decision: false, reason: 'unknown_subject' });

  await openUnmapped(page, house, issuer, 'support-app');
  const row = rowOf(page, UNMAPPED, 'support-app');
  await expect(row).toContainText(/crm.*get_customer.*1 attempt/);
  await row.getByRole('link', { name: 'Map support-app' }).click();
  await expect(page.getByRole('heading', { name: 'Map support-app to a subject' })).toBeVisible();
  await ready(page);
  const subject = page.getByLabel('Subject', { exact: true });
  await expect(page.locator(`datalist option[value="${id}"]`)).toHaveCount(1);
  await subject.fill('nobody-at-all');
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await expectRefused(page, /^This is unknown, or gone by now\./);
  await expectFault(subject, 'This is unknown');
  await subject.fill(id);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await expectSaved(page, 'The identity was mapped.');
  await expect(page).toHaveURL(new RegExp(`/subjects/${id}\\?`));
  const known = rowOf(page, 'Identities by issuer', 'support-app');
  await expect(known).toContainText(issuer.url);
  expect(await read(house, one)).toMatchObject({ decision: true });

  // One token.
  await keepUndo(page);
  await page.goto(`/issuers/${issuer.id}`);
  await ready(page);
  await expect(rowOf(page, 'Keys of the issuer', 'ES256-')).toHaveCount(1);
  await page.getByRole('link', { name: 'Revoke a token' }).click();
  await expect(page.getByRole('heading', { name: 'Revoke a token' })).toBeVisible();
  await ready(page);
  const jti = page.getByLabel('Token id (jti)');
  await jti.fill(one);
  await page.getByLabel('Until, in UTC').fill(moment(1));
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await expectRefused(page, /^This is a token, which was not kept\./);
  await expect(jti).toHaveValue('');
  expect(page.url()).not.toContain(Buffer.from(one.slice(0, 40)).toString('hex'));
  await jti.fill(String(claimsOf(one).jti));
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await expectSaved(page, 'The token was revoked.');
  await expect(rowOf(page, 'Revoked tokens by id', String(claimsOf(one).jti))).toContainText('ada@example.org');
  expect(await read(house, one)).toMatchObject({ decision: false, reason: 'token_revoked' });
  expect(await read(house, two)).toMatchObject({ decision: true });

  // The whole issuer, for a moment.
  await page.getByRole('button', { name: 'Disable' }).click();
  await expectSaved(page, 'The issuer was disabled.');
  await expect(page.locator('.page-head')).toContainText('Disabled');
  expect(await read(house, two)).toMatchObject({ decision: false, reason: 'token_invalid' });
  await page.getByRole('button', { name: 'Undo: enable it again' }).click();
  await expectSaved(page, 'The issuer was enabled.');
  expect(await read(house, two)).toMatchObject({ decision: true });
  await page.getByRole('button', { name: 'Fetch now' }).click();
  await expect(page.locator('.notice-success', { hasText: 'The keys were fetched.' })).toBeVisible();
  await ready(page);

  // All tokens of the subject; a new one counts.
  await page.goto(`/subjects/${id}`);
  await ready(page);
  await page.getByRole('link', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('heading', { name: `Sign ${id} out everywhere?` })).toBeVisible();
  await expect(page.getByText('It has no API key. It was never done before.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expectSaved(page, 'The subject was signed out everywhere.');
  await expect(page.getByText(/^Signed out everywhere .+: tokens issued until then count no longer\.$/)).toBeVisible();
  expect(await read(house, two)).toMatchObject({ decision: false, reason: 'token_revoked' });
  let fresh = '';
  const decided = async () => {
    fresh = await issuer.token('support-app');
    return (await read(house, fresh)).decision;
  };
  await expect.poll(decided).toBe(true);

  // The end of the issuer, in numbers; then of the identity.
  await page.goto(`/issuers/${issuer.id}`);
  await ready(page);
  await page.getByRole('link', { name: 'Delete' }).click();
  await expect(page.getByText('1 identity of it belongs to a subject.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Delete issuer' }).click();
  await expectSaved(page, 'The issuer was deleted.');
  expect(await read(house, fresh)).toMatchObject({ decision: false, reason: 'token_invalid' });
  expect((await page.goto(`/issuers/${issuer.id}`))?.status()).toBe(404);
  await ready(page);
  await page.goto(`/subjects/${id}`);
  await ready(page);
  await known.getByRole('link', { name: 'Remove support-app' }).click();
  await expect(page.getByRole('heading', { name: 'Remove the identity support-app?' })).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Remove identity' }).click();
  await expectSaved(page, 'The identity was removed.');
  await expect(page.getByText("No issuer's token stands for it.")).toBeVisible();
});

test('a caller is blocked and unblocked', { tag: '@no-script' }, async ({ page, house, issuer }) => {
  await register(house, issuer);
  const token = await issuer.token('stranger');
  expect(await read(house, token)).toMatchObject({ decision: false, reason: 'unknown_subject' });
  await openUnmapped(page, house, issuer, 'stranger');
  const row = rowOf(page, UNMAPPED, issuer.url);
  await row.getByRole('button', { name: 'Block stranger' }).click();
  await expectSaved(page, 'The identity was blocked.');
  await expect(row).toHaveCount(0);
  expect(await read(house, token)).toMatchObject({ decision: false, reason: 'unknown_subject' });
  const map = ['unmapped', 'map', '--issuer', issuer.url, '--sub', 'stranger', '--subject', 'alice'];
  expect((await house.command(...map)).stderr).toContain('is blocked; unblock it first');

  await page.getByRole('navigation', { name: 'Identities' }).getByRole('link', { name: 'Blocked' }).click();
  await expect(row).toContainText('stranger');
  await expect(row.getByRole('link', { name: 'Map stranger' })).toHaveCount(0);
  await row.getByRole('button', { name: 'Unblock stranger' }).click();
  await expectSaved(page, 'The identity was unblocked.');
  await page.goto('/unmapped?state=blocked');
  await ready(page);
  await expect(row).toHaveCount(0);
});

test('keys that cannot be fetched are told why', { tag: '@no-script' }, async ({ page, house, issuer }) => {
  await register(house, issuer);
  await issuer.close();
  await page.goto(`/issuers/${issuer.id}`);
  await ready(page);
  await page.getByRole('button', { name: 'Fetch now' }).click();
  const failure = page.getByRole('alert').filter({ hasText: 'The last fetch failed' });
  await expect(failure).toContainText(issuer.url);
  await expect(failure).toContainText('cannot be reached');
  await page.goto('/issuers');
  await ready(page);
  await expect(rowOf(page, 'Issuers by URL', issuer.url)).toContainText('Last fetch failed');
});
