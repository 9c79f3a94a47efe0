// Tasks: what agents are doing, held up and ended by a person; the next call feels it.

import { expectSaved, keepUndo, ready, rowOf, unique } from '../support/forms';
import { expect, test, type House } from '../support/fixtures';

const LIST = 'Tasks, newest first';

/** What comes of a refund under this task. */
async function refund(house: House, task: string): Promise<string> {
  const { decision, reason } = await house.decide({
    key: 'CRM_PEP_KEY',
    caller: 'REFUND_BOT_KEY',
    tool: 'refund',
    arguments: { customer_id: 'c-42', amount: 20, currency: 'EUR' },
    context: { task },
  });
  return decision ? 'allowed' : String(reason);
}

test('a task is paused, resumed and revoked, and another completed', { tag: '@no-script' }, async ({ page, house }) => {
  const purpose = `${unique('refund')} <b>order 17</b> & “more”`;
  const task = await house.openTask('REFUND_BOT_KEY', { purpose, tools: ['crm/refund'], budget: 3 });
  expect(await refund(house, task)).toBe('allowed');

  await keepUndo(page);
  await page.goto('/tasks?subject=refund-bot');
  await ready(page);
  const row = rowOf(page, LIST, purpose);
  await expect(row).toContainText('1 of 3');
  await expect(row).toContainText('by an agent for itself');
  await row.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(purpose);
  await ready(page);
  const calls = page.locator('.timeline > li');
  await expect(calls).toHaveCount(1);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expectSaved(page, 'The task was paused.');
  expect(await refund(house, task)).toBe('task_inactive');
  await page.getByRole('button', { name: 'Undo: resume it' }).click();
  await expectSaved(page, 'The task was resumed.');
  expect(await refund(house, task)).toBe('allowed');

  await page.getByRole('link', { name: 'Revoke' }).click();
  await expect(page.getByRole('heading', { name: 'Revoke this task?' })).toBeVisible();
  await expect(page.getByText(/^2 of 3 calls are used\./)).toBeVisible();
  await ready(page);
  expect(await refund(house, task), 'a question is not yet an answer').toBe('allowed');
  await page.getByRole('button', { name: 'Revoke the task' }).click();
  await expectSaved(page, 'The task was revoked.');
  expect(await refund(house, task)).toBe('task_inactive');

  await page.goto(`/tasks/${task}`);
  await ready(page);
  await expect(page.getByRole('button', { name: /Pause|Resume/ })).toHaveCount(0);
  await expect(calls).toHaveText([/Denied: task not active/, /Allowed/, /Allowed/, /Denied: task not active/, /Allowed/]);
  // A call leads to its decision, and that back to the task.
  await calls.first().getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('refund');
  await ready(page);
  await page.getByRole('complementary', { name: 'Facts' }).getByRole('link', { name: task }).click();
  await expect(page).toHaveURL(`/tasks/${task}`);

  const done = await house.openTask('REFUND_BOT_KEY', { purpose: unique('done'), tools: ['crm/refund'], budget: 3 });
  await page.goto(`/tasks/${done}`);
  await ready(page);
  await page.getByRole('link', { name: 'Complete', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Complete this task?' })).toBeVisible();
  await expect(page.getByText(/^0 of 3 calls are used\./)).toBeVisible();
  await ready(page);
  expect(await refund(house, done), 'a question is not yet an answer').toBe('allowed');
  await page.getByRole('button', { name: 'Complete the task' }).click();
  await expectSaved(page, 'The task was completed.');
  expect(await refund(house, done)).toBe('task_inactive');
  await expect(page.getByRole('link', { name: /^(Complete|Revoke)$/ })).toHaveCount(0);
});

test('the list has open tasks, and others on demand', { tag: '@no-script' }, async ({ page, house }) => {
  const [open, over] = [unique('open'), unique('over')];
  await house.openTask('REFUND_BOT_KEY', { purpose: open, tools: ['crm/*'] });
  const id = await house.openTask('REFUND_BOT_KEY', { purpose: over, tools: ['crm/*'] });
  const { code, stdout } = await house.command('task', 'revoke', id);
  expect([code, stdout]).toEqual([0, expect.stringContaining('revoked; takes effect on the next call')]);
  await page.goto('/tasks');
  await ready(page);
  await expect(rowOf(page, LIST, open)).toContainText('Active');
  await expect(rowOf(page, LIST, over)).toHaveCount(0);
  await page.goto('/tasks?state=revoked&tenant=acme');
  await ready(page);
  await expect(rowOf(page, LIST, over)).toContainText('Revoked');
  await expect(rowOf(page, LIST, open)).toHaveCount(0);
  await page.getByRole('link', { name: 'Remove filter: state Revoked' }).click();
  await expect(rowOf(page, LIST, open)).toBeVisible();
});
