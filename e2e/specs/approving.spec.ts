// An approver of the company's own sign-in answers an agent's call; whoever asked is told what became of it; and an
// approval is given for less than the rule allows.

import { accountOf } from '../support/accounts.mjs';
import { asking, bar, refund, refundsByFinance, requestOf, waiting } from '../support/approvals';
import { expectFault, expectRefused, ready, rowOf } from '../support/forms';
import { BACKENDS, expect, hydrated, test, type House, type Page } from '../support/fixtures';
import { CLIENT, SignInProvider } from '../support/sign-in-provider-process.mjs';

/** The company's provider, by which finance comes in; the policy knows Finn there, and has the agent in finance too. */
async function withProvider(house: House): Promise<SignInProvider> {
  const provider = await SignInProvider.open(house);
  house.keys.WORK_SECRET = CLIENT.secret;
  const client = ['--issuer', provider.url, '--client-id', CLIENT.id, '--secret-env', 'WORK_SECRET'];
  const words = ['provider', 'put', 'work', '--name', 'The company', ...client, '--group', 'finance=approver'];
  const { code, stderr } = await house.command(...words);
  expect(code, stderr).toBe(0);
  const memberships = [{ tenant: 'acme', roles: ['finance'] }];
  await house.apply({
    issuers: [{ url: provider.url, name: 'The company', tenants: ['acme'] }],
    subjects: [
      { id: 'finn', kind: 'user', name: 'Finn Dale', memberships, identities: [{ issuer: provider.url, sub: 'finn' }] },
      { id: 'refund-bot', kind: 'agent', memberships },
    ],
  });
  return provider;
}

/** Through the provider, by its own page. */
async function signInAsFinn(page: Page): Promise<void> {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Sign in with The company' }).click();
  await page.getByLabel('Name').fill('finn');
  await page.getByRole('button', { name: 'Continue' }).click();
}

for (const backend of BACKENDS) {
  test(`an approver of the provider answers an agent, whose call passes once (${backend})`, async ({ open, browse }) => {
    const house = await asking(() => open({ backend }));
    const provider = await withProvider(house);
    const finn = await browse(house, { session: null });
    await signInAsFinn(finn);
    await expect(finn, 'this is where approvers begin').toHaveURL(`${house.address}/approvals`);
    await hydrated(finn);
    const before = await waiting(finn).count();
    // Lost with the document, so that a reload would be seen.
    await finn.evaluate(() => document.documentElement.setAttribute('data-drawn-once', ''));

    const call = (amount = 640) => refund(house, amount, 'c-31', 'REFUND_BOT_KEY');
    const filed = await call();
    expect(filed).toMatchObject({ decision: false, reason: 'approval_required' });
    const at = await requestOf(house, filed.id);
    const row = waiting(finn).filter({ has: finn.locator(`a[href="${at}"]`) });
    await expect(row).toContainText('refund-bot');
    await expect(waiting(finn)).toHaveCount(before + 1);
    await expect(finn.locator('html')).toHaveAttribute('data-drawn-once', '');

    await row.getByRole('link').click();
    await expect(finn.getByRole('heading', { level: 1 })).toContainText(/refund-bot.*asks to call.*refund/);
    expect(await call(), 'to look is not to answer').toMatchObject({ decision: false, reason: 'approval_pending' });
    await bar(finn).getByRole('button', { name: 'Approve' }).click();
    await expect(finn.locator('.notice-success')).toContainText('The identical call passes when it is repeated');
    await expect(waiting(finn)).toHaveCount(before);

    const other = await call(641);
    expect(other, 'another amount').toMatchObject({ decision: false, reason: 'approval_required' });
    const used = await call();
    expect(used).toMatchObject({ decision: true });
    const again = await call();
    expect(again, 'once').toMatchObject({ decision: false, reason: 'approval_required' });

    // From the list of decisions to the request and back, over each record of it.
    const owner = await browse(house);
    await owner.goto('/decisions?subject=refund-bot&server=crm&tenant=acme');
    await ready(owner);
    const line = (id: string) => owner.locator(`a[href^="/decisions/${id}"]`);
    for (const { id } of [filed, other, used, again]) await expect(line(id).first()).toBeVisible();
    await line(used.id).first().click();
    await expect(owner.getByText('was used by this call')).toBeVisible();
    await owner.getByRole('link', { name: 'Approval request' }).click();
    await expect(owner).toHaveURL(`${house.address}${at}`);
    await expect(owner.getByText(/^Approved by Finn Dale/)).toBeVisible();
    await expect(owner.getByRole('link', { name: 'an allowed call' })).toHaveAttribute('href', `/decisions/${used.id}`);
    expect(await requestOf(house, again.id), 'what is asked anew is a request of its own').not.toBe(at);
    await owner.goto('/settings/accounts');
    await ready(owner);
    const account = rowOf(owner, 'Accounts by login', 'finn@idp.example');
    for (const text of ['Approver', 'told by a provider', '1 identity']) await expect(account).toContainText(text);
    await provider.close();
  });
}

test('whoever asked is told by whom, why, and what to do next, and nothing of the policy', { tag: '@no-script' }, async ({
  open,
  browse,
}) => {
  const house = await asking(open);
  const frank = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  const carol = await browse(house, { session: (await accountOf(house, 'approver', 'carol')).session });
  const main = carol.getByRole('main');
  const term = (name: string) => main.getByText(name, { exact: true }).locator('xpath=following-sibling::dd[1]');
  // Frank is called "frank of finance"; whom else the rule asks, and the rule itself, stand nowhere.
  const policy = /(?<!frank of )finance|quorum|\brules?\b|grace/i;
  const expectNothingOfThePolicy = async () => {
    await expect(main).not.toContainText(policy);
    expect(await carol.content(), 'nor in what is sent and not shown').not.toMatch(/refunds by finance|grace/);
  };

  const approved = await requestOf(house, (await refund(house, 1_100, 'c-51')).id);
  await frank.goto(approved);
  await ready(frank);
  await expect(frank.getByRole('main'), 'whom it concerns is told of the rule').toContainText('refunds by finance');
  await bar(frank).getByRole('button', { name: 'Approve' }).click();
  await expect(frank.locator('.notice-success')).toBeVisible();
  const status = approved.replace('/approvals/', '/requests/');
  await carol.goto(status);
  await ready(carol);
  await expect(main.locator('.pill')).toHaveText('Approved');
  await expect(main).toContainText('Repeat the identical call: it passes. A call that differs in anything asks anew.');
  await expect(term('Decided')).toContainText('by frank of finance');
  await expect(term('Repeat it until')).toContainText(/\d/);
  await expectNothingOfThePolicy();
  // What it says is so.
  expect(await refund(house, 1_100, 'c-51')).toMatchObject({ decision: true });
  await carol.reload();
  await expect(main.locator('.pill')).toHaveText('Approved and used');
  // That its answer left is noted a moment later.
  await expect(main).toContainText(/The call has passed.*Another one asks anew\./);
  await expect(main.getByRole('button', { name: 'Cancel request' }), 'there is nothing to cancel').toHaveCount(0);

  const denied = await requestOf(house, (await refund(house, 1_300, 'c-52')).id);
  await frank.goto(denied);
  await ready(frank);
  await frank.getByLabel('Reason, which a denial needs').fill('The parcel <b>arrived</b> whole');
  await bar(frank).getByRole('button', { name: 'Deny' }).click();
  await expect(frank.locator('.notice-success')).toContainText('Denied.');
  await carol.goto(denied.replace('/approvals/', '/requests/'));
  await ready(carol);
  await expect(main.locator('.pill')).toHaveText('Denied');
  await expect(main).toContainText('Speak with whoever denied it, or make another call.');
  await expect(term('Decided')).toContainText('by frank of finance');
  await expect(term('Reason')).toHaveText('The parcel <b>arrived</b> whole');
  await expectNothingOfThePolicy();
  await expect(main.getByRole('button', { name: 'Cancel request' })).toHaveCount(0);
  const repeated = await refund(house, 1_300, 'c-52');
  expect(repeated, 'repeating changes nothing').toMatchObject({ decision: false, reason: 'approval_denied' });
});

test('an approval is given for less than the rule allows', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await asking(open);
  await house.apply({ rules: [refundsByFinance({ quorum: 1, expires_in: '4h', uses: 3 })] });
  const { session } = await accountOf(house, 'approver', 'frank');
  const page = await browse(house, { session });
  const call = () => refund(house, 1_700, 'c-61');
  const at = await requestOf(house, (await call()).id);
  await page.goto(at);
  await ready(page);
  await page.getByText('Approve for less than the rule allows').click();
  // A minute, as the field has it, an hour from now.
  const until = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16);
  await page.getByLabel('Until, in UTC').fill(until);
  // More than the rule allows is refused, and what was typed stands there yet.
  const uses = page.getByLabel('For how many calls');
  await uses.fill('4');
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  const wider = 'This is more than the rule allows. Choose less, or leave it empty.';
  await expectRefused(page, new RegExp(wider));
  await expectFault(uses, wider);
  expect(await call(), 'nothing was approved').toMatchObject({ decision: false, reason: 'approval_pending' });
  await expect(page.getByLabel('Until, in UTC')).toHaveValue(until);
  await uses.fill('2');
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes when it is repeated');

  await page.goto(at);
  await ready(page);
  const [day = '', time = ''] = until.split('T');
  const moment = new RegExp(`until ${day}[T ]${time}`);
  const vote = page.getByRole('listitem').filter({ hasText: 'frank of finance' }).filter({ hasText: 'approved' });
  await expect(vote).toContainText(moment);
  await expect(vote).toContainText('2 calls at the most');
  await expect(page.getByText(/^Approved by frank of finance/)).toContainText('may pass 2 more times');
  await expect(page.getByText(/^Approved by frank of finance/)).toContainText(moment);
  for (const decision of [true, true, false]) expect(await call()).toMatchObject({ decision });
});
