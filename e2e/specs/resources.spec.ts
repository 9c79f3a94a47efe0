// Resources: registered, changed, deleted; brought in by file; and named by the arguments of a tool, which denies.

import { expectFault, expectRefused, expectSaved, ready, rowOf, unique } from '../support/forms';
import { expect, test, type House, type Page } from '../support/fixtures';

const LIST = 'Resources by type and id';

async function open(page: Page, link: string, title: string): Promise<void> {
  await page.goto('/resources');
  await ready(page);
  await page.getByRole('link', { name: link }).click();
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
  await ready(page);
}

test('a resource is registered, changed and deleted', { tag: '@no-script' }, async ({ page }) => {
  const id = `${unique('c')}/b?c#%41 & "ü"`;
  await open(page, 'Register one', 'Register a resource');
  const [kind, name] = [page.locator('#new-kind'), page.locator('#new-id')];
  await kind.fill('Customer');
  await name.fill(id);
  await page.locator('#new-tenant').selectOption('acme');
  await page.locator('textarea[name="attributes"]').fill('[]');
  await page.getByRole('button', { name: 'Register' }).click();
  await expectRefused(page, /^Use lower-case letters, digits, hyphens and underscores/, /^This must be a JSON object/);
  await expectFault(kind, 'Use lower-case letters, digits, hyphens and underscores');
  await expect(name).toHaveValue(id);
  await kind.fill('parcel');
  await page.locator('textarea[name="attributes"]').fill('{"region": "eu"}');
  await page.getByRole('button', { name: 'Register' }).click();
  await expectSaved(page, 'The resource was saved.');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(id);
  await expect(page.getByText('"region": "eu"')).toBeVisible();

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await ready(page);
  await page.locator('#edit-sensitivity').selectOption('regulated');
  await page.getByRole('button', { name: 'Save' }).click();
  await expectSaved(page, 'The resource was saved.');
  await expect(page.locator('main .definition-list')).toContainText('regulated');

  await page.goto(`/resources?type=parcel&q=${encodeURIComponent(id.slice(0, 5))}`);
  await ready(page);
  await rowOf(page, LIST, id).getByRole('link').click();
  await page.getByRole('link', { name: 'Delete' }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Delete the resource' }).click();
  await expectSaved(page, 'The resource was deleted. Calls that name it are denied.');
  await expect(page.getByText(id)).toHaveCount(0);
});

test('a file is brought in, and its refused lines are told', { tag: '@no-script' }, async ({ page }) => {
  const type = unique('lot');
  const lines = Array.from({ length: 1_500 }, (_, n) => (n === 6 ? `${type},,eu` : `${type},l-${n},eu`));
  const file = ['type,id,attributes.region', ...lines].join('\r\n');
  await open(page, 'Import a file', 'Import a file');
  await page.locator('#import-format').selectOption('csv');
  await page.locator('#import-tenant').selectOption('acme');
  await page.locator('#import-file').setInputFiles({ name: 'lots.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page).toHaveURL(/\/resources\/imports\/[0-9a-f-]{36}$/);
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('1499 created, 0 changed, 0 unchanged, 1 refused')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(page.getByText(/line 8: id `` must not be empty/)).toBeVisible();
  await page.goto(`/resources?type=${type}&q=l-149`);
  await ready(page);
  await expect(page.getByRole('table', { name: LIST }).locator('tbody tr')).toHaveCount(11);

  await open(page, 'Import a file', 'Import a file');
  await page.locator('#import-file').setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from('id,regoin\n') });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByText('unknown column')).toBeVisible();
});

/** What would happen, and why. */
async function check(house: House, server: string, id: string): Promise<string> {
  const words = ['--server', server, '--tool', 'show', '--subject', 'alice', '--args', JSON.stringify({ id })];
  const { stdout } = await house.command('check', ...words);
  return stdout.split('\n')[0] ?? '';
}

test('an argument is bound to a type on the tool’s page', { tag: '@no-script' }, async ({ page, house }) => {
  const [slug, type] = [unique('shelf'), unique('box')];
  await house.apply({
    servers: [
      {
        slug,
        url: 'http://127.0.0.1:9/mcp',
        tenants: ['acme'],
        tools: [{ name: 'show', input_schema: { type: 'object', properties: { id: { type: 'string' } } } }],
      },
    ],
    rules: [{ name: `see ${slug}`, tenant: 'acme', effect: 'allow', tools: [`${slug}/*`] }],
    resources: [{ type, id: 'b-1', tenant: 'acme' }, { type, id: 'b-2', tenant: 'globex' }],
  });
  expect(await check(house, slug, 'b-2')).toBe('Allowed: allowed');
  await page.goto(`/servers/${slug}`);
  await ready(page);
  await page.getByRole('link', { name: 'show', exact: true }).first().click();
  await expect(page.getByText('No argument names a registered resource.')).toBeVisible();
  await ready(page);
  await page.locator('summary', { hasText: 'Edit' }).click();
  const bindings = page.locator('textarea[name="bindings"]');
  await bindings.fill(`id ${type}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expectRefused(page, /^Write one on each line/);
  await bindings.fill(`/id ${type}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expectSaved(page, 'What the arguments touch was saved.');
  await expect(page.locator('.card', { hasText: 'What it touches' })).toContainText(`/id ${type}`);
  expect(await check(house, slug, 'b-1')).toBe('Allowed: allowed');
  expect(await check(house, slug, 'b-2')).toBe('Denied: resource_tenant_mismatch');
  expect(await check(house, slug, 'b-3')).toBe('Denied: resource_unknown');
});
