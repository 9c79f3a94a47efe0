// Roles: names that memberships give and rules ask for; one in use is not deleted.

import { expectFault, expectRefused, expectSaved, ready, rowOf, unique } from '../support/forms';
import { expect, test, type Page } from '../support/fixtures';

async function create(page: Page, name: string, where: string, description = ''): Promise<void> {
  await page.goto('/roles?ask=new');
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Where it can be held').selectOption(where);
  await page.getByLabel('Description optional').fill(description);
  await page.getByRole('button', { name: 'Create role' }).click();
}

test('a role is created, described and deleted', { tag: '@no-script' }, async ({ page, house }) => {
  const name = unique('clerk');
  await page.goto('/roles');
  await ready(page);
  await page.getByRole('link', { name: 'New role' }).click();
  await expect(page.getByText('A role allows nothing by itself: rules say what its holders may call.')).toBeVisible();

  await create(page, 'finance', 'Acme Corp (acme)', 'Counts the beans.');
  const summary = await expectRefused(page, /A role of this name exists in this tenant or for every tenant\./);
  await expectFault(page.getByLabel('Name', { exact: true }), 'Choose another name.');
  await expect(summary).toContainText('One thing needs your attention');
  await expect(page.getByLabel('Where it can be held')).toHaveValue('acme');
  await expect(page.getByLabel('Description optional')).toHaveValue('Counts the beans.');

  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create role' }).click();
  await expectSaved(page, 'The role was created.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.getByText('Counts the beans.')).toBeVisible();
  await expect(page.getByText('Nobody holds this role.')).toBeVisible();
  await expect(page.getByText('No rule names this role, so it allows and denies nothing.')).toBeVisible();
  const path = new URL(page.url()).pathname;

  await page.getByRole('link', { name: 'Describe' }).click();
  const description = page.getByLabel('Description optional');
  await expect(description).toHaveValue('Counts the beans.');
  await ready(page);
  await description.fill('Files the papers.');
  await page.getByRole('button', { name: 'Save description' }).click();
  await expectSaved(page, 'The description was saved.');
  await expect(page.getByText('Files the papers.')).toBeVisible();

  await page.getByRole('link', { name: 'Delete' }).click();
  await expect(page.getByText('Nobody holds it, no rule names it and no claim stands for it, so no decision changes.')).toBeVisible();
  await ready(page);
  // Meanwhile somebody gets it.
  const holder = (roles: string[]) => {
    const memberships = [{ tenant: 'acme', roles }];
    return house.apply({ subjects: [{ id: `holder of ${name}`, kind: 'user', memberships }] });
  };
  await holder([name]);
  await page.getByRole('button', { name: 'Delete role' }).click();
  await expect(page.getByText('This role cannot be deleted: 1 subject holds it.').first()).toBeVisible();
  await expect(page.getByRole('link', { name: `holder of ${name}` })).toBeVisible();

  await holder([]);
  await page.goto(`${path}?ask=delete`);
  await ready(page);
  await page.getByRole('button', { name: 'Delete role' }).click();
  await expectSaved(page, 'The role was deleted.');
  await expect(rowOf(page, 'Roles by name', name)).toHaveCount(0);
  expect((await house.asOwner(path)).status).toBe(404);
});

test('a role of every tenant takes its name in all of them', { tag: '@no-script' }, async ({ page }) => {
  const name = unique('everywhere');
  await create(page, name, 'Every tenant');
  await expectSaved(page, 'The role was created.');
  await create(page, name, 'Globex (globex)');
  await expectRefused(page, /A role of this name exists in this tenant or for every tenant\./);
});

test('a role shows its holders and its rules, and is in use by them', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/roles?tenant=acme');
  await ready(page);
  const row = rowOf(page, 'Roles by name', 'finance');
  await expect(row.getByRole('cell')).toContainText(['finance', 'acme', '2', '1']);
  await row.getByRole('link', { name: 'finance' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('finance');
  await expect(rowOf(page, 'Holders by tenant and subject', 'carol')).toContainText('active');
  await expect(rowOf(page, 'Rules by name', 'refunds by finance')).toContainText('Allow once approved');
  await page.getByRole('link', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: 'This role is in use' })).toBeVisible();
  await expect(page.getByText('2 subjects hold it and 1 rule names it.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete role' })).toHaveCount(0);
});
