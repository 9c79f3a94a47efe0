// A call waits for a person: it appears in the inbox by itself, is answered from its page alone, and passes once. Two
// browsers, and an agent that knows nothing of it and just repeats its call.

import { accountOf } from '../support/accounts.mjs';
import { asking, bar, refund, refundsByFinance, requestOf, waiting } from '../support/approvals';
import { HOSTILE } from '../support/filling.mjs';
import { expectRefused, moment, ready } from '../support/forms';
import { expect, hydrated, test } from '../support/fixtures';
import { expectInert, expectNothingHidden } from '../support/inert';

test('a call appears by itself, is approved, and passes once', async ({ open, browse }) => {
  const house = await asking(open);
  const frank = await accountOf(house, 'approver', 'frank');
  expect(frank.landing).toBe('/approvals');
  const page = await browse(house, { session: frank.session });
  await page.goto('/approvals');
  await hydrated(page);
  const before = await waiting(page).count();

  const filed = await refund(house, 900);
  expect(filed).toMatchObject({ decision: false, reason: 'approval_required' });
  await expect(waiting(page)).toHaveCount(before + 1);
  const at = await requestOf(house, filed.id);
  const row = waiting(page).filter({ has: page.locator(`a[href="${at}"]`) });
  await expect(row).toContainText('High');
  await expect(row).toContainText('carol');
  await expect(page).toHaveTitle(`(${before + 1}) Approvals · Countersign`);
  const said = before === 0 ? '1 call waits for you' : `${before + 1} calls wait for you`;
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: said }), 'and it is said').toHaveCount(1);
  await expect(page.getByRole('navigation', { name: 'Main' }).locator('.badge')).toContainText(`${before + 1}`);

  // Another attempt files nothing.
  expect(await refund(house, 900)).toMatchObject({ decision: false, reason: 'approval_pending' });
  await row.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`${at}$`));
  await expect(page.getByText('asked 2 times')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/carol.*\(acme\) asks to call.*refund/);
  await expect(page.getByText('1 approval by finance; good for 1 h and one call')).toBeVisible();
  await expect(page.getByRole('row', { name: /amount/ })).toContainText('900');
  const sizes = await bar(page).getByRole('button').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
  expect(sizes[0]).toBe(sizes[1]);
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes when it is repeated');
  await expect(waiting(page)).toHaveCount(before);

  expect(await refund(house, 901), 'another amount').toMatchObject({ decision: false, reason: 'approval_required' });
  const used = await refund(house, 900);
  expect(used).toMatchObject({ decision: true });
  expect(await refund(house, 900), 'once').toMatchObject({ decision: false, reason: 'approval_required' });

  // The record ties them together.
  const owner = await browse(house);
  await owner.goto(`/decisions/${used.id}`);
  await expect(owner.getByText('was used by this call')).toBeVisible();
  await owner.getByRole('link', { name: 'Approval request' }).click();
  await expect(owner.getByText(/^Approved by frank of finance/)).toBeVisible();
  await expect(owner.getByRole('link', { name: 'an allowed call' })).toHaveAttribute('href', `/decisions/${used.id}`);
});

test('what changed since the page was drawn is shown, and nothing is decided', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await asking(open);
  const { session } = await accountOf(house, 'approver', 'frank');
  const { id } = await refund(house, 1_200, 'c-88');
  const page = await browse(house, { session });
  const at = await requestOf(house, id);
  await page.goto(at);
  await ready(page);

  // A denial without a reason is none: the browser itself insists.
  await bar(page).getByRole('button', { name: 'Deny' }).click();
  await expect(page).toHaveURL(new RegExp(`${at}$`));

  // Meanwhile the rule asks for two.
  await house.apply({ rules: [refundsByFinance({ quorum: 2, expires_in: '1h', uses: 1 })] });
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByRole('alert')).toContainText('Something changed since you looked');
  await expect(page.getByRole('alert')).toContainText('A rule that asks was changed');
  // He may not read rules: of this one he is told what it asks for, as it was and as it is.
  const heading = page.getByRole('heading', { level: 2, name: 'What changed in the rule refunds by finance' });
  await expect(page.locator('.card').filter({ has: heading }).locator('dd')).toHaveText([
    '1 approval by finance; good for 1 h and one call',
    '2 approvals by finance; good for 1 h and one call',
  ]);
  expect(await refund(house, 1_200, 'c-88')).toMatchObject({ decision: false });

  // Seen anew, it is answered: one of two.
  await ready(page);
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('Your approval counts');
  expect(await refund(house, 1_200, 'c-88'), 'one is not two').toMatchObject({ decision: false });
});

test('a tool that changed since the page was drawn is shown beside what it was', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await asking(open);
  const { session } = await accountOf(house, 'approver', 'frank');
  const page = await browse(house, { session });
  await page.goto(await requestOf(house, (await refund(house, 1_250, 'c-89')).id));
  await ready(page);
  await expect(page.getByRole('heading', { name: 'What changed in the tool' })).toHaveCount(0);

  // Meanwhile the tool becomes another one, and graver; what it says of itself is hostile.
  const description = `Pay money back to anybody ${HOSTILE.bidi} ${HOSTILE.image}`;
  await house.apply({ servers: [{ slug: 'crm', tools: [{ name: 'refund', risk: 'critical', description }] }] });
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByRole('alert')).toContainText('Something changed since you looked');
  await expect(page.getByRole('alert')).toContainText('The tool changed: see');
  await ready(page);
  const card = (name: string) => page.locator('.card').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) });
  await expect(card('What changed in the tool')).toContainText(/Risk\s*critical\s*was\s*high/);
  const changed = card('Description');
  await expect(changed.getByRole('heading', { level: 3 })).toHaveText(['When you looked', 'Now']);
  await expect(changed.locator('del', { hasText: 'customer.' })).toHaveCount(1);
  await expect(changed.locator('ins', { hasText: 'anybody' })).toHaveCount(1);
  await expect(changed).toContainText('U+202E');
  await expect(card('Input schema'), 'which is as it was').toHaveCount(0);
  await expectInert(page);
  await expectNothingHidden(page);
  await expect(page.locator('.facts').first(), 'nothing was decided').toContainText('Waiting for approval');

  // Seen anew, it is answered. It was asked for the tool as it was, so the call of the one that is asks anew.
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes when it is repeated');
  expect(await refund(house, 1_250, 'c-89')).toMatchObject({ decision: false, reason: 'approval_required' });
});

test('the keyboard finds, opens and answers, and decides nothing unseen', async ({ open, browse }) => {
  const house = await asking(open);
  const { session } = await accountOf(house, 'approver', 'frank');
  await refund(house, 700, 'c-91');
  await refund(house, 800, 'c-92');
  const page = await browse(house, { session });
  await page.goto('/approvals');
  await hydrated(page);
  const count = await waiting(page).count();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('open the row, and go to Approve');
  await page.keyboard.press('Escape');

  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(waiting(page).first().getByRole('link')).toBeFocused();
  await page.keyboard.press('d');
  await expect(page).toHaveURL(/\/approvals\/[0-9a-f-]{36}#answer-reason$/);
  await expect(page.locator('#answer-reason')).toBeFocused();
  // Letters are typed here, and do not lead away.
  await page.keyboard.type('adj: too much');
  await expect(page.locator('#answer-reason')).toHaveValue('adj: too much');
  await page.keyboard.press('Enter');
  await expect(page.locator('.notice-success')).toContainText('Denied.');
  await hydrated(page);
  await expect(waiting(page)).toHaveCount(count - 1);

  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(bar(page)).toBeVisible();
  const first = page.url();
  await page.keyboard.press('a');
  await expect(page.getByRole('button', { name: 'Approve' })).toBeFocused();
  // Skipped, and not decided.
  if (count > 2) {
    await page.keyboard.press('j');
    await expect(page).not.toHaveURL(first);
  }
  await page.goto('/approvals');
  await expect(waiting(page)).toHaveCount(count - 1);
});

test('whoever asked sees what became of it and may cancel; a substitute is named', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await asking(open);
  const asked = await refund(house, 1_500, 'c-99');
  expect(asked.reason).toBe('approval_required');
  const owner = await browse(house);
  await owner.goto(`/decisions/${asked.id}`);
  const href = (await owner.getByRole('link', { name: 'Approval request' }).getAttribute('href')) ?? '';
  const status = href.replace('/approvals/', '/requests/');

  const frank = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  expect((await frank.goto(status))?.status(), 'it is not his').toBe(404);
  const carol = await browse(house, { session: (await accountOf(house, 'approver', 'carol')).session });
  expect((await carol.goto(href))?.status(), 'who asks does not approve').toBe(404);
  await carol.goto(status);
  await ready(carol);
  await expect(carol.getByRole('main')).toContainText('Waiting for approval');
  await expect(carol.getByRole('main')).not.toContainText(/finance|quorum|rule/i);
  await carol.getByRole('button', { name: 'Cancel request' }).click();
  await expect(carol.locator('.notice-success')).toContainText('The request was cancelled');
  await expect(carol.getByRole('button', { name: 'Cancel request' })).toHaveCount(0);

  await frank.goto('/approvals');
  await ready(frank);
  await frank.getByRole('link', { name: 'Name a substitute' }).click();
  await ready(frank);
  await frank.getByLabel('Until', { exact: true }).fill(moment(120));
  await frank.getByLabel('Who', { exact: true }).selectOption('grace');
  await frank.getByRole('button', { name: 'Name the substitute' }).click();
  await expectRefused(frank, 'Choose an active person other than yourself, and an end within 90 days.');
  await frank.getByLabel('Until', { exact: true }).fill(moment(2));
  await frank.getByRole('button', { name: 'Name the substitute' }).click();
  await expect(frank.getByText(/grace of finance answers for you until/)).toBeVisible();
  await ready(frank);
  await frank.getByRole('button', { name: /^End/ }).click();
  await expect(frank.getByText('Nobody answers while you are away.')).toBeVisible();
});

test('an approver narrows what they answered, and sees no rates', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await asking(open);
  const { session } = await accountOf(house, 'approver', 'frank');
  const page = await browse(house, { session });
  const [denied, approved] = [await refund(house, 1_610, 'c-61'), await refund(house, 1_620, 'c-62')];
  const [no, yes] = [await requestOf(house, denied.id), await requestOf(house, approved.id)];
  await page.goto(no);
  await ready(page);
  await page.locator('#answer-reason').fill('not agreed');
  await bar(page).getByRole('button', { name: 'Deny' }).click();
  await expect(page.locator('.notice-success')).toContainText('Denied.');
  await page.goto(yes);
  await ready(page);
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes');

  await page.goto('/approvals?view=history');
  await ready(page);
  const listed = page.getByRole('table', { name: 'Requests, newest first' });
  await expect(listed.locator(`a[href="${no}"]`)).toHaveCount(1);
  await expect(listed.locator(`a[href="${yes}"]`)).toHaveCount(1);
  await page.locator('select[name="state"]').selectOption({ label: 'Denied' });
  await page.locator('select[name="rule"]').selectOption({ label: 'refunds by finance' });
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/state=denied/);
  await expect(listed.locator(`a[href="${no}"]`)).toHaveCount(1);
  await expect(listed.locator(`a[href="${yes}"]`)).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'How often each rule is approved' })).toHaveCount(0);
  expect((await page.goto('/rules/rates'))?.status(), 'who may not read rules').toBe(403);

  // Whoever audits sees them, and no request.
  const auditor = await browse(house, { session: (await accountOf(house, 'auditor')).session });
  await auditor.goto('/rules');
  await auditor.getByRole('link', { name: 'Approval rates' }).click();
  await expect(auditor.getByRole('heading', { level: 1, name: 'Approval rates' })).toBeVisible();
  await expect(auditor.getByRole('list', { name: 'Answers by rule' })).toContainText('refunds by finance');
  await expect(auditor.getByRole('main').locator('a[href^="/approvals"]')).toHaveCount(0);
});
