// Administrator tokens: shown once, they open the API at once, and are refused on the next request once revoked.

import { proveOwner } from '../support/accounts.mjs';
import { ask } from '../support/ask.mjs';
import { expectFault, expectRefused, expectSaved, ready, rowOf, store, unique } from '../support/forms';
import { expect, test, type House } from '../support/fixtures';

const CAPTION = 'Administrator tokens by name';

test.beforeEach(({ house }) => proveOwner(house));

/** What the API says to whoever shows this token. */
function tenants(house: House, token: string) {
  return ask(house.address, '/api/v1/tenants', { headers: { Authorization: `Bearer ${token}` } });
}

test('a token opens the API until it is revoked', { tag: '@no-script' }, async ({ page, house }) => {
  const name = unique('ci');
  await page.goto('/settings/tokens?ask=new');
  await ready(page);
  await expect(page.getByLabel('Works for how many days')).toHaveValue('90');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByRole('checkbox', { name: 'Read everything' }).check();
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The administrator token ${name} is ready`);
  const secret = await store(page);
  expect(secret).toMatch(/^cst_[\w-]{43}$/);
  await expectSaved(page, 'The administrator token was created.');
  const row = rowOf(page, CAPTION, name);
  for (const text of ['read', 'acme', 'never used', 'expires']) await expect(row).toContainText(text);

  const opened = await tenants(house, secret);
  expect(opened.status).toBe(200);
  expect(opened.text).toContain('"acme"');
  expect(opened.text).not.toContain('"globex"');
  await page.goto('/settings/tokens');
  await ready(page);
  await expect(row).toContainText(/used (now|\d+ (s|min))/);
  for (const place of ['settings/tokens', 'changes', 'changes?kind=administrator_token']) {
    expect((await house.asOwner(`/${place}`)).text, place).not.toContain(secret);
  }
  expect(house.log()).not.toContain(secret);

  await row.getByRole('link', { name: `Revoke ${name}` }).click();
  await expect(page.getByText('Whoever shows it is refused from the next request on, for good.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await expectSaved(page, 'The token was revoked.');
  await expect(row).toHaveCount(0);
  expect((await tenants(house, secret)).status).toBe(401);
});

test('what is wrong is said at its field, and all is kept', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/settings/tokens?ask=new');
  await ready(page);
  const [name, days] = [page.getByRole('textbox', { name: 'Name', exact: true }), page.getByLabel('Works for how many days')];
  await name.fill('nightly');
  await days.fill('366');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expectRefused(page, 'Tick at least one.', 'Write a whole number from 1 to 365.');
  await expectFault(days, 'Write a whole number from 1 to 365.');
  await expect(name).toHaveValue('nightly');
  await expect(days).toHaveValue('366');
});
