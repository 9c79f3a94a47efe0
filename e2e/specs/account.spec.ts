// The own account: the theme that the server draws, another password, sessions that one ends.

import { ask, post, setCookie } from '../support/ask.mjs';
import { expect, hydrated, OWNER, SESSION_COOKIE, test, type House, type Page } from '../support/fixtures';
import { ready } from '../support/forms';

const NEW = 'four copper whales hum';

function sessions(page: Page) {
  return page.getByRole('table', { name: 'Your sessions' }).locator('tbody tr');
}

/** Another session of the owner, from another address, with another browser. */
async function another(house: House, agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0') {
  const answer = await post(
    house.address,
    '/sign-in',
    { login: OWNER.login, password: OWNER.password },
    { from: '127.0.0.6', headers: { 'User-Agent': agent } },
  );
  return setCookie(answer, SESSION_COOKIE) ?? '';
}

async function isOpen(house: House, session: string): Promise<boolean> {
  const answer = await ask(house.address, '/account', { headers: { Cookie: `${SESSION_COOKIE}=${session}` } });
  return answer.status === 200;
}

async function changePassword(page: Page, given: { current?: string; password?: string; again?: string }) {
  const { current = OWNER.password, password = NEW, again = password } = given;
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(again);
  await page.getByRole('button', { name: 'Change password' }).click();
}

test('who one is', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/account');
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
  const main = page.getByRole('main');
  await expect(main).toContainText(OWNER.name);
  await expect(main).toContainText(OWNER.login);
  await expect(main).toContainText('Owner');
  await expect(page.locator('.rail-account')).toContainText(OWNER.name);
  await expect(page.locator('.rail-account')).toHaveAttribute('aria-current', 'page');
});

test('a theme stays, and is drawn by the server', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house, { colorScheme: 'light' });
  const canvas = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto('/account');
  await ready(page);
  const html = page.locator('html');
  await expect(html).not.toHaveAttribute('data-theme', /./);
  await expect(page.getByRole('radio', { name: 'System' })).toBeChecked();
  expect(await canvas()).toBe('rgb(246, 247, 249)');

  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.getByRole('button', { name: 'Save theme' }).click();
  await expect(html).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  expect(await canvas()).toBe('rgb(13, 16, 21)');
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'theme');
  expect(cookie).toMatchObject({ value: 'dark', httpOnly: true, sameSite: 'Lax', path: '/' });

  // From the first byte, on every page, also outside the session.
  const headers = { Cookie: `${SESSION_COOKIE}=${house.session}; theme=dark` };
  for (const path of ['/decisions', '/changes', '/recover', '/nowhere']) {
    expect((await ask(house.address, path, { headers })).text, path).toMatch(/<html[^>]* data-theme="dark"/);
  }
  await page.goto('/decisions');
  await ready(page);
  await expect(html).toHaveAttribute('data-theme', 'dark');

  await page.goto('/account');
  await ready(page);
  await page.getByRole('radio', { name: 'Light' }).check();
  await page.getByRole('button', { name: 'Save theme' }).click();
  await expect(html).toHaveAttribute('data-theme', 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await canvas(), 'the choice wins over the system').toBe('rgb(246, 247, 249)');

  const odd = await post(house.address, '/account/theme', { theme: 'purple' }, { cookie: headers.Cookie });
  expect(odd.status).toBe(400);
});

test('a new password ends every other session', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const other = await another(house);
  expect(await isOpen(house, other)).toBe(true);
  const page = await browse(house);
  await page.goto('/account');
  await ready(page);
  await expect(sessions(page)).toHaveCount(2);

  await changePassword(page, {});
  await expect(page).toHaveURL(/\/account$/);
  await expect(sessions(page)).toHaveCount(1);
  expect(await isOpen(house, other)).toBe(false);
  const signIn = (password: string) => post(house.address, '/sign-in', { login: OWNER.login, password });
  expect((await signIn(OWNER.password)).status).toBe(403);
  expect((await signIn(NEW)).status).toBe(303);
});

test('a password is not changed without the current one, or to a weak one', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const other = await another(house);
  const page = await browse(house);
  for (const { given, status, says } of [
    { given: { current: 'not it' }, status: 403, says: 'The current password is not right.' },
    { given: { password: 'short' }, status: 422, says: 'Use at least 12 characters.' },
    { given: { password: OWNER.login }, status: 422, says: 'The password must differ from the login.' },
    { given: { again: `${NEW}!` }, status: 422, says: 'The two passwords are not the same.' },
  ]) {
    await page.goto('/account');
    await ready(page);
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await changePassword(page, given);
    expect((await answered).status()).toBe(status);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('The password was not changed');
    await expect(page.getByText(says)).toBeVisible();
    await page.getByRole('link', { name: 'Back to your account' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
  }
  expect(await isOpen(house, other)).toBe(true);
  expect((await post(house.address, '/sign-in', { login: OWNER.login, password: NEW })).status).toBe(403);
});

test('guessing the current password is slowed down', async ({ open }) => {
  const house = await open();
  const cookie = `${SESSION_COOKIE}=${house.session}`;
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429 && statuses.length < 12) {
    const fields = { current: 'guess', password: NEW, password_again: NEW };
    statuses.push((await post(house.address, '/account/password', fields, { cookie })).status);
  }
  expect(statuses.slice(0, 5)).toEqual([403, 403, 403, 403, 403]);
  expect(statuses.at(-1)).toBe(429);
});

test('another session is ended, this one is not', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const [firefox, curl] = [await another(house), await another(house, 'curl/8.14.1')];
  const page = await browse(house);
  await page.goto('/account');
  await ready(page);
  await expect(sessions(page)).toHaveCount(3);
  const own = sessions(page).filter({ hasText: 'this one' });
  await expect(own).toHaveCount(1);
  await expect(own.getByRole('button')).toHaveCount(0);
  await expect(sessions(page).filter({ hasText: 'Firefox on Linux' })).toContainText('127.0.0.6');
  expect(await page.content()).not.toContain(firefox);

  await page.getByRole('button', { name: /End the session of Firefox on Linux/ }).click();
  await expect(sessions(page)).toHaveCount(2);
  await expect(page).toHaveURL(/\/account$/);
  expect(await isOpen(house, firefox)).toBe(false);
  expect(await isOpen(house, curl)).toBe(true);

  await page.getByRole('button', { name: 'End all others' }).click();
  await expect(sessions(page)).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'End all others' })).toHaveCount(0);
  expect(await isOpen(house, curl)).toBe(false);
  expect(await isOpen(house, house.session)).toBe(true);
});

test('a browser that calls itself something hostile is only a name', async ({ open, browse }) => {
  const house = await open();
  await another(house, '</script><script>window.__owned=1</script>');
  const page = await browse(house);
  await page.goto('/account');
  await hydrated(page);
  await expect(sessions(page).filter({ hasText: 'Unknown browser' })).toHaveCount(1);
  expect(await page.evaluate(() => window.__owned)).toBeUndefined();
});
