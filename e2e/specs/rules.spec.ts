// Rules are written in the form that a tool's schema makes, and checked while one types.

import { ready } from '../support/forms';
import { argument, expectLive, open, order, role, ruleOf, save, schema, shop } from '../support/rules';
import { expect, test } from '../support/fixtures';

test('a rule is written by form, with every kind of bound', async ({ page, house }) => {
  const slug = await shop(house);
  const name = `orders of ${slug}`;
  const sound = { customer: 'c-1', amount: 100, count: 1, currency: 'EUR', urgent: false };
  await page.goto('/rules');
  await ready(page);
  await page.getByRole('link', { name: 'New rule' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New rule');
  await expect(page.getByRole('radio', { name: /^Allow The call passes\./ })).toBeChecked();
  const sentence = page.locator('.sentence-large');
  await expect(sentence).toHaveText('Allow anyone in every tenant to call no tool yet.');

  // Nothing is complained about before anybody came to it; saving complains.
  await expect(page.locator('.field-error')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  const summary = page.locator('.form-summary');
  await expect(summary).toContainText('2 things need your attention');
  await expect(page.locator('div:focus')).toContainText('2 things need your attention');
  await summary.getByRole('link', { name: /^The name/ }).click();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await expect(page.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true');

  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  await role(page, 'finance').check();
  await page.getByLabel('Add a tool from the catalog').selectOption(`${slug}/order`);
  await expect(page.getByText('Matches 1 tool.')).toBeVisible();
  await expect(sentence).toHaveText(`Allow finance in acme to call ${slug} / order.`);
  await expect(page.getByText(/^From the schema of .*order, reviewed/)).toContainText(slug);
  await expect(argument(page, 'amount')).toContainText('number, the tool asks for it');
  await expect(argument(page, 'tags')).toContainText('Bound it in the JSON Schema below.');

  const bound = (of: string, label: string) => argument(page, of).getByLabel(label, { exact: true });
  await bound('amount', 'more than').fill('0');
  await bound('amount', 'at most').fill('100');
  await expect(argument(page, 'amount').getByRole('combobox'), 'a bounded argument must be given').toHaveValue('must');
  await bound('count', 'at least').fill('1');
  await bound('count', 'less than').fill('10');
  await bound('customer', 'matches').fill('^c-[0-9]+$');
  await bound('note', 'at most this many characters').fill('20');
  await argument(page, 'note').getByRole('combobox').selectOption('may be left out');
  await argument(page, 'currency').getByRole('checkbox', { name: 'GBP' }).uncheck();
  await argument(page, 'urgent').getByRole('checkbox', { name: 'true' }).uncheck();
  await expect(argument(page, 'urgent').getByRole('checkbox', { name: 'false' }), 'one value is left').toBeDisabled();
  await page.getByRole('switch', { name: /^Nothing else/ }).check();
  await expect(argument(page, 'tags').getByRole('combobox')).toHaveValue('must_not');
  await expect(sentence).toContainText('/amount is more than 0 and is at most 100');
  await expect(sentence).toContainText('/note, if given, has at most 20 characters');
  await expect(sentence).toContainText('nothing else is given');

  await page.getByText('JSON Schema', { exact: true }).click();
  expect(JSON.parse(await schema(page).inputValue())).toEqual({
    properties: {
      amount: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
      count: { type: 'integer', minimum: 1, exclusiveMaximum: 10 },
      customer: { type: 'string', pattern: '^c-[0-9]+$' },
      note: { type: 'string', maxLength: 20 },
      currency: { enum: ['EUR', 'USD'] },
      urgent: { enum: [false] },
    },
    required: ['amount', 'count', 'customer', 'currency', 'urgent'],
    'x-optional': ['note'],
    additionalProperties: false,
  });

  expect(await order(house, slug, sound)).toBe('no_matching_rule');
  await save(page, 'Save and enforce', async (dialog) => {
    await expect(dialog).toContainText('Gain: carol in acme, frank in acme.');
    await expect(dialog).toContainText(`Tools added: ${slug}/order.`);
    expect(await order(house, slug, sound), 'a question is not yet an answer').toBe('no_matching_rule');
  });
  await expectLive(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  for (const [given, expected] of [
    [{}, 'allowed'],
    [{ note: 'x'.repeat(20) }, 'allowed'],
    [{ amount: 0 }, 'parameters_out_of_scope'],
    [{ amount: 100.01 }, 'parameters_out_of_scope'],
    [{ count: 0 }, 'parameters_out_of_scope'],
    [{ count: 10 }, 'parameters_out_of_scope'],
    [{ customer: 'x-1' }, 'parameters_out_of_scope'],
    [{ currency: 'GBP' }, 'parameters_out_of_scope'],
    [{ urgent: true }, 'parameters_out_of_scope'],
    [{ note: 'x'.repeat(21) }, 'parameters_out_of_scope'],
    [{ tags: [] }, 'parameters_out_of_scope'],
    [{ urgent: undefined }, 'parameters_out_of_scope'],
  ] as const) {
    expect(await order(house, slug, { ...sound, ...given }), JSON.stringify(given)).toBe(expected);
  }
});

test('the JSON Schema and the form say the same', async ({ page, house }) => {
  const slug = await shop(house);
  await page.goto(`/rules/new?tenant=acme&tool=${slug}/order`);
  await ready(page);
  await expect(argument(page, 'amount')).toBeVisible();
  await page.getByText('JSON Schema', { exact: true }).click();
  await schema(page).fill('{"properties": {');
  await expect(page.getByText('The JSON Schema below is not valid JSON. Put it right to use the form.')).toBeVisible();
  await expect(argument(page, 'amount')).toBeHidden();
  await expect(schema(page)).toHaveAccessibleDescription(/JSON/);

  const text = { properties: { amount: { type: 'number', maximum: 50, multipleOf: 5 } }, required: ['amount'] };
  await schema(page).fill(JSON.stringify(text));
  await expect(argument(page, 'amount').getByLabel('at most', { exact: true })).toHaveValue('50');
  await expect(argument(page, 'amount')).toContainText('Also bounded in the JSON Schema below: multipleOf');
  await argument(page, 'amount').getByLabel('at most', { exact: true }).fill('75.5');
  expect(JSON.parse(await schema(page).inputValue())).toEqual({
    ...text,
    properties: { amount: { type: 'number', maximum: 75.5, multipleOf: 5 } },
  });
  // Half a number changes nothing yet.
  await argument(page, 'amount').getByLabel('at most', { exact: true }).fill('-');
  await expect(argument(page, 'amount').getByLabel('at most', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  expect(JSON.parse(await schema(page).inputValue()).properties.amount.maximum).toBe(75.5);

  // What would not bound is refused, at its argument.
  await schema(page).fill('{"properties": {"amount": {"maximum": 5}}, "required": ["amount"]}');
  await expect(argument(page, 'amount')).toContainText('type: number');
  await schema(page).fill('{"properties": {"amount": {"type": "number", "maximum": 5}}}');
  await expect(schema(page)).toHaveAccessibleDescription(/amount is bounded but may be left out; add it to required/);
  await schema(page).fill('{"amount": {"maximum": 5}}');
  await expect(schema(page)).toHaveAccessibleDescription(/amount is not a keyword; names of arguments stand in properties/);
  await page.getByLabel('Name', { exact: true }).fill(`refused ${slug}`);
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expect(page.locator('.form-summary')).toContainText('One thing needs your attention');
  await page.locator('.form-summary').getByRole('link').click();
  await expect(schema(page)).toBeFocused();
  await expect(schema(page)).toHaveValue('{"amount": {"maximum": 5}}');
});

test('a condition is checked while it is typed', async ({ page, house }) => {
  const slug = await shop(house);
  await house.apply({ rules: [ruleOf(slug)] });
  await open(page, house, `orders of ${slug}`);
  const when = page.getByLabel('Condition CEL, optional');
  for (const [text, says] of [
    ['args.amount <', /The condition does not parse: /],
    ['order.amount < 5.0', /The condition speaks about order, which is none of subject, /],
    // Tried on arguments that the tool takes: a whole number is not multiplied by a fraction.
    ['args.count * 1.2 > 5.0', /Can never match: its condition can never come out true/],
    ['args.amount.sqrt() < 5.0', /The condition calls sqrt, which is not a function of conditions/],
  ] as const) {
    await when.fill(text);
    await expect(when).toHaveAccessibleDescription(says);
  }
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expect(page.locator('.form-summary').getByRole('link')).toHaveText(/The condition calls sqrt/);

  await when.fill("tenant.slug == 'acme' && args.amount < 50.0");
  await expect(page.locator('#when-remarks')).toBeEmpty();
  await expect(page.locator('.form-summary')).toHaveCount(0);
  await expect(page.locator('.sentence-large')).toContainText("tenant.slug == 'acme' && args.amount < 50.0 holds");
  await save(page);
  await expectLive(page);
  expect(await order(house, slug, { customer: 'c-1', amount: 49 })).toBe('allowed');
  expect(await order(house, slug, { customer: 'c-1', amount: 50 })).toBe('no_matching_rule');
});

test('what can never match is flagged at its field', async ({ page, house }) => {
  const slug = await shop(house);
  const idle = `idle ${slug}`;
  await house.apply({
    roles: [{ name: idle, tenant: 'acme' }],
    rules: [{ ...ruleOf(slug), name: `no ${slug}`, effect: 'deny', roles: [], subjects: ['alice'], parameters: undefined }],
  });
  await page.goto(`/rules/new?tenant=acme&tool=${slug}/order`);
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(`flags ${slug}`);
  const flags = (field: string) => page.locator(`#${field}-remarks .flag`);

  await role(page, idle).check();
  await expect(flags('who')).toHaveText(`Can never match: nobody holds ${idle}`);
  await role(page, 'finance').check();
  await expect(flags('who'), 'one of the two is held').toHaveText(`Nobody holds ${idle}`);
  await role(page, idle).uncheck();
  await expect(flags('who')).toHaveCount(0);

  await argument(page, 'amount').getByLabel('at least', { exact: true }).fill('10');
  await argument(page, 'amount').getByLabel('at most', { exact: true }).fill('5');
  await expect(argument(page, 'amount').locator('.flag')).toHaveText('Can never match: its bounds on amount leave no value');
  await argument(page, 'amount').getByLabel('at most', { exact: true }).fill('50');
  await expect(argument(page, 'amount').locator('.flag')).toHaveCount(0);

  await page.getByText('JSON Schema', { exact: true }).click();
  await schema(page).fill('{"required": ["voucher"]}');
  await expect(schema(page)).toHaveAccessibleDescription(/Can never match: no tool that it names has an argument voucher/);
  await schema(page).fill('');

  await page.getByLabel('Until optional').fill('2020-01-01T00:00');
  await expect(flags('valid')).toHaveText(/Can never match: it was valid until 2020-01-01/);
  await page.getByLabel('From optional').fill('2021-01-01T00:00');
  await expect(page.locator('#valid-remarks')).toContainText('It must begin before it ends');
  await page.getByLabel('From optional').fill('');
  await page.getByLabel('Until optional').fill('');
  await expect(page.locator('#valid-remarks')).toBeEmpty();

  await page.getByText('Only tools of some labels').click();
  await page.getByLabel('Risk', { exact: true }).selectOption('critical');
  await expect(flags('tools')).toHaveText('Can never match: no tool that it names has the risk and sensitivity it asks for');
  await page.getByLabel('Risk', { exact: true }).selectOption('Any');
  await page.getByLabel('Tools', { exact: true }).fill(`${slug}/return`);
  await page.getByLabel('Tools', { exact: true }).press('Enter');
  await expect(flags('tools'), 'the other one is there').toHaveText(`${slug}/return matches no registered tool`);
  await page.getByRole('button', { name: `Remove tool ${slug}/order` }).click();
  await expect(flags('tools')).toHaveText(`Can never match: no registered tool matches ${slug}/return`);
  await page.getByRole('button', { name: `Remove tool ${slug}/return` }).click();
  await page.getByLabel('Tools', { exact: true }).fill('refund');
  await page.getByRole('button', { name: 'Add', exact: true }).last().click();
  await expect(page.locator('#tools-remarks .field-error')).toContainText('has no /');
  await page.getByRole('button', { name: 'Remove tool refund' }).click();

  // A deny rule that covers all of it.
  await page.getByLabel('Add a tool from the catalog').selectOption(`${slug}/order`);
  await role(page, 'finance').uncheck();
  await page.getByLabel('Subjects optional').fill('alice');
  await page.getByLabel('Subjects optional').press('Enter');
  await expect(flags('rule')).toHaveText(`Can never match: no ${slug} denies everything it allows`);
});

test('a restriction that restricts nothing is saved only if that is asked for', async ({ page, house }) => {
  const slug = await shop(house);
  await page.goto('/rules/new?tenant=acme');
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(`nothing ${slug}`);
  await page.getByLabel('Tools', { exact: true }).fill(`${slug}/nothing`);
  await page.getByLabel('Tools', { exact: true }).press('Enter');
  await page.getByRole('radio', { name: /^Deny/ }).check();
  await expect(page.getByRole('switch', { name: /^Nothing else/ }), 'an added argument would be a way out').toBeHidden();
  await save(page, 'Save and enforce', async (dialog) => {
    await expect(dialog.getByRole('button', { name: 'Save and enforce' })).toBeDisabled();
    await dialog.getByRole('checkbox', { name: 'Save it although it restricts nothing at present' }).check();
  });
  await expectLive(page);
});

test('a rule that asks says who approves, and lets calls wait', async ({ page, house }) => {
  const slug = await shop(house);
  await page.goto(`/rules/new?tenant=acme&tool=${slug}/order`);
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(`asks ${slug}`);
  await page.getByRole('radio', { name: /^Allow once approved/ }).check();
  const approvers = page.getByRole('group', { name: 'Who may approve' });
  await page.getByRole('button', { name: 'Save and enforce' }).click();
  await expect(page.locator('.form-summary')).toContainText('Name at least one role whose holders may approve');
  await approvers.getByRole('checkbox', { name: 'finance' }).check();
  await page.getByLabel('Good for, such as 30m or 1h').fill('soon');
  await expect(page.locator('#approval-remarks')).toContainText('is not a time such as 30m, 1h or 2d');
  await page.getByLabel('Good for, such as 30m or 1h').fill('30m');
  const sentence = `Allow anyone in acme to call ${slug} / order, once finance approved.`;
  await expect(page.locator('.sentence-large')).toHaveText(sentence);
  await save(page);
  await expectLive(page);
  expect(await order(house, slug, { customer: 'c-1', amount: 1 })).toBe('approval_required');
});
