// Pages that come of what somebody did, as somebody has them who does not see them: a request of which the tool and the rule
// changed, the report of an import, and what can be called through an agent.

import { linkOwner, proveOwner } from '../support/accounts.mjs';
import { asking, bar, refund, refundsByFinance, requestOf } from '../support/approvals';
import { ready, rows, unique } from '../support/forms';
import { expect, hydrated, NARROW, test, WIDE, type Page } from '../support/fixtures';
import { expectReadable, heard, listen, outline } from '../support/screen-reader';

/** Nothing is wrong with it at either width, and by coming it says nothing. */
async function expectQuiet(page: Page): Promise<void> {
  await expectReadable(page);
  await page.setViewportSize(NARROW);
  await expectReadable(page);
  await page.setViewportSize(WIDE);
  expect(await heard(page), 'what stands there is read, and not announced').toEqual([]);
}

test('a request that changed is read in order: what changed, how it was, how it is, what to do', async ({ open, browse }) => {
  const house = await asking(open);
  // Whoever may read rules is shown the whole rule, beside what it was.
  await linkOwner(house, 'grace');
  await proveOwner(house);
  const at = await requestOf(house, (await refund(house, 1_350, 'c-93')).id);
  const page = await browse(house);
  await listen(page);
  await page.goto(at);
  await hydrated(page);
  await expectQuiet(page);
  expect((await outline(page)).slice(0, 2)).toEqual([expect.stringMatching(/^1 .*\(acme\) asks to call/), '2 Arguments']);
  await expect(bar(page).getByRole('textbox', { name: 'Reason, which a denial needs' })).toBeVisible();

  const tool = { name: 'refund', risk: 'critical', description: 'Pay money back to anybody.' };
  await house.apply({
    servers: [{ slug: 'crm', tools: [tool] }],
    rules: [refundsByFinance({ quorum: 2, expires_in: '1h', uses: 1 })],
  });
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByRole('alert'), 'one thing is pressing').toHaveCount(1);
  await expect(page.getByRole('alert')).toContainText('Something changed since you looked');
  await expect(page.getByRole('alert'), 'whoever does not see it is put before it').toBeFocused();
  await hydrated(page);
  await expectQuiet(page);
  expect((await outline(page)).slice(1, 11)).toEqual([
    '2 Something changed since you looked',
    '2 What changed in the tool',
    '2 Description',
    '3 When you looked',
    '3 Now',
    '2 What changed in the rule refunds by finance',
    '3 When you looked',
    '3 Now',
    '2 Arguments',
    '2 Who asks for approval',
  ]);
  const table = page.getByRole('table', { name: 'What differs from the rule as it was when you looked' });
  await expect(table.getByRole('columnheader')).toHaveText(['Field', 'Before', 'After']);
  await expect(table.getByRole('rowheader')).not.toHaveCount(0);

  await bar(page).getByRole('button', { name: 'Approve' }).click();
  // What a page comes with is not announced: whoever does not see it is put before it.
  await expect(page.getByRole('status').filter({ hasText: 'Your approval counts' })).toBeFocused();
});

test('the report of an import is read in order, and its refused lines under their heading', async ({ page }) => {
  const type = unique('lot');
  const file = ['type,id,tenant', `${type},l-1,acme`, `${type},,acme`, `${type},l-3,acme`].join('\n');
  await listen(page);
  await page.goto('/resources?ask=import');
  await ready(page);
  await expectQuiet(page);
  const form = page.getByRole('region', { name: 'Import a file' });
  for (const name of ['Format', 'Tenant', 'File']) await expect(form.getByLabel(name, { exact: true })).toBeVisible();
  await form.getByLabel('File', { exact: true }).setInputFiles({ name: 'lots.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page).toHaveURL(/\/resources\/imports\/[0-9a-f-]{36}$/);
  const at = new URL(page.url()).pathname;
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('2 created, 0 changed, 0 unchanged, 1 refused')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  // Once more, as one that ends while it is looked at says so.
  await page.reload();
  await ready(page);
  await expectQuiet(page);
  expect(await outline(page)).toEqual(['1 Import', '2 Refused lines']);
  await expect(page.getByRole('progressbar', { name: 'How much of the file is in' })).toBeVisible();
  await expect(page.getByRole('alert'), 'a refused line is no emergency').toHaveCount(0);

  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Resources' }).press('Enter');
  const last = page.getByRole('table', { name: 'Imports, the last one first' });
  await expect(last.getByRole('columnheader')).toHaveText(['Import', 'By', 'At']);
  await ready(page);
  await expectReadable(page);

  // As if it still ran when it is opened: that it ended is said, once.
  await page.route(
    /\/_fn\/resource-import\?/,
    async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('"Finished"', '"Running"').replace('"running":false', '"running":true');
      await route.fulfill({ response, body });
    },
    { times: 1 },
  );
  await last.locator(`a[href="${at}"]`).press('Enter');
  const ends = async () => (await heard(page)).filter((text) => /finished/i.test(text));
  await expect.poll(ends).toEqual(['Finished: 2 created, 0 changed, 0 unchanged, 1 refused']);
});

test('access through an agent says whose it is, in its fields, its title and its table', async ({ page }) => {
  await listen(page);
  for (const { at, title, fields, table, heads } of [
    {
      at: '/access?tenant=acme&subject=alice&agent=refund-bot',
      title: 'What alice can call through refund-bot',
      fields: { 'Who can call': '', 'What can': 'alice', Through: 'refund-bot' },
      table: 'What the agent can call for the subject',
      heads: ['Tool', 'Access', 'Why'],
    },
    {
      at: '/access?tenant=acme&tool=crm%2Frefund&agent=refund-bot',
      title: 'Who can call crm/refund through refund-bot',
      fields: { 'Who can call': 'crm/refund', 'What can': '', Through: 'refund-bot' },
      table: 'For whom the agent can call the tool',
      heads: ['Subject', 'Access', 'Why'],
    },
  ]) {
    await page.goto(at);
    await ready(page);
    await expectQuiet(page);
    await expect(page).toHaveTitle(`${title} · Countersign`);
    expect(await outline(page), at).toEqual(['1 Access']);
    const form = page.locator('#main form');
    await expect(form.getByRole('combobox', { name: 'Tenant' })).toHaveValue('acme');
    for (const [name, value] of Object.entries(fields)) {
      await expect(form.getByRole('textbox', { name, exact: true }), name).toHaveValue(value);
    }
    await expect(page.getByRole('table', { name: table }).getByRole('columnheader')).toHaveText(heads);
    await expect(rows(page), at).not.toHaveCount(0);
    await expect(page.getByRole('navigation', { name: /^(Pages|Roles)$/ }), 'no further page, no place for it').toHaveCount(0);
  }

  // An agent alone is no question yet, and the page says what it lacks.
  await page.goto('/access?tenant=acme&agent=refund-bot');
  await ready(page);
  await expectQuiet(page);
  expect(await outline(page)).toEqual(['1 Access', '2 For whom?']);
  await expect(page.getByRole('table')).toHaveCount(0);
});
