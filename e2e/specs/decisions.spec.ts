// The list of decisions: found, narrowed, paged, and not fooled by what it shows.

import { HOSTILE, many } from '../support/filling.mjs';
import { expect, hydrated, scripted, test, type Page } from '../support/fixtures';
import { ready, rows } from '../support/forms';
import { expectInert, expectNothingHidden } from '../support/inert';

test.use({ filling: 'hostile' });

function chips(page: Page) {
  return page.getByRole('list', { name: 'Active filters' }).locator('.chip');
}

test('an empty list says what would be there and what to do', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house);
  await page.goto('/decisions');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No decisions yet' })).toBeVisible();
  await expect(page.getByText('countersign credential create')).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
});

test('the list says outcome, call, caller, why and when', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto('/decisions?tenant=acme');
  await ready(page);
  const waiting = rows(page).filter({ has: page.locator(`a[href="/decisions/${places.approval_required}"]`) });
  await expect(waiting.getByRole('cell')).toHaveText([
    'Waiting for approval',
    /crm\s*\/?\s*refund/,
    'carol',
    'approval required',
    'acme',
    /now|ago/,
  ]);
  await expect(waiting.locator('time')).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT.*Z$/);
  await expect(waiting.locator('time')).toHaveAttribute('title', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  // Newest first.
  const times = await rows(page)
    .locator('time')
    .evaluateAll((all) => all.map((time) => Date.parse(time.getAttribute('datetime') ?? '')));
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('filters are in the address, shown as chips, and removed by them', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions');
  await ready(page);
  const all = await rows(page).count();

  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Denied');
  if (!scripted()) await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/outcome=denied/);
  await expect(chips(page)).toHaveText([/Outcome\s*Denied/]);
  await expect(rows(page).first()).toContainText('Denied');
  await expect(rows(page).filter({ hasNotText: 'Denied' })).toHaveCount(0);
  expect(await rows(page).count()).toBeLessThan(all);

  await page.getByRole('searchbox', { name: 'Subject id' }).fill('alice');
  await page.getByRole('searchbox', { name: 'Subject id' }).press('Enter');
  await expect(page).toHaveURL(/subject=alice/);
  await expect(chips(page)).toHaveText([/Subject\s*alice/, /Outcome\s*Denied/]);
  await expect(page.getByRole('combobox', { name: 'Outcome' })).toHaveValue('denied');

  await page.locator('.filters summary', { hasText: 'More filters' }).click();
  await page.getByRole('combobox', { name: 'Reason' }).selectOption('parameters_out_of_scope');
  await page.getByLabel('Server').fill('crm');
  await page.locator('.menu-panel').getByRole('button', { name: 'Apply' }).click();
  await expect(chips(page)).toHaveText([
    /Subject\s*alice/,
    /Server\s*crm/,
    /Outcome\s*Denied/,
    /Reason\s*parameters out of scope/,
  ]);
  await expect(rows(page)).toHaveCount(1);

  await page.getByRole('link', { name: 'Remove filter: subject alice' }).click();
  await expect(page).not.toHaveURL(/subject/);
  await expect(chips(page)).toHaveCount(3);
  await expect(page.getByRole('searchbox', { name: 'Subject id' })).toHaveValue('');

  await page.goBack();
  await expect(chips(page)).toHaveCount(4);
  await expect(page.getByRole('searchbox', { name: 'Subject id' })).toHaveValue('alice');

  await page.getByRole('link', { name: 'Clear all' }).click();
  await expect(page).toHaveURL(/\/decisions$/);
  await expect(chips(page)).toHaveCount(0);
  await expect(rows(page)).toHaveCount(all);
});

test('a link with filters shows what it says', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions?subject=bob&time=hour&outcome=allowed');
  await ready(page);
  await expect(chips(page)).toHaveText([/Subject\s*bob/, /Outcome\s*Allowed/, /Time\s*Last hour/]);
  await expect(page.getByRole('combobox', { name: 'Time' })).toHaveValue('hour');
  await expect(rows(page)).toHaveCount(2);

  // Every decision here was made just now.
  await page.goto('/decisions?subject=bob&outcome=allowed&from=2026-01-01');
  await expect(chips(page).last()).toHaveText(/From\s*2026-01-01 00:00:00 UTC/);
  await expect(rows(page)).toHaveCount(2);
  await ready(page);
  await page.locator('.filters summary', { hasText: 'More filters' }).click();
  await expect(page.getByLabel('From, in UTC')).toHaveValue(/^2026-01-01T00:00/);
  await page.getByLabel('Before, in UTC').fill('2026-01-02T12:30:05');
  await page.locator('.menu-panel').getByRole('button', { name: 'Apply' }).click();
  await expect(chips(page).last()).toHaveText(/Before\s*2026-01-02 12:30:05 UTC/);
  await expect(page.getByRole('heading', { name: 'Nothing matches these filters' })).toBeVisible();

  await page.goto('/decisions?subject=nobody&outcome=waiting');
  await expect(page.getByRole('heading', { name: 'Nothing matches these filters' })).toBeVisible();
  await page.getByRole('link', { name: 'Clear all filters' }).click();
  await expect(page).toHaveURL(/\/decisions$/);
});

test('the tenant switch narrows, and stays in the address', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions');
  await ready(page);
  await page.locator('.tenant-switch summary').click();
  await page.getByRole('link', { name: 'Acme Corp' }).click();
  await expect(page).toHaveURL(/\/decisions\?tenant=acme$/);
  await expect(page.locator('.tenant-switch summary')).toContainText('Acme Corp');
  await expect(chips(page)).toHaveText([/Tenant\s*acme/]);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Changes' }).click();
  await expect(page).toHaveURL(/\/changes\?tenant=acme$/);
});

test('more than fifty rows are paged by keys, both ways', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  await many(house, 120);
  const page = await browse(house);
  await page.goto('/decisions');
  await ready(page);
  const pages: (string | null)[][] = [];
  const read = () => rows(page).locator('.row-link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  const paging = page.getByRole('navigation', { name: 'Pages' });

  await expect(rows(page)).toHaveCount(50);
  await expect(paging.getByRole('link', { name: 'Newer' })).toHaveCount(0);
  pages.push(await read());
  await paging.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/older_than=/);
  await expect(rows(page).locator('.row-link').first()).not.toHaveAttribute('href', pages[0]?.[0] ?? '');
  pages.push(await read());
  await paging.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(20);
  await expect(paging.getByRole('link', { name: 'Older' })).toHaveCount(0);
  pages.push(await read());
  expect(new Set(pages.flat()).size, 'every decision once').toBe(120);
  expect(pages.flat(), 'newest first over all pages').toEqual(pages.flat().sort().reverse());

  // Rows that come in meanwhile move nothing.
  await many(house, 7);
  await paging.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page)).toHaveCount(50);
  expect(await read()).toEqual(pages[1]);
  await paging.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page).locator('.row-link').first()).toHaveAttribute('href', pages[0]?.[0] ?? '');
  expect(await read()).toEqual(pages[0]);
  await paging.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page)).toHaveCount(7);

  // Filters stay while paging.
  await page.goto('/decisions?subject=carol');
  await ready(page);
  await expect(rows(page)).toHaveCount(50);
  await paging.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/subject=carol&older_than=/);
  await expect(rows(page).filter({ hasNotText: 'carol' })).toHaveCount(0);
});

test('rows that came in are counted, and shown when asked for', async ({ open, browse }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  await many(house, 3);
  const page = await browse(house);
  await page.goto('/decisions');
  await hydrated(page);
  await many(house, 2);
  await expect(page.getByText('2 newer decisions')).toBeVisible({ timeout: 60_000 });
  await expect(rows(page), 'the list is not pushed').toHaveCount(3);
  await page.getByRole('link', { name: '2 newer decisions' }).click();
  await expect(rows(page)).toHaveCount(5);
});

test('a row opens its decision with one click anywhere', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto('/decisions?reason=parameters_out_of_scope&tenant=acme');
  await ready(page);
  // `force`: the row's one link lies over all of it.
  await rows(page).first().getByRole('cell', { name: 'alice' }).click({ force: true });
  await expect(page).toHaveURL(new RegExp(`/decisions/${places.parameters_out_of_scope}$`));
  await expect(page.getByRole('heading', { level: 2, name: 'Denied', exact: true })).toBeVisible();
  if (scripted()) await expect(page.locator('#main'), 'the new page has the focus').toBeFocused();
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Decisions' }).click();
  await expect(page).toHaveURL(/\/decisions$/);
});

test('hostile names in the list are only names', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions');
  await ready(page);
  await expectInert(page);
  await expectNothingHidden(page);
  const cells = rows(page).locator('.tool-name');
  await expect(cells.filter({ hasText: 'U+202E' }).first()).toContainText('refundU+202Edaolnwod');
  await expect(cells.filter({ hasText: 'reU+200BfuU+200DndU+FEFF' }).first()).toBeVisible();
  await expect(cells.filter({ hasText: HOSTILE.script }).first()).toBeVisible();
  await expect(cells.filter({ hasText: HOSTILE.comment }).first()).toBeVisible();
  await expect(cells.filter({ hasText: 'mixes Latin and Cyrillic letters' }).first()).toBeVisible();
  // A long one is cut.
  const long = cells.filter({ hasText: 'delete_delete_' }).first();
  const text = (await long.innerText()).replace(/\s+/g, '');
  expect(text).toContain('…');
  expect(text.length).toBeLessThan(200);
});

test('a hostile filter is only a filter', { tag: '@no-script' }, async ({ page }) => {
  for (const text of Object.values(HOSTILE)) {
    await page.goto(`/decisions?subject=${encodeURIComponent(text)}&tool=${encodeURIComponent(text)}`);
    await ready(page);
    await expect(chips(page)).toHaveCount(2);
    await expectInert(page);
    await expectNothingHidden(page);
  }
  await page.goto(`/decisions?tool=${encodeURIComponent(HOSTILE.bidi)}`);
  await expect(rows(page)).toHaveCount(3);
});

test('the keyboard walks the list and opens a row', async ({ page }) => {
  await page.goto('/decisions?tenant=acme');
  await hydrated(page);
  const links = rows(page).locator('.row-link');
  await page.keyboard.press('j');
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(links.nth(2)).toBeFocused();
  await page.keyboard.press('k');
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await expect(links.nth(0), 'the first row is the first').toBeFocused();

  // Single letters rest while somebody types.
  await page.getByRole('searchbox', { name: 'Subject id' }).focus();
  await page.keyboard.type('jk?');
  await expect(page.getByRole('searchbox', { name: 'Subject id' })).toHaveValue('jk?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('searchbox', { name: 'Subject id' }).fill('');
  await page.getByRole('searchbox', { name: 'Subject id' }).blur();

  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toBeVisible();
  await expect(keys).toContainText('Next row');
  await page.keyboard.press('j');
  await expect(keys, 'the dialog keeps the focus').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  await page.keyboard.press('?');
  await keys.getByRole('button', { name: 'Close' }).click();
  await expect(keys).toBeHidden();

  await links.nth(1).focus();
  const href = await links.nth(1).getAttribute('href');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${href}$`));
  // The keys are told on every page.
  await page.keyboard.press('?');
  await expect(keys).toBeVisible();
});
