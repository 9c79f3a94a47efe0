// The page of one decision: it says why, leads to those like it, and is not fooled by what it shows.

import { HOSTILE } from '../support/filling.mjs';
import { expect, hydrated, test } from '../support/fixtures';
import { ready, rows } from '../support/forms';
import { expectInert, expectNothingHidden } from '../support/inert';

const PEP = 'CRM_PEP_KEY';

test.use({ filling: 'hostile' });

test('a denial names the argument, the bound and the rule', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto(`/decisions/${places.parameters_out_of_scope}`);
  await ready(page);
  await expect(page).toHaveTitle('Denied: crm / refund · Countersign');
  const banner = page.getByRole('region', { name: 'Denied' });
  await expect(banner).toContainText('/amount');
  await expect(banner).toContainText('700');
  await expect(banner).toContainText('100');
  await expect(banner).toContainText('small refunds');
  await expect(banner).toContainText('parameters_out_of_scope');
  await expect(banner).toContainText(/Revision \d+/);

  const misses = page.locator('.near-miss');
  await expect(misses.getByRole('heading')).toHaveText(['small refunds', 'refunds by finance']);
  await expect(misses.first().locator('.part-failed')).toHaveText(/\/amount at most 100, was 700/);
  await expect(misses.last().locator('.part-failed')).toHaveText(/if alice held role finance/);

  const table = page.getByRole('table', { name: 'Arguments of the call' });
  await expect(table.getByRole('row')).toHaveCount(4);
  const amount = table.getByRole('row', { name: '/amount' });
  await expect(amount.getByRole('cell')).toHaveText(['700', 'integer', /at most 100\s*small refunds/]);
  await expect(amount.locator('mark')).toHaveText('700');
  await expect(table.getByRole('row', { name: '/currency' }).getByRole('cell')).toHaveText(['EUR', 'string', '']);

  const facts = page.getByRole('complementary', { name: 'Facts' });
  await expect(facts).toContainText('alice');
  await expect(facts).toContainText('support-agent (of every tenant)');
  await expect(facts).toContainText('counted for this call');
  await expect(facts).toContainText('High');
  await expect(facts).toContainText('crm-pep');
  await expect(facts).toContainText(/position \d+/);

  await page.getByText('Raw arguments').click();
  await expect(page.getByRole('region', { name: 'Raw arguments' })).toContainText('"amount": 700');
  await page.getByText('Raw record').click();
  await expect(page.getByRole('region', { name: 'Raw record' })).toContainText('"decision"');
});

test('an allowed, a waiting and a forbidden call explain themselves', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto(`/decisions/${places.allowed}`);
  await ready(page);
  await expect(page.getByRole('heading', { level: 2, name: 'Allowed', exact: true })).toBeVisible();
  await expect(page.locator('.why-rule').first()).toContainText(/Allow\s*small refunds/);
  await expect(page.getByText('A rule allows this call, and none forbids it.')).toBeVisible();

  await page.goto(`/decisions/${places.approval_required}`);
  await expect(page.getByRole('heading', { level: 2, name: 'Waiting for approval' })).toBeVisible();
  await expect(page.locator('.why-rule').first()).toContainText(/Allow once approved\s*refunds by finance/);
  await expect(page.getByText('needs 1 approval by finance, good for 1h')).toBeVisible();

  await page.goto(`/decisions/${places.denied_by_rule}`);
  await expect(page.getByRole('heading', { level: 2, name: 'Denied', exact: true })).toBeVisible();
  await expect(page.locator('.why-rule').first()).toContainText(/Deny\s*never delete through agents/);

  await page.goto(`/decisions/${places.token_missing}`);
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('not recognised');
});

test('from a decision to those like it', { tag: '@no-script' }, async ({ page, places }) => {
  for (const [name, url] of [
    ['Same subject', /\?subject=alice$/],
    ['Same tool', /\?server=crm&tool=refund$/],
    ['Same reason', /\?reason=parameters_out_of_scope$/],
  ] as const) {
    await page.goto(`/decisions/${places.parameters_out_of_scope}`);
    await ready(page);
    await page.locator('summary', { hasText: 'Similar' }).click();
    await page.getByRole('link', { name }).click();
    await expect(page).toHaveURL(url);
    await expect(rows(page).first()).toBeVisible();
  }
});

test('an unknown id is a page, with status 404', { tag: '@no-script' }, async ({ page }) => {
  for (const id of ['01900000-0000-7000-8000-000000000000', 'nonsense', encodeURIComponent(HOSTILE.script)]) {
    const answer = await page.goto(`/decisions/${id}`);
    expect(answer?.status()).toBe(404);
    await ready(page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No such decision');
    await expect(page.getByText('or it is not in your tenants')).toBeVisible();
    await expectInert(page);
  }
  await page.getByRole('link', { name: 'Go to Decisions' }).click();
  await expect(page).toHaveURL(/\/decisions$/);
});

test('hostile values on a page are only values', { tag: '@no-script' }, async ({ page, places }) => {
  for (const name of [...Object.keys(HOSTILE), 'everything', 'unknown', 'odd']) {
    await page.goto(`/decisions/${places[name]}`);
    await ready(page);
    await expectInert(page);
    await expectNothingHidden(page);
    // Whatever is behind a toggle as well.
    for (const toggle of await page.locator('main details > summary').all()) await toggle.click();
    await expectInert(page);
    await expectNothingHidden(page);
  }
});

test('every kind of value is shown as what it is', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto(`/decisions/${places.everything}`);
  await ready(page);
  const table = page.getByRole('table', { name: 'Arguments of the call' });
  const row = (path: string) => table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: path, exact: true }) });
  await expect(row('/text')).toContainText('</textarea></title></script><script>window.__owned=1</script>');
  await expect(row('/text').locator('mark')).toBeVisible();
  await expect(row('/control')).toContainText('bellU+0007');
  await expect(row('/control')).toContainText('returnU+000D');
  await expect(row('/deep/list/0').getByRole('cell')).toHaveText(['1', 'integer', '']);
  await expect(row('/deep/list/1').getByRole('cell')).toHaveText(['2.5', 'number', '']);
  await expect(row('/deep/list/3').getByRole('cell')).toHaveText(['true', 'boolean', '']);
  await expect(row('/deep/list/4').getByRole('cell')).toHaveText(['null', 'null', '']);
  await expect(row('/deep/list/5/inner').getByRole('cell')).toHaveText(['[]', 'array', '']);
  await expect(row('/deep/empty').getByRole('cell')).toHaveText(['{}', 'object', '']);
  // Long ones are cut, and whole behind a toggle.
  const unbroken = row('/unbroken');
  await expect(unbroken.getByText('Show all 5000 characters')).toBeVisible();
  await unbroken.locator('summary').click();
  expect((await unbroken.locator('td .untrusted').allInnerTexts()).join('').length).toBe(5_000);

  // Of a tool that nobody registered nothing is known: every value is redacted.
  await page.goto(`/decisions/${places.unknown}`);
  await expect(table.locator('.redacted').first()).toBeVisible();
  await expect(table.locator('tbody tr').filter({ hasNot: page.locator('.redacted') })).toHaveCount(0);
});

test('the id of a decision is copied whole', async ({ page, places }) => {
  await page.goto(`/decisions/${places.allowed}`);
  await hydrated(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  // It says so for two seconds.
  await expect(async () => {
    await page.getByRole('button', { name: 'Copy decision id' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toHaveCount(1, { timeout: 1_000 });
  }).toPass();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(places.allowed);
});

test('a role taken away shows in the very next decision', async ({ open, browse }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  const call = {
    key: PEP,
    caller: 'ALICE_KEY',
    tool: 'refund',
    arguments: { customer_id: 'c-42', amount: 80, currency: 'EUR' },
  };
  expect((await house.decide(call)).decision).toBe(true);
  await house.apply('examples/demo/without-role.yaml');
  const after = await house.decide(call);
  expect(after).toMatchObject({ decision: false, reason: 'no_matching_rule' });
  const page = await browse(house);
  await page.goto('/decisions');
  await expect(rows(page).locator('.pill')).toHaveText(['Denied', 'Allowed']);
  await rows(page).first().getByRole('link').click();
  await expect(page.getByRole('complementary', { name: 'Facts' })).toContainText('no role');
});
