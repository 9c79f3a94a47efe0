// Who changed what: every change by a bundle is in the list, before and after beside each other.

import { HOSTILE } from '../support/filling.mjs';
import { expect, hydrated, OWNER, scripted, test } from '../support/fixtures';
import { ready, rows } from '../support/forms';

test.use({ filling: 'hostile' });

test('the first change is the owner', { tag: '@no-script' }, async ({ open, browse }) => {
  const page = await browse(await open());
  await page.goto('/changes');
  await ready(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText(`Created account ${OWNER.name}`);
  await expect(rows(page).first()).toContainText('Console');
  await rows(page).first().getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Created account ${OWNER.name}`);
  await expect(page.getByRole('main')).toContainText('made at set-up');
  expect(await page.content()).not.toContain('argon2');
});

test('a bundle is a list of changes', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  const page = await browse(house);
  await page.goto('/changes');
  await ready(page);
  const count = await rows(page).count();
  expect(count).toBeGreaterThan(25);
  for (const title of [
    'Created tenant Acme Corp',
    'Created membership of alice in acme',
    'Created API key laptop of alice',
    'Created rule small refunds',
    'Created enforcement key crm-pep',
  ]) {
    await expect(rows(page).filter({ hasText: title })).toHaveCount(1);
  }
  await expect(rows(page).first()).toContainText('Command line');
  // No secret is in any of it.
  const html = await page.content();
  for (const key of Object.values(house.keys)) expect(html).not.toContain(key);

  // The same bundle again changes nothing.
  await house.apply('examples/demo/bundle.yaml');
  await page.reload();
  await expect(rows(page)).toHaveCount(count);
});

test('a change shows what was and what is', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/changes?kind=membership&object=alice');
  await ready(page);
  await expect(rows(page)).toHaveCount(2);
  await rows(page).first().getByRole('link').click();
  await expect(page).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Changed membership of alice in acme');
  await expect(page).toHaveTitle('Changed membership of alice in acme · Countersign');

  const table = page.getByRole('table', { name: 'Fields before and after the change' });
  await expect(table.getByRole('columnheader')).toHaveText(['Field', 'Before', 'After']);
  const changed = table.locator('tbody tr').first();
  await expect(changed.getByRole('rowheader')).toHaveText('Roles');
  await expect(changed.locator('del')).toContainText('support-agent');
  await expect(changed.getByRole('cell').nth(1)).toContainText('none');

  const facts = page.getByRole('complementary', { name: 'Facts' });
  await expect(facts).toContainText('Command line');
  await expect(facts).toContainText('acme');
  await page.getByText('Before, as JSON').click();
  await expect(page.getByRole('region', { name: 'Before, as JSON' })).toContainText('support-agent');

  await facts.getByRole('link', { name: 'alice' }).click();
  await expect(page).toHaveURL(/\/changes\?kind=membership&object=alice$/);
  await expect(rows(page)).toHaveCount(2);
});

test('what was created has no before', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto(`/changes/${places.created}`);
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Created rule /);
  const table = page.getByRole('table', { name: 'Fields before and after the change' });
  await expect(table.locator('tbody tr').first().getByRole('cell').first()).toHaveText('not set');
  await expect(page.getByText('Before, as JSON')).toHaveCount(0);
  await expect(page.getByText('After, as JSON')).toBeVisible();
});

test('filters are in the address and shown as chips', { tag: '@no-script' }, async ({ page }) => {
  const chips = page.getByRole('list', { name: 'Active filters' }).locator('.chip');
  await page.goto('/changes');
  await ready(page);
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('Rule');
  if (!scripted()) await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/kind=rule/);
  await expect(chips).toHaveText([/Kind\s*Rule/]);
  await expect(rows(page)).toHaveCount(7);
  await page.locator('.filters summary', { hasText: 'More filters' }).click();
  await page.getByLabel('Tenant', { exact: true }).fill('mirror');
  await page.locator('.menu-panel').getByRole('button', { name: 'Apply' }).click();
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole('link', { name: 'Remove filter: tenant mirror' }).click();
  await expect(rows(page)).toHaveCount(7);
  await page.getByRole('link', { name: 'Clear all' }).click();
  await expect(page).toHaveURL(/\/changes$/);
  await page.goto('/changes?actor=nobody');
  await expect(page.getByRole('heading', { name: 'Nothing matches these filters' })).toBeVisible();
});

test('more than fifty changes are paged, both ways', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const tenants = Array.from({ length: 110 }, (_, n) => ({ slug: `t-${n}`, name: `Tenant ${n}` }));
  await house.apply({ tenants });
  const page = await browse(house);
  await page.goto('/changes');
  await ready(page);
  const paging = page.getByRole('navigation', { name: 'Pages' });
  const read = () => rows(page).locator('.row-link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  const first = await read();
  expect(first).toHaveLength(50);
  await paging.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/older_than=/);
  await expect(rows(page).locator('.row-link').first()).not.toHaveAttribute('href', first[0] ?? '');
  const second = await read();
  await paging.getByRole('link', { name: 'Older' }).click();
  // The tenants, and the owner before them.
  await expect(rows(page)).toHaveCount(11);
  const third = await read();
  expect(new Set([...first, ...second, ...third]).size).toBe(111);
  await paging.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page)).toHaveCount(50);
  expect(await read()).toEqual(second);
  await paging.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page).locator('.row-link').first()).toHaveAttribute('href', first[0] ?? '');
  expect(await read()).toEqual(first);
});

test('an unknown change is a page, with status 404', { tag: '@no-script' }, async ({ page }) => {
  const answer = await page.goto('/changes/01900000-0000-7000-8000-000000000000');
  expect(answer?.status()).toBe(404);
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No such change');
});

test('hostile names and definitions are only text', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/changes?kind=tool');
  await ready(page);
  const links = await rows(page).locator('.row-link').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  expect(links.length).toBeGreaterThanOrEqual(Object.keys(HOSTILE).length);
  for (const path of ['/changes', '/changes?kind=subject', '/changes?tenant=mirror', ...links.slice(0, 4)]) {
    await page.goto(path);
    await ready(page);
    for (const toggle of await page.locator('main .disclosure > summary').all()) await toggle.click();
    const found = await page.evaluate(() => ({
      owned: window.__owned,
      foreign: document.querySelectorAll('main :is(script, img, iframe, [onerror], [onload])').length,
      hidden: /[\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/.test(document.title + document.body.innerText),
    }));
    expect(found, path).toEqual({ owned: undefined, foreign: 0, hidden: false });
  }
});

test('the keyboard walks the list', async ({ page }) => {
  await page.goto('/changes');
  await hydrated(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(rows(page).locator('.row-link').nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/changes\/[0-9a-f-]{36}$/);
});
