// Tenants: created, renamed, suspended with effect on the next call, and deleted by typing their name.

import { expectFault, expectRefused, expectSaved, ready, rowOf, unique } from '../support/forms';
import { expect, test, type House, type Page } from '../support/fixtures';
import { secret } from '../support/house.mjs';

const CAPTION = 'Tenants by slug';

async function open(page: Page): Promise<void> {
  await page.goto('/settings/tenants');
  await ready(page);
}

/** Bob of acme may read. */
function read(house: House) {
  const call = { key: 'CRM_PEP_KEY', caller: 'BOB_KEY', tool: 'get_customer', arguments: { customer_id: 'c-42' } };
  return house.decide(call);
}

test('in an empty house the first forms stand in the pages themselves', { tag: '@no-script' }, async ({ open, browse }) => {
  const page = await browse(await open());
  await page.goto('/settings/tenants');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No tenants yet' })).toBeVisible();
  await page.getByLabel('Slug', { exact: true }).fill('acme');
  await page.getByRole('button', { name: 'Create tenant' }).click();
  await expectSaved(page, 'The tenant was created.');
  // Without a name it is called by its slug.
  await expect(rowOf(page, CAPTION, 'acme').getByRole('cell').first()).toContainText(/acme\s*acme/);

  await page.goto('/roles');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No roles yet' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('clerk');
  await page.getByRole('button', { name: 'Create role' }).click();
  await expectSaved(page, 'The role was created.');

  await page.goto('/settings/keys');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No enforcement keys yet' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('pep');
  await page.getByRole('button', { name: 'Create key' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The enforcement key pep is ready');

  await page.goto('/servers');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'Register your first MCP server' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: /acme/ })).toBeVisible();
  await page.goto('/subjects');
  await ready(page);
  await page.getByRole('link', { name: 'Add the first subject' }).click();
  await expect(page.getByRole('heading', { name: 'New subject' })).toBeVisible();
  await page.goto('/rules');
  await ready(page);
  await page.getByRole('link', { name: 'Write the first rule' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New rule');
});

test('a tenant is created; what is wrong is said at its field', { tag: '@no-script' }, async ({ page }) => {
  const slug = unique('wayne');
  await open(page);
  await page.getByRole('link', { name: 'New tenant' }).click();
  await expect(page.getByRole('heading', { name: 'New tenant' })).toBeVisible();
  await ready(page);
  const field = page.getByLabel('Slug', { exact: true });
  const name = page.getByLabel('Name optional');
  for (const { given, fault } of [
    { given: 'Wayne Inc', fault: 'Use lower-case letters, digits and hyphens' },
    { given: 'new', fault: 'This word is reserved.' },
    { given: 'acme', fault: 'This is taken. Choose another.' },
  ]) {
    await field.fill(given);
    await name.fill('Wayne & Söhne');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    const summary = await expectRefused(page, new RegExp(fault));
    await expect(summary).toContainText('One thing needs your attention');
    await expectFault(field, fault);
    await expect(field).toHaveValue(given);
    await expect(name).toHaveValue('Wayne & Söhne');
    await summary.getByRole('link').click();
    await expect(field).toBeFocused();
  }

  await field.fill(slug);
  await page.getByRole('button', { name: 'Create tenant' }).click();
  await expectSaved(page, 'The tenant was created.');
  const row = rowOf(page, CAPTION, slug);
  await expect(row).toContainText('Wayne & Söhne');
  await expect(row).toContainText('Active');

  await row.getByRole('link', { name: 'Rename Wayne & Söhne' }).click();
  await expect(page.getByRole('heading', { name: 'Rename Wayne & Söhne' })).toBeVisible();
  await ready(page);
  await name.fill('Wayne Enterprises');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expectSaved(page, 'The tenant was renamed.');
  await expect(row).toContainText('Wayne Enterprises');

  await page.getByRole('link', { name: 'See the change' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Changed tenant Wayne Enterprises');
});

test('suspending a tenant denies its next call, until it is resumed', { tag: '@no-script' }, async ({ page, house }) => {
  expect(await read(house)).toMatchObject({ decision: true });
  await open(page);
  const row = rowOf(page, CAPTION, 'Acme Corp');
  await row.getByRole('link', { name: 'Suspend Acme Corp' }).click();
  await expect(page.getByRole('heading', { name: 'Suspend Acme Corp?' })).toBeVisible();
  await expect(page.getByText(/^It has \d+ members\. From the next call on, every call .+ is denied\.$/)).toBeVisible();
  expect(await read(house), 'a question is not yet an answer').toMatchObject({ decision: true });
  await ready(page);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await expectSaved(page, 'The tenant was suspended.');
  await expect(row).toContainText('Suspended');
  expect(await read(house)).toMatchObject({ decision: false, reason: 'tenant_suspended' });

  await row.getByRole('button', { name: 'Resume Acme Corp' }).click();
  await expectSaved(page, 'The tenant was resumed.');
  await expect(row).toContainText('Active');
  expect(await read(house)).toMatchObject({ decision: true });
});

test('a tenant is deleted only by typing its name', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = unique('doomed');
  await house.apply({
    tenants: [{ slug, name: `Doomed ${slug}` }],
    roles: [{ name: `clerk ${slug}`, tenant: slug }],
    subjects: ['a', 'b'].map((id) => ({ id: `${id}@${slug}`, kind: 'user', memberships: [{ tenant: slug }] })),
    rules: [{ name: `all ${slug}`, tenant: slug, effect: 'allow', status: 'enforced', tools: ['crm/*'] }],
  });
  await open(page);
  const row = rowOf(page, CAPTION, slug);
  await row.getByRole('link', { name: `Delete Doomed ${slug}` }).click();
  await expect(page.getByText('2 memberships, 1 role and 1 rule go with it, at once and for good.')).toBeVisible();
  await ready(page);
  const typed = page.getByLabel('Type the slug to delete it');
  await typed.fill('acme');
  await page.getByRole('button', { name: 'Delete tenant' }).click();
  await expectRefused(page, 'This is not the name. Nothing was deleted.');
  await expectFault(typed, 'This is not the name.');
  await expect(row).toHaveCount(1);

  await typed.fill(slug);
  await page.getByRole('button', { name: 'Delete tenant' }).click();
  await expectSaved(page, 'The tenant was deleted.');
  await expect(row).toHaveCount(0);
  expect((await house.asOwner(`/rules?tenant=${slug}`)).text).not.toContain(`all ${slug}`);

  // A link to the form of a tenant that is gone says so.
  await page.goto(`/settings/tenants?ask=delete&of=${slug}`);
  await ready(page);
  await expect(page.getByRole('heading', { name: 'There is no such tenant' })).toBeVisible();
});

test('a tenant with an enforcement key of its own stays', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = unique('bound');
  house.keys.BOUND_KEY = secret();
  await house.apply({
    tenants: [{ slug, name: slug }],
    credentials: [{ name: `pep ${slug}`, tenant: slug, trust: 'verify_token', responses: 'minimal', secret_env: 'BOUND_KEY' }],
  });
  await page.goto(`/settings/tenants?ask=delete&of=${slug}`);
  await ready(page);
  await expect(page.getByRole('heading', { name: 'This tenant cannot be deleted yet' })).toBeVisible();
  await expect(page.getByText(`1 enforcement key is bound to ${slug}.`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete tenant' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Go to Enforcement keys' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enforcement keys');
});
