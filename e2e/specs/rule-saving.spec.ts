// Rules are compared and tried before they are saved, and never saved over what somebody else saved; as text too.

import { expectRefused, keepUndo, ready, rowOf } from '../support/forms';
import { argument, expectLive, open, order, role, ruleOf, save, shop } from '../support/rules';
import { expect, scripted, test } from '../support/fixtures';

test('a shadow is only watched, until it is enforced', async ({ page, house }) => {
  const slug = await shop(house);
  const call = () => order(house, slug, { customer: 'c-1', amount: 1 });
  await page.goto(`/rules/new?tenant=acme&tool=${slug}/order`);
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(`watched ${slug}`);
  await save(page, 'Save as shadow', async (dialog) => {
    await expect(dialog).toContainText('It is only watched: no call is decided otherwise.');
  });
  await expectLive(page);
  await expect(page.locator('.page-head')).toContainText('Shadow');
  await expect(page.getByText('This rule is a shadow: decisions record what it would have done')).toBeVisible();
  await expect(page.locator('.sentence-large')).toContainText('Would allow');
  expect(await call()).toBe('no_matching_rule');
  expect((await house.asOwner(`/rules?search=${slug}&status=shadow`)).text).toContain('Would have allowed');

  await save(page, 'Save and enforce', async (dialog) => {
    await expect(dialog.getByRole('table', { name: 'What saving changes' })).toContainText(/status.*shadow.*enforced/is);
  });
  await expect(page.locator('.page-head')).toContainText('Enforced');
  expect(await call()).toBe('allowed');
});

test('the difference is shown before saving, and nobody is overwritten', async ({ page, house }) => {
  const slug = await shop(house);
  const name = `orders of ${slug}`;
  await house.apply({ rules: [ruleOf(slug)] });
  const path = await open(page, house, name);
  const most = argument(page, 'amount').getByLabel('at most', { exact: true });
  await expect(most).toHaveValue('100');
  await most.fill('500');
  const wider = '/amount may be larger: maximum 500 instead of 100';
  await expect(page.getByText(`Lets more through than the stored version: ${wider}.`)).toBeVisible();

  await page.locator('.page-head').getByRole('button', { name: 'Save and enforce' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save and enforce?' });
  await expect(dialog).toContainText('The same subjects and tools as before.');
  await expect(dialog.getByRole('alert')).toContainText(wider);
  const rows = dialog.getByRole('table', { name: 'What saving changes' }).locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows.locator('del')).toContainText('100');
  await expect(rows.locator('ins')).toContainText('500');
  await dialog.getByRole('button', { name: 'Go on editing' }).click();
  await expect(dialog).toBeHidden();
  await expect(most).toHaveValue('500');

  await house.apply({ rules: [ruleOf(slug, { roles: ['finance', 'auditor'] })] });
  await save(page);
  const notice = page.getByRole('alert').filter({ hasText: 'Somebody changed this rule meanwhile' });
  await expect(notice).toContainText('It is at version 2 now. Nothing was saved, and what you typed is still here.');
  await expect(page.locator('div:focus')).toContainText('Somebody changed this rule meanwhile');
  await expect(most).toHaveValue('500');
  expect(await order(house, slug, { customer: 'c-1', amount: 101 })).toBe('parameters_out_of_scope');

  await notice.getByRole('link', { name: 'start over from the stored version' }).click();
  await expect(role(page, 'auditor')).toBeChecked();
  await ready(page);
  await expect(most).toHaveValue('100');
  await role(page, 'auditor').uncheck();
  await save(page, 'Save and enforce', async () => expect(dialog).toContainText('Lose: bob in acme.'));
  await expectLive(page);

  await page.locator('summary[aria-label="More actions"]').click();
  await page.getByRole('link', { name: 'History', exact: true }).first().click();
  await expect(page).toHaveURL(`${path}/history`);
  const versions = page.locator('main .card');
  await expect(versions.getByRole('heading', { level: 2 })).toHaveText(['Version 3', 'Version 2', 'Version 1']);
  await expect(versions.nth(0)).toContainText('ada@example.org');
  await expect(versions.nth(0).locator('del')).toContainText('auditor');
  await expect(versions.nth(1).locator('ins')).toContainText('auditor');
  await expect(versions.nth(2).getByRole('row', { name: /parameters/i })).toContainText('not set');
});

test('all that a rule says of approval is shown and kept', async ({ page, house }) => {
  const slug = await shop(house);
  const name = `orders of ${slug}`;
  await house.apply({ rules: [ruleOf(slug, { approval: { approver_subjects: ['bob'] } })] });
  await open(page, house, name);
  const barred = page.getByRole('group', { name: 'Who may not approve' });
  const later = page.getByLabel('Whom to ask as well');
  const after = page.getByLabel('Once it has waited for');
  const remarks = page.locator('#approval-remarks');
  await expect(page.getByRole('button', { name: 'Remove approver bob' })).toBeVisible();
  await expect(barred).toBeHidden();
  await page.getByText('More about approval').click();
  await barred.getByRole('checkbox', { name: 'support-agent' }).check();
  await page.getByLabel('Persons who may not approve').fill('alice');
  await page.getByLabel('Persons who may not approve').press('Enter');
  await later.selectOption('auditor');
  await expect(remarks).toContainText('go together');
  await after.fill('1h');
  await expect(remarks).toContainText('must be shorter');
  await after.fill('30m');
  await expect(remarks).toBeEmpty();
  const terms = 'once bob approved, by auditor as well after 30 min, not by support-agent or alice.';
  await expect(page.locator('.sentence-large')).toContainText(terms);
  await save(page);
  await expectLive(page);

  // Opened again, all of it is there and in sight, on a phone too.
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, house, name);
  await expect(page.locator('.sentence-large')).toContainText(terms);
  await expect(page.getByRole('button', { name: 'Remove approver bob' })).toBeVisible();
  await expect(barred.getByRole('checkbox', { name: 'support-agent' })).toBeChecked();
  await expect(page.getByRole('button', { name: 'Remove excluded person alice' })).toBeVisible();
  await expect(later).toHaveValue('auditor');
  await expect(after).toHaveValue('30m');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('a call is tried beside the editor, with the draft in place', async ({ page, house }) => {
  const slug = await shop(house);
  await house.apply({ rules: [ruleOf(slug)] });
  expect(await order(house, slug, { customer: 'c-1', amount: 150 })).toBe('parameters_out_of_scope');
  const count = async () => (await house.asOwner(`/decisions?server=${slug}`)).text.match(/class="row-link"/g)?.length;
  const before = await count();
  await open(page, house, `orders of ${slug}`);
  const panel = page.getByRole('complementary', { name: 'Try' });
  const outcome = panel.getByRole('region', { name: 'Outcome' });
  // The last recorded call is there already.
  await expect(panel.getByLabel('Subject')).toHaveValue('carol');
  await expect(panel.getByLabel('Arguments')).toHaveValue(/"amount": 150/);
  await expect(outcome).toContainText(/Denied.*parameters_out_of_scope/s);
  await expect(panel.locator('.near-miss')).toContainText('/amount at most 100, was 150');
  await argument(page, 'amount').getByLabel('at most', { exact: true }).fill('150');
  await expect(outcome).toContainText('Allowed');
  await panel.getByLabel('Arguments').fill('{"customer": "c-1", "amount": 151}');
  await expect(outcome).toContainText('Denied');
  await panel.getByLabel('Arguments').fill('{"customer": ');
  await expect(panel.locator('.field-error')).toBeVisible();
  await panel.getByLabel('Arguments').fill('{"customer": "c-1", "amount": 1}');
  await panel.getByLabel('Subject').fill('bob');
  await expect(panel.locator('.near-miss .part-failed')).toContainText('if bob held role finance');
  await panel.getByLabel('Subject').fill('carol');
  await expect(outcome).toContainText('Allowed');
  await panel.getByLabel('Through optional').fill('refund-bot');
  await expect(outcome).toContainText(/Denied.*For refund-bot, who acts: /s);
  await page.getByLabel('Condition CEL, optional').fill('args.amount <');
  await expect(panel).toContainText('The rule is not complete yet: The condition does not parse');

  // None of it counts, and none of it is on record.
  expect(await count()).toBe(before);
  expect(await order(house, slug, { customer: 'c-1', amount: 150 })).toBe('parameters_out_of_scope');
});

test('a rule is switched off with an undo, and deleted after a warning', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = await shop(house);
  const call = () => order(house, slug, { customer: 'c-1', amount: 1 });
  await house.apply({ rules: [ruleOf(slug)] });
  await keepUndo(page);
  const path = await open(page, house, `orders of ${slug}`);
  const more = page.locator('summary[aria-label="More actions"]');
  expect(await call()).toBe('allowed');
  await more.click();
  await page.getByRole('button', { name: 'Disable' }).click();
  await expectLive(page, 'The rule is switched off.');
  await ready(page);
  await expect(page.locator('.page-head')).toContainText('Disabled');
  expect(await call()).toBe('no_matching_rule');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expectLive(page, 'The rule is enforced.');
  await ready(page);
  expect(await call()).toBe('allowed');

  await more.click();
  await page.getByRole('link', { name: 'Delete …' }).click();
  await expect(page.getByRole('heading', { name: `Delete orders of ${slug}?` })).toBeVisible();
  await expect(page.getByText('It allows 2 subjects to call 1 tool. Where no other rule does')).toBeVisible();
  // Somebody changes it while one reads that.
  await house.apply({ rules: [ruleOf(slug, { roles: [] })] });
  await page.getByRole('button', { name: 'Delete the rule' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing was changed' })).toBeVisible();
  await expect(page.getByText('Somebody changed the rule meanwhile.')).toBeVisible();
  expect(await call()).toBe('allowed');

  await page.goto(`${path}?ask=delete`);
  await ready(page);
  await page.getByRole('button', { name: 'Delete the rule' }).click();
  await expect(page).toHaveURL(/\/rules(\?|$)/);
  await expect(rowOf(page, 'Rules by name', `orders of ${slug}`)).toHaveCount(0);
  expect(await call()).toBe('no_matching_rule');
  const history = await page.goto(`${path}/history`);
  expect(history?.status()).toBe(200);
  await ready(page);
  await expect(page.locator('.page-head')).toContainText('Deleted');
});

test('without script a rule is text', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = await shop(house);
  await page.goto(`/rules/new?tenant=acme&tool=${slug}/order`);
  await ready(page);
  const text = page.getByLabel('Rule, as YAML');
  const form = page.getByRole('group', { name: 'Effect' });
  if (scripted()) {
    await expect(text).toBeHidden();
    await expect(form).toBeVisible();
    return;
  }
  await expect(form).toBeHidden();
  await expect(text).toHaveValue(new RegExp(`^name: \\ntenant: "acme"\\neffect: allow\\n.*\\ntools: \\["${slug}/order"\\]`));
  const refuse = async (given: string, says: RegExp) => {
    await text.fill(given);
    await page.getByRole('button', { name: 'Save and enforce' }).click();
    const summary = await expectRefused(page, says);
    await expect(summary).toContainText('The rule was not saved');
    await expect(text).toHaveValue(given);
  };
  const name = `text <b>ö</b> ${slug}`;
  const yaml = (more: string) =>
    `name: "${name}"\ntenant: acme\neffect: allow\ntools: [${slug}/order]\n${more}`;
  await refuse('name: [', /./);
  await refuse(yaml('tool: [a/b]\n'), /tool/);
  await refuse(yaml('when: args.amount <\n'), /^when: The condition does not parse/);
  const bound = (kind: string, most: number) =>
    yaml(`parameters: {properties: {amount: {${kind}maximum: ${most}}}, required: [amount]}\n`);
  await refuse(bound('', 5), /^parameters\/properties\/amount.*type/);
  await refuse(yaml('').replace('acme', 'nowhere'), /There is no tenant of this name\./);
  await text.fill(bound('type: number, ', 5));
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expectLive(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  const path = new URL(page.url()).pathname;
  expect(await order(house, slug, { customer: 'c-1', amount: 5 })).toBe('allowed');
  expect(await order(house, slug, { customer: 'c-1', amount: 6 })).toBe('parameters_out_of_scope');

  // Changed, and not over what somebody else saved.
  await expect(text).toHaveValue(/maximum: 5/);
  const mine = (await text.inputValue()).replace('maximum: 5', 'maximum: 7');
  await house.apply({ rules: [ruleOf(slug, { name })] });
  await refuse(mine, /Somebody changed this rule meanwhile\. Nothing was saved/);
  await page.getByRole('button', { name: 'Save as shadow' }).click();
  await expectLive(page);
  await expect(page.locator('.page-head')).toContainText('Shadow');
  expect(await order(house, slug, { customer: 'c-1', amount: 5 })).toBe('no_matching_rule');
  expect(new URL(page.url()).pathname).toBe(path);

  // A name that is taken, and a restriction that restricts nothing.
  await page.goto('/rules/new');
  await refuse(yaml(''), /Another rule of this tenant has this name\./);
  const nothing = `name: no ${slug}\ntenant: acme\neffect: deny\ntools: [${slug}/nothing]\n`;
  await text.fill(nothing);
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expectRefused(page, /This rule would restrict nothing/, /no registered tool matches/);
  await page.getByRole('checkbox', { name: 'Save it although it restricts nothing at present' }).check();
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expectLive(page);
});
