// Access: who can call what, as a matrix and as lists with reasons, also through an agent, and the whole answer as a file.

import { ready, rowOf, unique } from '../support/forms';
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

test('an agent is looked at together with whom it acts for', { tag: '@no-script' }, async ({ page, house }) => {
  const [owner, bot] = [unique('owner'), unique('bot')];
  await house.apply({
    subjects: [
      { id: owner, kind: 'user', memberships: [{ tenant: 'acme', roles: ['support-agent'] }] },
      { id: bot, kind: 'agent', owner, memberships: [{ tenant: 'acme' }] },
    ],
  });
  // The page of its owner leads to its own, which looks at the two.
  await page.goto(`/subjects/${owner}`);
  await ready(page);
  const agents = rowOf(page, 'Agents that act for it, its own first', bot);
  await expect(agents).toContainText('owned by it');
  await agents.getByRole('link', { name: bot, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/subjects/${bot}\\?for=${owner}$`));
  await expect(page.getByRole('heading', { name: `May do for ${owner}` })).toBeVisible();
  const freely = page.getByRole('table', { name: 'Without approval' });
  await expect(freely.getByRole('row', { name: /crm\/get_customer/ })).toBeVisible();
  await expect(freely).not.toContainText('crm/add_note');
  // At anybody else by choice.
  await ready(page);
  await page.getByLabel('For somebody else').fill('nobody-is-called-so');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.getByText('Nothing: no member of its tenants has this id.')).toBeVisible();
  // And on to the whole answer, which says whose side denies.
  await page.getByRole('link', { name: `Access in acme: ${bot} for ${owner}` }).click();
  await expect(page).toHaveURL(new RegExp(`/access\\?tenant=acme&subject=${owner}&agent=${bot}$`));
  await expect(page).toHaveTitle(`What ${owner} can call through ${bot} · Countersign`);
  await expect(page.getByLabel('Through', { exact: true })).toHaveValue(bot);
  const what = page.getByRole('table', { name: 'What the agent can call for the subject' });
  const denied = new RegExp(`Never.*for ${bot}, who acts: no rule allows it`, 's');
  await expect(what.getByRole('row', { name: /crm\/add_note/ })).toContainText(denied);

  const file = await house.asOwner(`/access/export.csv?tenant=acme&subject=${owner}&agent=${bot}`);
  expect(file.text).toMatch(/^"subject","agent","tool","access","why"\r\n/);
  expect(file.text).toContain(`"${owner}","${bot}","crm/add_note","never",`);
});

test('the whole answer is had as a file', async ({ house }) => {
  const file = await house.asOwner('/access/export.csv?tenant=acme&tool=crm%2Frefund');
  expect(file.status).toBe(200);
  expect(file.text).toMatch(/^"subject","tool","access","why"\r\n/);
  expect(file.text).toMatch(/"refund-bot","crm\/refund","conditions",".*\/amount <= 100/);
  const matrix = await house.asOwner('/access/export.csv?tenant=acme');
  expect(matrix.text).toMatch(/"crm\/refund","support-agent","conditions",/);
});
