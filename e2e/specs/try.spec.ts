// Try a call: what the live policy would decide, with why, and nothing of it on record.

import { ready, unique } from '../support/forms';
import { expect, test, type House, type Page } from '../support/fixtures';

interface Given {
  subject: string;
  tool: string;
  tenant?: string;
  given?: string;
}

async function decide(page: Page, { subject, tool, tenant = '', given = '{}' }: Given): Promise<void> {
  await page.getByLabel('Subject', { exact: true }).fill(subject);
  await page.getByLabel('Tenant', { exact: true }).selectOption(tenant);
  await page.getByLabel('Tool', { exact: true }).fill(tool);
  await page.getByLabel('Arguments', { exact: true }).fill(given);
  await page.getByRole('button', { name: 'Decide' }).click();
}

/** The newest decision on record. */
async function newest(house: House): Promise<string | undefined> {
  return /href="\/decisions\/([0-9a-f-]{36})"/.exec((await house.asOwner('/decisions')).text)?.[1];
}

test('a call is tried: outcome, rules, nearest misses; nothing is recorded', { tag: '@no-script' }, async ({ page, house }) => {
  const before = await newest(house);
  await page.goto('/try');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No decision yet' })).toBeVisible();
  const outcome = page.getByRole('region', { name: 'Outcome' });

  const refund = (subject: string, amount: number) => {
    const given = JSON.stringify({ customer_id: 'c-1', amount, currency: 'EUR' });
    return decide(page, { subject, tool: 'crm/refund', given });
  };
  await refund('refund-bot', 700);
  await expect(page).toHaveURL(/\/try\?subject=refund-bot&/);
  await expect(outcome).toContainText(/Denied.*\/amount.*700.*parameters_out_of_scope.*Revision \d+/s);
  await expect(page.locator('.near-miss').first()).toContainText(/small refunds.*\/amount at most 100, was 700/s);
  // What was typed stays.
  await expect(page.getByLabel('Subject', { exact: true })).toHaveValue('refund-bot');
  await expect(page.getByLabel('Arguments', { exact: true })).toHaveValue(/700/);

  await refund('refund-bot', 7);
  await expect(outcome).toContainText('Allowed');
  await expect(page.locator('.why-rule').first()).toContainText(/Allow.*small refunds/s);
  await refund('carol', 7);
  await expect(outcome).toContainText('Waiting for approval');
  await decide(page, { subject: 'dave', tenant: 'globex', tool: 'crm/get_customer', given: '{"customer_id": "c-1"}' });
  await expect(outcome).toContainText(/Denied.*unknown_server/s);
  await decide(page, { subject: 'dave', tenant: 'acme', tool: 'crm/get_customer', given: '{"customer_id": "c-1"}' });
  await expect(outcome).toContainText(/Denied.*no_membership/s);
  await decide(page, { subject: unique('nobody'), tool: 'crm/refund' });
  await expect(outcome).toContainText(/Denied.*unknown_subject/s);
  expect(await newest(house), 'nothing was recorded').toBe(before);
});

test('a trial is an address, and a decision leads to one', { tag: '@no-script' }, async ({ page, house, places }) => {
  await page.goto(`/try?subject=bob&tool=crm/get_customer&arguments=${encodeURIComponent('{"customer_id": "c-1"}')}`);
  await ready(page);
  const outcome = page.getByRole('region', { name: 'Outcome' });
  await expect(outcome).toContainText('Allowed');

  await page.goto(`/decisions/${places.parameters_out_of_scope}`);
  await ready(page);
  const before = await newest(house);
  await page.getByRole('link', { name: 'Try again now' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Try a call');
  await expect(page.getByLabel('Subject', { exact: true })).toHaveValue('alice');
  await expect(page.getByLabel('Tool', { exact: true })).toHaveValue('crm/refund');
  await expect(page.getByLabel('Arguments', { exact: true })).toHaveValue(/"amount": 700/);
  // Alice's role was taken away since.
  await expect(outcome).toContainText(/Denied.*no_matching_rule/s);
  expect(await newest(house), 'nothing was recorded').toBe(before);
});

test('a call through an agent is decided for both of them', { tag: '@no-script' }, async ({ page, house }) => {
  const [owner, bot] = [unique('owner'), unique('bot')];
  await house.apply({
    subjects: [
      { id: owner, kind: 'user', memberships: [{ tenant: 'acme', roles: ['support-agent'] }] },
      { id: bot, kind: 'agent', owner, memberships: [{ tenant: 'acme' }] },
    ],
  });
  // Both pages that tell of the two lead here.
  for (const pair of [`/subjects/${bot}`, `/access?tenant=acme&subject=${owner}&agent=${bot}`]) {
    await page.goto(pair);
    await ready(page);
    await page.getByRole('link', { name: 'Try a call of these two' }).click();
    await expect(page).toHaveURL(new RegExp(`/try\\?subject=${owner}&agent=${bot}&tenant=acme$`));
  }
  await ready(page);
  await expect(page.getByLabel('Subject', { exact: true })).toHaveValue(owner);
  const through = page.getByLabel('Through optional');
  await expect(through).toHaveValue(bot);
  const outcome = page.getByRole('region', { name: 'Outcome' });
  const note = { subject: owner, tenant: 'acme', tool: 'crm/add_note', given: '{"customer_id": "c-1", "text": "hi"}' };
  await decide(page, note);
  await expect(outcome).toContainText(new RegExp(`Denied.*For ${bot}, who acts: .*no_matching_rule`, 's'));
  await expect(through).toHaveValue(bot);
  await through.fill('');
  await decide(page, note);
  await expect(outcome).toContainText('Allowed');
});

test('what is no call is said at its field', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/try');
  await ready(page);
  const [tool, given] = [page.getByLabel('Tool', { exact: true }), page.getByLabel('Arguments', { exact: true })];
  await decide(page, { subject: 'bob', tool: 'refund' });
  await expect(tool).toHaveAttribute('aria-invalid', 'true');
  await expect(tool).toHaveAccessibleDescription('Name a tool as server/tool');
  for (const text of ['{"amount":', '[1]', '{"amount": 1, "amount": 2}']) {
    await decide(page, { subject: 'bob', tool: 'crm/refund', given: text });
    await expect(given).toHaveValue(text);
    await expect(given).toHaveAttribute('aria-invalid', 'true');
    await expect(given).toHaveAccessibleDescription(/./);
    await expect(page.getByRole('region', { name: 'Outcome' })).toHaveCount(0);
  }
});

test('another action is tried: tabs keep the parties, faults stand at their field, the address says all', { tag: '@no-script' }, async ({ page, house }) => {
  const kind = unique('record');
  await house.apply({
    resources: [{ type: kind, id: 'r-1', tenant: 'acme', attributes: { status: 'archived' } }],
    rules: [
      {
        name: unique('writes'),
        tenant: 'acme',
        effect: 'allow',
        actions: ['write'],
        resources: [`${kind}:*`],
        when: "resource.status == 'active'",
      },
    ],
  });
  const before = await newest(house);
  await page.goto('/try?subject=bob&tenant=acme');
  await ready(page);
  await page.getByRole('link', { name: 'Another action' }).click();
  await expect(page).toHaveURL(/\/try\?subject=bob&tenant=acme&form=action$/);
  await expect(page.getByRole('link', { name: 'Another action' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('heading', { name: 'No decision yet' })).toBeVisible();
  await expect(page.getByLabel('Subject', { exact: true })).toHaveValue('bob');

  const [type, properties] = [page.getByLabel('Resource type'), page.getByLabel('Resource properties')];
  const outcome = page.getByRole('region', { name: 'Outcome' });
  const decided = async () => {
    await page.getByRole('button', { name: 'Decide' }).click();
    await ready(page);
  };
  await ready(page);
  await page.getByLabel('Action', { exact: true }).fill('write');
  await page.getByLabel('Resource id').fill('r-1');
  await decided();
  await expect(type).toHaveAttribute('aria-invalid', 'true');
  await expect(type).toHaveAccessibleDescription(/Say of which type/);
  await expect(outcome).toHaveCount(0);
  await type.fill(kind);
  await decided();
  await expect(outcome).toContainText(/Denied.*no_matching_rule/s);
  await properties.fill('[1]');
  await decided();
  await expect(properties).toHaveAttribute('aria-invalid', 'true');
  await expect(properties).toHaveAccessibleDescription(/^The properties must be a JSON object, such as \{\}\s+Properties are JSON objects/);
  await properties.fill('{"status": "active"}');
  await decided();
  await expect(outcome).toContainText('Allowed');
  const address = page.url();
  await page.goto('/try');
  await page.goto(address);
  await ready(page);
  await expect(outcome).toContainText('Allowed');
  await expect(properties).toHaveValue('{"status": "active"}');
  expect(await newest(house), 'nothing was recorded').toBe(before);

  // The explorer lists tools alone, and leads here.
  await page.goto('/access?tenant=acme&subject=bob');
  await ready(page);
  await page.getByRole('link', { name: 'Try another action' }).click();
  await expect(page).toHaveURL(/\/try\?subject=bob&tenant=acme&form=action$/);
});
