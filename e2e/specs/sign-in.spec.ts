// Signing in and out: one answer for whoever may not, a brake on guessing that leaves known browsers alone, sessions
// that end everywhere.

import { ask, post, setCookie } from '../support/ask.mjs';
import { expect, hydrated, OWNER, scripted, SESSION_COOKIE, test, type Page } from '../support/fixtures';

const WRONG = 'The login or the password is not right.';
const DEVICE_COOKIE = 'countersign-device';

test.use({ filling: 'empty', as: 'anonymous' });

async function signIn(page: Page, given: { login?: string; password?: string } = {}): Promise<void> {
  const { login, password } = { ...OWNER, ...given };
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('the owner signs in, reads, and signs out', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house, { session: null });
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(page).toHaveTitle('Sign in · Countersign');
  // Logins are not case-sensitive, nor is a space at their end part of them.
  await signIn(page, { login: ` ${OWNER.login.toUpperCase()} ` });
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');

  await page.goto('/sign-in');
  await expect(page, 'who is signed in needs no door').toHaveURL(/\/$/);

  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  expect((await page.context().cookies()).map((cookie) => cookie.name)).not.toContain(SESSION_COOKIE);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 }), 'nothing is left in the history').toHaveText('Sign in');
});

test('a wrong password and an unknown login are one answer', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house, { session: null });
  await page.goto('/sign-in');
  for (const given of [{ password: 'not the password' }, { login: 'nobody@example.org' }]) {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await signIn(page, given);
    expect((await answered).status()).toBe(403);
    await expect(page.getByRole('alert')).toHaveText(WRONG);
    await expect(page.getByRole('alert')).toBeFocused();
    await expect(page.getByLabel('Login')).toHaveValue(given.login ?? OWNER.login);
    await expect(page.getByLabel('Password')).toHaveValue('');
  }

  // The very same page, but for the login that was typed.
  const of = async (login: string) => {
    const answer = await post(house.address, '/sign-in', { login, password: 'not the password' }, { from: '127.0.0.9' });
    const own = ['date', 'x-request-id', 'content-length'];
    const headers = Object.entries(answer.headers).filter(([name]) => !own.includes(name));
    return { status: answer.status, headers, text: answer.text.replaceAll(login, 'LOGIN') };
  };
  expect(await of('ghost@example.org')).toEqual(await of(OWNER.login));
});

test('nothing typed is not tried', async ({ open }) => {
  const house = await open();
  const answer = await post(house.address, '/sign-in', { login: OWNER.login, password: '' });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('Give your login and your password.');
});

test('guessing is slowed down, also for who guesses right', async ({ open, browse }) => {
  const house = await open();
  const statuses: number[] = [];
  // Attempts are counted by the minute: one that begins meanwhile forgives the first few.
  while (statuses.at(-1) !== 429 && statuses.length < 12) {
    const answer = await post(house.address, '/sign-in', { login: OWNER.login, password: 'guess' });
    statuses.push(answer.status);
    if (answer.status === 429) {
      const wait = Number(answer.headers['retry-after']);
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
      expect(answer.text).toContain(`Too many attempts. Try again in ${wait} seconds.`);
    }
  }
  expect(statuses.slice(0, 5)).toEqual([403, 403, 403, 403, 403]);
  expect(statuses.at(-1)).toBe(429);

  // The right password does not help while the brake is on; elsewhere it does.
  const credentials = { login: OWNER.login, password: OWNER.password };
  const braked = await post(house.address, '/sign-in', credentials);
  expect([429, 303]).toContain(braked.status);
  const elsewhere = await post(house.address, '/sign-in', credentials, { from: '127.0.0.8' });
  expect(elsewhere.status, 'one address cannot lock the owner out').toBe(303);

  if (braked.status === 429) {
    const page = await browse(house, { session: null });
    await page.goto('/sign-in');
    await signIn(page);
    // The minute may have turned meanwhile: then the right password is right again.
    const braked = page.getByRole('alert').filter({ hasText: /Too many attempts/ });
    await expect(braked.or(page.getByRole('heading', { name: 'Overview', level: 1 }))).toBeVisible();
  }
});

test('the cookie is for this host and for no script', async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house, { session: null });
  await page.goto('/decisions?outcome=denied');
  await expect(page).toHaveURL(/\/sign-in$/);
  await signIn(page);
  await expect(page, 'back to where the visitor wanted to go').toHaveURL(/\/decisions\?outcome=denied$/);

  const cookies = await page.context().cookies();
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual([SESSION_COOKIE, DEVICE_COOKIE]);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1' });
  }
  expect(cookies.find(({ name }) => name === SESSION_COOKIE)?.expires).toBe(-1);
  expect(await page.evaluate(() => document.cookie)).toBe('');

  const answer = await post(house.address, '/sign-in', { login: OWNER.login, password: OWNER.password });
  const set = [...(answer.headers['set-cookie'] ?? [])].sort();
  expect(set).toHaveLength(2);
  expect(set[0]).toMatch(/^countersign-device=[^;]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=15552000$/);
  expect(set[1]).toMatch(/^countersign=[^;]+; HttpOnly; SameSite=Lax; Path=\/$/);
});

test('a browser that signed in before is not kept out by others', async ({ open }) => {
  const house = await open();
  const credentials = { login: OWNER.login, password: OWNER.password };
  const first = await post(house.address, '/sign-in', credentials, { from: '127.0.0.5' });
  const device = `${DEVICE_COOKIE}=${setCookie(first, DEVICE_COOKIE)}`;
  // Somebody at the same address guesses until the brake is on. Should its minute end meanwhile, they go on.
  const guess = () => post(house.address, '/sign-in', { login: OWNER.login, password: 'guess' }, { from: '127.0.0.5' });
  await expect.poll(async () => (await guess()).status, { intervals: [0] }).toBe(429);

  const known = await post(house.address, '/sign-in', credentials, { from: '127.0.0.5', cookie: device });
  expect(known.status).toBe(303);
  expect(setCookie(known, DEVICE_COOKIE), 'it stays the same browser').toBe(setCookie(first, DEVICE_COOKIE));
});

test('a session that was planted before is worth nothing after', async ({ open }) => {
  const house = await open();
  const planted = setCookie(
    await post(house.address, '/sign-in', { login: OWNER.login, password: OWNER.password }),
    SESSION_COOKIE,
  );
  const cookie = `${SESSION_COOKIE}=${planted}`;
  const again = await post(house.address, '/sign-in', { login: OWNER.login, password: OWNER.password }, { cookie });
  const fresh = setCookie(again, SESSION_COOKIE);
  expect(fresh).toBeTruthy();
  expect(fresh).not.toBe(planted);
  const old = await ask(house.address, '/decisions', { headers: { Cookie: cookie } });
  expect(old.status).toBe(303);

  for (const made of ['x', '0', '1', 'AAAAAAAAAAAAAAAAAAAAAA', `${fresh}; ${SESSION_COOKIE}=${planted}`]) {
    const answer = await ask(house.address, '/decisions', { headers: { Cookie: `${SESSION_COOKIE}=${made}` } });
    expect(answer.status, made).toBe(303);
    expect(answer.headers.location).toBe('/sign-in');
  }
});

test('the way back never leads to another site', async ({ open }) => {
  const house = await open();
  for (const to of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/decisions\r\nX: y', '']) {
    const planted = Buffer.from(to).toString('base64url');
    const answer = await post(
      house.address,
      '/sign-in',
      { login: OWNER.login, password: OWNER.password },
      { cookie: `countersign-return=${planted}`, from: '127.0.0.7' },
    );
    // Five of them are let through in a minute.
    if (answer.status === 429) continue;
    expect(answer.status).toBe(303);
    expect(answer.headers.location, to).toBe('/');
  }
});

test('a session that ended has ended everywhere', async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house);
  await page.goto('/decisions');
  await hydrated(page);
  const other = await page.context().newPage();
  await other.goto('/account');
  await hydrated(other);
  const cookie = (await page.context().cookies()).find(({ name }) => name === SESSION_COOKIE)?.value;
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other).toHaveURL(/\/sign-in$/);

  // The page that is still open is led there by the next thing it asks for.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Changes' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');

  // And the cookie, kept by somebody, opens nothing.
  for (const path of ['/', '/decisions', '/changes', '/account', '/_fn/frame']) {
    const answer = await ask(house.address, path, {
      headers: { Cookie: `${SESSION_COOKIE}=${cookie}`, Accept: 'application/json' },
    });
    expect([303, 401], path).toContain(answer.status);
    expect(answer.text).not.toContain(OWNER.login);
  }
});

test('the sign-in page needs no script and runs none', { tag: '@no-script' }, async ({ page }) => {
  const answer = await page.goto('/sign-in');
  expect(answer?.headers()['content-security-policy']).not.toContain('script-src');
  expect(await page.locator('script').count()).toBe(0);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(scripted()).toBe(test.info().project.name !== 'no-script');
});
