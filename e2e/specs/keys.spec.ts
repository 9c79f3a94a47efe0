// Enforcement keys: shown once and never again, rotated without a gap, switched off with effect on the next call.

import { ask } from '../support/ask.mjs';
import { expectFault, expectRefused, expectSaved, moment, ready, rowOf, store, unique } from '../support/forms';
import { expect, SESSION_COOKIE, test, type House, type Locator, type Page } from '../support/fixtures';

const CAPTION = 'Enforcement keys by name';

interface Given {
  server?: string;
  expires?: string;
}

async function create(page: Page, name: string, { server = 'crm', expires }: Given = {}): Promise<void> {
  await page.goto('/settings/keys?ask=new');
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Server', { exact: true }).selectOption(server);
  if (expires !== undefined) await page.getByLabel('Expires, in UTC optional').fill(expires);
  await page.getByRole('button', { name: 'Create key' }).click();
}

/** A key, made and put away under its name. */
async function made(page: Page, house: House, given?: Given): Promise<{ name: string; row: Locator }> {
  const name = unique('pep');
  await create(page, name, given);
  house.keys[name] = await store(page);
  await expectSaved(page, 'The enforcement key was created.');
  return { name, row: rowOf(page, CAPTION, name) };
}

/** Bob asks through the server that holds this key. */
function read(house: House, key: string) {
  return house.decide({ key, caller: 'BOB_KEY', tool: 'get_customer', arguments: { customer_id: 'c-42' } });
}

test('a key works at once, and is shown once and never again', { tag: '@no-script' }, async ({ page, house }) => {
  const name = unique('pep');
  await page.goto('/settings/keys');
  await ready(page);
  await page.getByRole('link', { name: 'New key' }).click();
  await expect(page.getByText('It is shown once.')).toBeVisible();
  await create(page, name);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The enforcement key ${name} is ready`);
  await expect(page).toHaveTitle(`The enforcement key ${name} is ready · Countersign`);
  const secret = await store(page);
  expect(secret).toMatch(/^cse_[\w-]{43}$/);
  await expectSaved(page, 'The enforcement key was created.');
  const row = rowOf(page, CAPTION, name);
  await expect(row).toContainText('crm');
  await expect(row).toContainText("Checks each caller's own key");
  await expect(row).toContainText('never used');

  house.keys[name] = secret;
  expect(await read(house, name)).toMatchObject({ decision: true });
  // That it was used is written beside the answer, not before it.
  await expect(async () => {
    await read(house, name);
    await page.goto('/settings/keys');
    await ready(page);
    await expect(row).toContainText(/used (now|\d+ s)/, { timeout: 1_000 });
  }).toPass();

  // Not in a list, not in the changes, not in the log.
  const places = ['settings/keys', 'changes', 'changes?kind=credential', 'changes?kind=credential_key', 'servers/crm/connect'];
  for (const place of places) {
    expect((await house.asOwner(`/${place}`)).text, place).not.toContain(secret);
  }
  expect(house.log()).not.toContain(secret);
  const again = await house.asOwner('/keys/enforcement');
  expect([again.status, again.headers.location]).toEqual([303, '/settings/keys']);
});

test('the page with the secret is kept nowhere', async ({ house }) => {
  const given = { name: unique('pep'), trust: 'verify_token', arguments: 'required', responses: 'explained' };
  const body = new URLSearchParams(given);
  const answer = await house.asOwner('/keys/enforcement', {
    method: 'POST',
    body: body.toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: house.address },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['referrer-policy']).toBe('same-origin');
  const foreign = await ask(house.address, '/keys/enforcement', {
    method: 'POST',
    body: body.toString(),
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: 'https://evil.example',
      Cookie: `${SESSION_COOKIE}=${house.session}`,
    },
  });
  expect(foreign.status).toBe(403);
});

test('the secret is copied', async ({ page }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await create(page, unique('pep'));
  // It says so for two seconds.
  await expect(async () => {
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect(page.getByRole('status')).toHaveText('Copied.', { timeout: 1_000 });
  }).toPass();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await page.getByLabel('The key').inputValue());
});

test('what is wrong is said at its field, and all is kept', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/settings/keys?ask=new');
  await ready(page);
  const [name, expires] = [page.getByLabel('Name', { exact: true }), page.getByLabel('Expires, in UTC optional')];
  await name.fill('crm-pep');
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  await page.getByRole('radio', { name: /^Vouches for the caller A|^Vouches for the caller\s*The/ }).check();
  await page.getByLabel('Answers').selectOption('Yes or no, nothing more');
  await expires.fill('2020-01-01T00:00');
  await page.getByRole('button', { name: 'Create key' }).click();
  await expectRefused(page, /This moment has passed\./);
  await expectFault(expires, 'This moment has passed.');
  await expect(expires).toHaveValue('2020-01-01T00:00');

  await expires.fill('');
  await page.getByRole('button', { name: 'Create key' }).click();
  await expectRefused(page, 'This is taken. Choose another.');
  await expectFault(name, 'This is taken.');
  await expect(name).toHaveValue('crm-pep');
  await expect(page.getByLabel('Tenant', { exact: true })).toHaveValue('acme');
  await expect(page.locator('input[name="trust"]:checked')).toHaveValue('assert_subject');
  await expect(page.getByLabel('Answers')).toHaveValue('minimal');
});

test('a rotation keeps both secrets working until it is finished', { tag: '@no-script' }, async ({ page, house }) => {
  const { name, row } = await made(page, house);
  await row.getByRole('link', { name: `Rotate ${name}` }).click();
  await expect(page.getByText('Both work, so nothing stops while you put the new one in place.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Make a second secret' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The second secret of ${name} is ready`);
  const newer = `${name} newer`;
  house.keys[newer] = await store(page);
  await expectSaved(page, 'A second secret was added. The older one works until you finish the rotation.');
  expect(house.keys[newer]).not.toBe(house.keys[name]);
  expect(await read(house, name)).toMatchObject({ decision: true });
  expect(await read(house, newer)).toMatchObject({ decision: true });

  // No third one.
  const finish = row.getByRole('link', { name: `Finish the rotation of ${name}` });
  const id = new URL((await finish.getAttribute('href')) ?? '', house.address).searchParams.get('of');
  await page.goto(`/settings/keys?ask=rotate&of=${id}`);
  await ready(page);
  await expect(page.getByRole('heading', { name: 'A rotation is under way' })).toBeVisible();

  await finish.click();
  await expect(page.getByText(/^The older secret was last used .+ denied from the next one on\.$/)).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Remove the older secret' }).click();
  await expectSaved(page, 'The older secret was removed.');
  await expect(read(house, name)).rejects.toThrow('401');
  expect(await read(house, newer)).toMatchObject({ decision: true });
  await expect(row.getByRole('link', { name: `Rotate ${name}` })).toBeVisible();
});

test('a key that is off, or deleted, is refused on its next call', { tag: '@no-script' }, async ({ page, house }) => {
  const { name, row } = await made(page, house);
  expect(await read(house, name)).toMatchObject({ decision: true });
  await row.getByRole('link', { name: `Switch off ${name}` }).click();
  await expect(page.getByText(/It was last used .+ It asks for crm in every tenant\./)).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Switch off', exact: true }).click();
  await expectSaved(page, 'The enforcement key was switched off.');
  await expect(row).toContainText('Switched off');
  await expect(read(house, name)).rejects.toThrow('401');

  await row.getByRole('button', { name: `Switch on ${name}` }).click();
  await expectSaved(page, 'The enforcement key was switched on.');
  expect(await read(house, name)).toMatchObject({ decision: true });

  await row.getByRole('link', { name: `Delete ${name}` }).click();
  await expect(page.getByText('Its secret goes with it, for good.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Delete key' }).click();
  await expectSaved(page, 'The enforcement key was deleted.');
  await expect(row).toHaveCount(0);
  await expect(read(house, name)).rejects.toThrow('401');
});

test('a key is bound to its server and tenant, and says when it expires', { tag: '@no-script' }, async ({ page, house }) => {
  const { row } = await made(page, house, { server: '', expires: moment(3) });
  await expect(row).toContainText('any server');
  await expect(row).toContainText('in every tenant');
  await expect(row).toContainText('expires soon');
  const late = await made(page, house, { expires: moment(90) });
  await expect(late.row).toContainText('crm');
  await expect(late.row).toContainText('expires');
  await expect(late.row).not.toContainText('expires soon');
  const search = page.getByRole('searchbox', { name: 'Name, server or tenant' });
  await search.fill(late.name);
  await search.press('Enter');
  await expect(page.getByRole('table', { name: CAPTION }).locator('tbody tr')).toHaveCount(1);
});
