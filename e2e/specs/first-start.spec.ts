// The first start: a link from the terminal makes the one owner, and then the door is shut.

import { post } from '../support/ask.mjs';
import { setupLink } from '../support/house.mjs';
import { expect, OWNER, scripted, test, type House, type Page } from '../support/fixtures';

interface Given {
  name?: string;
  login?: string;
  password?: string;
  again?: string;
}

/** Opens a link and, where no script takes the code from it, pastes it. */
async function openLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  if (!scripted()) await page.getByLabel('One-time code').fill(link);
}

async function fillIn(page: Page, given: Given = {}): Promise<void> {
  const { name, login, password, again = password } = { ...OWNER, ...given };
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password again').fill(again);
  await page.getByRole('button', { name: 'Create owner' }).click();
}

function codeOf(link: string): string {
  return new URL(link).hash.slice(1);
}

/** Set-up without a browser. */
function setUp(house: House, code: string, given: Given = {}) {
  const { name, login, password, again = password } = { ...OWNER, ...given };
  return post(house.address, '/setup', { code, name, login, password, password_again: again });
}

test('the printed link makes the owner, once', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open({ settled: false });
  const link = await house.printedLink();
  const page = await browse(house, { session: null });

  await openLink(page, link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Create the owner');
  if (scripted()) {
    // The secret is out of the address, and nobody has to look at it.
    expect(new URL(page.url()).hash).toBe('');
    await expect(page.getByLabel('One-time code')).toBeHidden();
  }
  await fillIn(page);
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
  await expect(page.getByRole('heading', { name: 'Register a server' })).toBeVisible();

  const second = await browse(house, { session: null });
  const answer = await second.goto(link);
  expect(answer?.status()).toBe(410);
  await expect(second.getByRole('heading', { level: 1 })).toHaveText('Set-up is closed');
  await expect(second.getByText('countersign account recover')).toBeVisible();
  await second.getByRole('link', { name: 'Sign in' }).click();
  await expect(second.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('a form that was open while another one won changes nothing', async ({ open, browse }) => {
  const house = await open({ settled: false });
  const page = await browse(house, { session: null });
  await openLink(page, await house.printedLink());
  await house.settle();

  await fillIn(page, { login: 'late@example.org', name: 'Late' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Set-up is closed');
  const asLate = await post(house.address, '/sign-in', { login: 'late@example.org', password: OWNER.password });
  expect(asLate.status).toBe(403);
});

test('weak passwords are refused with what was typed kept', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open({ settled: false });
  const page = await browse(house, { session: null });
  await openLink(page, await house.printedLink());

  for (const { password, again = password, says } of [
    { password: 'x7#kQ9!mZ2p', says: 'Use at least 12 characters.' },
    { password: 'password1234', says: 'This is one of the passwords that everybody tries first.' },
    { password: 'countersign1', says: 'This password is too easy to guess.' },
    { password: OWNER.login, says: 'The password must differ from the login.' },
    { password: OWNER.password, again: `${OWNER.password}!`, says: 'The two passwords are not the same.' },
  ]) {
    await fillIn(page, { password, again });
    const summary = page.getByRole('alert');
    await expect(summary).toContainText('One thing needs your attention');
    await expect(summary).toContainText(says);
    await expect(summary).toBeFocused();
    const field = page.getByLabel(again === password ? 'Password' : 'Password again', { exact: true });
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription(new RegExp(says.replace(/[.?]/g, '\\$&')));
    // Kept: what was typed; not sent back: passwords.
    await expect(page.getByLabel('Login')).toHaveValue(OWNER.login);
    await expect(page.getByLabel('Your name')).toHaveValue(OWNER.name);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  }

  // None of it used the link up.
  await fillIn(page);
  await expect(page).toHaveURL(/\/$/);
});

test('every field that is wrong is named, and the summary leads to it', async ({ open }) => {
  const house = await open({ settled: false });
  const answer = await setUp(house, 'nothing like a code', { name: ' ', login: 'new', password: '', again: 'x' });
  expect(answer.status).toBe(422);
  for (const field of ['name', 'login', 'password', 'password_again', 'code']) {
    expect(answer.text).toContain(`href="#${field}"`);
    expect(answer.text).toContain(`id="${field}-error"`);
  }
  expect(answer.headers['set-cookie']).toBeUndefined();
});

test('a code that is wrong, replaced or taken from another server is refused', async ({ open }) => {
  const [house, other] = [await open({ settled: false }), await open({ settled: false })];
  const printed = await house.printedLink();
  const made = await house.command('setup-link');
  expect(made.code, made.stderr).toBe(0);
  const link = setupLink(made.stdout) ?? '';
  expect(link).toContain(`${house.address}/setup#`);
  expect(codeOf(link).length, '256 bits as base64url').toBe(43);

  for (const code of ['', 'A'.repeat(43), codeOf(printed), codeOf(await other.printedLink())]) {
    const refused = await setUp(house, code);
    expect(refused.status, code).toBe(422);
    expect(refused.headers['set-cookie']).toBeUndefined();
  }
  expect((await setUp(house, link)).status, 'the whole link may be pasted').toBe(303);
});

test('the code is in no log and in no address', async ({ open, browse }) => {
  const house = await open({ settled: false });
  const code = codeOf(await house.printedLink());
  const page = await browse(house, { session: null });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url(), request.headers().referer ?? ''));
  await openLink(page, `${house.address}/setup#${code}`);
  await fillIn(page);
  await expect(page).toHaveURL(/\/$/);
  expect(asked.filter((address) => address.includes(code))).toEqual([]);
  expect(house.log().split(code).length - 1, 'printed once').toBe(1);
});

test('before set-up nobody can sign in; after it nothing opens it again', async ({ open, browse }) => {
  const house = await open({ settled: false });
  const page = await browse(house, { session: null });
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nobody can sign in yet');
  await expect(page.getByText('countersign setup-link')).toBeVisible();
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in$/);

  // A start before set-up prints a link that works; the one of the start before is replaced.
  const first = codeOf(await house.printedLink());
  await house.restart();
  const second = codeOf(await house.printedLink());
  expect(second).not.toBe(first);
  expect((await setUp(house, first)).status).toBe(422);
  await house.settle();

  await house.restart();
  expect(setupLink(house.log())).toBeUndefined();
  const again = await house.command('setup-link');
  expect(again.code).not.toBe(0);
  expect(setupLink(again.stdout + again.stderr)).toBeUndefined();
  // The session outlives the restart.
  expect((await house.asOwner('/decisions')).status).toBe(200);
});

test('whoever lost the password gets back in from the host', async ({ open, browse }) => {
  const house = await open();
  const made = await house.command('account', 'recover', OWNER.login);
  expect(made.code, made.stderr).toBe(0);
  const link = /https?:\S+\/recover#\S+/.exec(made.stdout)?.[0] ?? '';
  expect(link).toContain(house.address);

  const page = await browse(house, { session: null });
  await page.goto(link);
  expect(new URL(page.url()).hash).toBe('');
  const password = 'nine amber foxes whistle';
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');

  // The link is used up, the old password is gone, and so are the sessions of before.
  const again = await post(house.address, '/recover', { code: codeOf(link), password, password_again: password });
  expect(again.status).toBe(422);
  expect((await post(house.address, '/sign-in', { login: OWNER.login, password: OWNER.password })).status).toBe(403);
  expect((await house.asOwner('/decisions')).status).toBe(303);
});
