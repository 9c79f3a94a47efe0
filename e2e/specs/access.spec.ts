// Access: who can call what, as a matrix and as lists with reasons, and the whole answer as a file.

import { ready } from '../support/forms';
import { expect, test } from '../support/fixtures';

test('the matrix leads to who can call a tool, and that to what a subject can call', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/access?tenant=acme');
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Access');
  const matrix = page.getByRole('table', { name: 'Tools by roles' });
  const refund = matrix.getByRole('row', { name: /crm\/refund/ });
  await expect(refund).toContainText('With conditions');
  await expect(refund).toContainText('Never');
  await refund.getByRole('rowheader').getByRole('link').click();
  await expect(page).toHaveURL(/\/access\?tenant=acme&tool=crm%2Frefund$/);

  await expect(page).toHaveTitle('Who can call crm/refund · Countersign');
  const who = page.getByRole('table', { name: 'Who can call the tool' });
  const bot = who.getByRole('row', { name: /refund-bot/ });
  await expect(bot).toContainText(/With conditions.*small refunds.*allows it if .*\/amount <= 100/s);
  await expect(who.getByRole('row', { name: /bob/ })).toContainText('Never');
  await bot.getByRole('link').click();
  await expect(page).toHaveURL(/\/access\?tenant=acme&subject=refund-bot$/);
  const what = page.getByRole('table', { name: 'What the subject can call' });
  await expect(what.getByRole('row', { name: /crm\/refund/ })).toContainText('With conditions');
});

test('what is not there is said, and filters are links', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/access?tenant=acme&subject=nobody-is-called-so');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'Nothing matches these filters' })).toBeVisible();
  await page.getByLabel('What can').fill('');
  await page.getByLabel('Who can call').fill('crm/refund');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/tool=crm%2Frefund/);
  await expect(page.getByRole('table', { name: 'Who can call the tool' })).toBeVisible();
});

test('the whole answer is had as a file', async ({ house }) => {
  const file = await house.asOwner('/access/export.csv?tenant=acme&tool=crm%2Frefund');
  expect(file.status).toBe(200);
  expect(file.text).toMatch(/^"subject","tool","access","why"\r\n/);
  expect(file.text).toMatch(/"refund-bot","crm\/refund","conditions",".*\/amount <= 100/);
  const matrix = await house.asOwner('/access/export.csv?tenant=acme');
  expect(matrix.text).toMatch(/"crm\/refund","support-agent","conditions",/);
});
