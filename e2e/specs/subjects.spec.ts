// Subjects: created, members with an end, keys shown once; what is taken away denies the very next call.

import { expectFault, expectRefused, expectSaved, keepUndo, moment, ready, rowOf, store, unique } from '../support/forms';
import { expect, test, type House, type Page } from '../support/fixtures';
import { secret } from '../support/house.mjs';

const MEMBERSHIPS = 'Memberships by tenant';
const KEYS = 'API keys by name';

interface Membership {
  tenant: string;
  roles?: string[];
  until?: string;
}

/** An agent, of acme unless said, with an API key that goes by its id. */
async function registered(house: House, ...memberships: Membership[]): Promise<string> {
  const id = unique('bot');
  // By its beginning it is known as a key of Countersign even once it is deleted. Any other text would then go to an
  // issuer that introspects, and other specs make such issuers.
  house.keys[id] = `csa_${secret()}`;
  const keys = [{ name: 'worker', secret_env: id }];
  await house.apply({ subjects: [{ id, kind: 'agent', memberships, api_keys: keys }] });
  return id;
}

const MEMBER = { tenant: 'acme' };

async function open(page: Page, id: string): Promise<void> {
  await page.goto(`/subjects/${encodeURIComponent(id)}`);
  await ready(page);
}

/** Every member of acme may read. */
function read(house: House, caller: string) {
  return house.decide({ key: 'CRM_PEP_KEY', caller, tool: 'get_customer', arguments: { customer_id: 'c-42' } });
}

/** The role support-agent may add notes. */
function note(house: House, caller: string) {
  const given = { customer_id: 'c-42', text: 'called back' };
  return house.decide({ key: 'CRM_PEP_KEY', caller, tool: 'add_note', arguments: given });
}

test('a subject is added; what is wrong is said at its field', { tag: '@no-script' }, async ({ page, house }) => {
  const id = `${unique('mailer')}@example.org`;
  await page.goto('/subjects?kind=agent');
  await ready(page);
  await page.getByRole('link', { name: 'Add subject' }).click();
  await expect(page.getByText('A subject may call nothing until a rule allows it to.')).toBeVisible();
  await ready(page);
  await expect(page.locator('input[name="kind"]:checked'), 'the kind of the list').toHaveValue('agent');
  const [field, name] = [page.getByLabel('Id', { exact: true }), page.getByLabel('Name optional')];
  for (const { given, fault } of [
    { given: 'new', fault: 'This word is reserved.' },
    { given: 'alice', fault: 'This is taken. Choose another.' },
  ]) {
    await field.fill(given);
    await name.fill('Mailer of "Söhne"');
    await page.getByRole('radio', { name: /^Service/ }).check();
    await page.getByLabel('Member of').selectOption('globex');
    await page.getByRole('button', { name: 'Add subject' }).click();
    await expectRefused(page, new RegExp(fault));
    await expectFault(field, fault);
    await expect(field).toHaveValue(given);
    await expect(name).toHaveValue('Mailer of "Söhne"');
    await expect(page.locator('input[name="kind"]:checked')).toHaveValue('service');
    await expect(page.getByLabel('Member of')).toHaveValue('globex');
  }
  await field.fill(id);
  await page.getByRole('button', { name: 'Add subject' }).click();
  await expectSaved(page, 'The subject was created.');
  await expect(page).toHaveURL(new RegExp(`/subjects/${encodeURIComponent(id)}\\?`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mailer of "Söhne"');
  await expect(rowOf(page, MEMBERSHIPS, 'globex')).toContainText('no role');
  await expect(page.getByText('It has no API key.')).toBeVisible();

  await page.getByRole('link', { name: 'Edit' }).click();
  const attributes = page.getByLabel('Attributes optional');
  await expect(attributes).toBeVisible();
  await ready(page);
  await attributes.fill('{"team": "post", "team": "mail"}');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expectRefused(page, 'This is not valid JSON, or holds a name twice.');
  await expectFault(attributes, 'This is not valid JSON');
  await expect(attributes).toHaveValue('{"team": "post", "team": "mail"}');
  await attributes.fill('{"team": "post"}');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expectSaved(page, 'The subject was saved.');
  await expect(page.getByText('"team": "post"')).toBeVisible();
  expect((await house.asOwner('/subjects?kind=service')).text).toContain(id);
});

test('a membership has roles and an end, and without it calls are denied', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house);
  await open(page, id);
  await expect(page.getByText('It is a member of no tenant, so every call of it is denied.')).toBeVisible();
  expect(await note(house, id)).toMatchObject({ decision: false, reason: 'no_membership' });

  await page.getByRole('link', { name: 'Add membership' }).click();
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  await page.getByRole('button', { name: 'Choose roles' }).click();
  await expect(page.getByRole('heading', { name: 'New membership in Acme Corp' })).toBeVisible();
  await ready(page);
  const until = page.getByLabel('Until, in UTC optional');
  await page.getByRole('checkbox', { name: /support-agent/ }).check();
  await until.fill('2020-02-29T12:00');
  await page.getByRole('button', { name: 'Add membership' }).click();
  await expectRefused(page, /This moment has passed\./);
  await expectFault(until, 'This moment has passed.');
  await expect(until).toHaveValue('2020-02-29T12:00');
  await expect(page.getByRole('checkbox', { name: /support-agent/ })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: /finance/ })).not.toBeChecked();

  const end = moment(2);
  await until.fill(end);
  await page.getByRole('button', { name: 'Add membership' }).click();
  await expectSaved(page, 'The membership was saved.');
  const row = rowOf(page, MEMBERSHIPS, 'acme');
  await expect(row).toContainText('support-agent');
  await expect(row.locator('time')).toHaveAttribute('datetime', new RegExp(`^${end}`));
  expect(await note(house, id)).toMatchObject({ decision: true });

  await row.getByRole('link', { name: 'Change the membership in acme' }).click();
  await expect(until).toHaveValue(end);
  await ready(page);
  await until.fill('');
  await page.getByRole('checkbox', { name: /finance/ }).check();
  await page.getByRole('button', { name: 'Save membership' }).click();
  await expectSaved(page, 'The membership was saved.');
  await expect(row).toContainText('finance');
  await expect(row).toContainText('no end');
});

test('a membership that has ended counts for nothing, and says so', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house, { ...MEMBER, until: '2026-01-01T00:00:00Z' });
  expect(await read(house, id)).toMatchObject({ decision: false, reason: 'no_membership' });
  await open(page, id);
  await expect(rowOf(page, MEMBERSHIPS, 'acme')).toContainText('ended');
});

test('a role taken away denies the next call; one click gives it back', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house, { ...MEMBER, roles: ['support-agent'] });
  expect(await note(house, id)).toMatchObject({ decision: true });
  await keepUndo(page);
  await open(page, id);
  const row = rowOf(page, MEMBERSHIPS, 'acme');
  await row.getByRole('link', { name: 'Change the membership in acme' }).click();
  await expect(page.getByRole('heading', { name: 'Change the membership in Acme Corp' })).toBeVisible();
  await ready(page);
  await page.getByRole('checkbox', { name: /support-agent/ }).uncheck();
  await page.getByRole('button', { name: 'Save membership' }).click();
  await expectSaved(page, 'The membership was saved.');
  await expect(row).toContainText('no role');
  expect(await note(house, id)).toMatchObject({ decision: false, reason: 'no_matching_rule' });

  const undo = page.getByRole('button', { name: 'Undo: give support-agent back' });
  await undo.click();
  await expectSaved(page, 'The membership was saved.');
  await expect(row).toContainText('support-agent');
  await expect(undo, 'nothing was taken away').toHaveCount(0);
  expect(await note(house, id)).toMatchObject({ decision: true });

  await row.getByRole('link', { name: 'Remove from acme' }).click();
  await expect(page.getByText('It loses the role support-agent. Its calls in acme are denied')).toBeVisible();
  expect(await note(house, id), 'a question is not yet an answer').toMatchObject({ decision: true });
  await ready(page);
  await page.getByRole('button', { name: 'Remove membership' }).click();
  await expectSaved(page, 'The membership was removed.');
  expect(await note(house, id)).toMatchObject({ decision: false, reason: 'no_membership' });
  await page.getByRole('button', { name: 'Undo: make it a member of acme again' }).click();
  await expectSaved(page, 'The membership was saved.');
  expect(await note(house, id)).toMatchObject({ decision: true });
});

test('an API key is shown once, works, and works no more once revoked', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house, MEMBER);
  await open(page, id);
  await page.getByRole('link', { name: 'New API key' }).click();
  await expect(page.getByText('It is shown once.')).toBeVisible();
  await ready(page);
  const [name, expires] = [page.getByLabel('Name', { exact: true }), page.getByLabel('Expires, in UTC optional')];
  await name.fill('worker');
  await expires.fill(moment(30));
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expectRefused(page, 'This is taken. Choose another.');
  await expectFault(name, 'This is taken.');
  await expect(expires).toHaveValue(/T/);
  await name.fill('night shift');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The API key night shift of ${id} is ready`);
  const key = `${id} night shift`;
  house.keys[key] = await store(page);
  await expectSaved(page, 'The API key was created.');
  const row = rowOf(page, KEYS, 'night shift');
  await expect(row.getByRole('cell').nth(1)).toHaveText('never');
  await expect(row.getByRole('cell').nth(2).locator('time')).toHaveCount(1);
  expect(await read(house, key)).toMatchObject({ decision: true });

  // The secret is nowhere any more.
  for (const path of [`/subjects/${id}`, '/changes?kind=api_key', `/changes?object=${id}`]) {
    expect((await house.asOwner(path)).text, path).not.toContain(house.keys[key]);
  }
  expect(house.log()).not.toContain(house.keys[key]);
  const again = await house.asOwner('/keys/api');
  expect([again.status, again.headers.location]).toEqual([303, '/subjects']);

  await row.getByRole('link', { name: 'Revoke night shift' }).click();
  await expect(page.getByText(/^It was last used .+ refused from the next one on\. This cannot be taken back\.$/)).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expectSaved(page, 'The API key was revoked.');
  await expect(row).toHaveCount(0);
  expect(await read(house, key)).toMatchObject({ decision: false, reason: 'token_invalid' });
  expect(await read(house, id), 'the other key stays').toMatchObject({ decision: true });
});

test('disabling takes effect on the next call, and can be undone', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house, MEMBER);
  expect(await read(house, id)).toMatchObject({ decision: true });
  await keepUndo(page);
  await open(page, id);
  await page.getByRole('button', { name: 'Disable' }).click();
  await expectSaved(page, 'The subject was disabled.');
  await expect(page.locator('.page-head')).toContainText('Disabled');
  expect(await read(house, id)).toMatchObject({ decision: false, reason: 'subject_disabled' });
  await page.getByRole('button', { name: 'Undo: enable again' }).click();
  await expectSaved(page, 'The subject was enabled.');
  await expect(page.locator('.page-head')).toContainText('Active');
  expect(await read(house, id)).toMatchObject({ decision: true });

  await page.getByRole('button', { name: 'Disable' }).click();
  await expectSaved(page, 'The subject was disabled.');
  // Later it is enabled by the button that stays.
  await open(page, id);
  await expect(page.getByRole('button', { name: /Undo/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await expectSaved(page, 'The subject was enabled.');
  // What it did and what was done to it stands below.
  await expect(rowOf(page, 'Recent decisions, newest first', 'crm')).not.toHaveCount(0);
  await expect(rowOf(page, 'Recent changes, newest first', `Changed subject ${id}`).first()).toContainText('ada@example.org');
});

test('undo is offered for ten seconds', async ({ page, house }) => {
  const id = await registered(house, MEMBER);
  const end = await keepUndo(page);
  await open(page, id);
  await page.getByRole('button', { name: 'Disable' }).click();
  await expectSaved(page, 'The subject was disabled.');
  const undo = page.getByRole('button', { name: 'Undo: enable again' });
  await expect(undo).toBeVisible();
  // What is held is what was to be done in just so many.
  await end();
  await expect(undo).toBeHidden();
});

test('deleting a subject says what goes with it', { tag: '@no-script' }, async ({ page, house }) => {
  const id = await registered(house, MEMBER);
  await open(page, id);
  await page.getByRole('link', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: `Delete ${id}?` })).toBeVisible();
  await expect(page.getByText('It has 1 membership and 1 API key, which go with it for good.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Delete subject' }).click();
  await expectSaved(page, 'The subject was deleted.');
  expect(await read(house, id)).toMatchObject({ decision: false, reason: 'token_invalid' });
  const answer = await page.goto(`/subjects/${id}`);
  expect(answer?.status()).toBe(404);
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No such subject');
});
