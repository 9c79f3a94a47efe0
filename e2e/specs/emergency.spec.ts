// Stops and break-glass: the next call feels them, every page shows them while they last, two owners confirm.

import { LOOKS, placesOf, ROUTES } from '../pages.mjs';
import { expectFault, expectRefused, expectSaved, ready, rowOf } from '../support/forms';
import { expect, OWNER, test, type House } from '../support/fixtures';
import { accountOf } from '../support/accounts.mjs';
import { demo } from '../support/filling.mjs';

const FORCE = 'Measures in force';
const REASON = 'It reads everything & “more”';

/** Every member of acme may read. */
function read(house: House) {
  return house.decide({
    key: 'CRM_PEP_KEY',
    caller: 'ALICE_KEY',
    tool: 'get_customer',
    arguments: { customer_id: 'c-42' },
  });
}

/** No rule allows it. */
function exportAll(house: House) {
  return house.decide({ key: 'CRM_PEP_KEY', caller: 'ALICE_KEY', tool: 'export_customers', arguments: { format: 'csv' } });
}

async function ownHouse(open: () => Promise<House>): Promise<House> {
  const house = await open();
  await demo(house);
  return house;
}

test('a tool is stopped, every page says so, and it is lifted', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await ownHouse(open);
  const page = await browse(house);
  const bar = page.locator('.banner-bar');
  expect(await read(house)).toMatchObject({ decision: true });
  await page.goto('/emergency');
  await ready(page);
  await expect(bar).toHaveCount(0);
  await page.getByRole('link', { name: 'Stop …', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'What is to be stopped?' })).toBeVisible();
  await ready(page);
  await page.getByRole('radio', { name: /^A tool/ }).check();
  await page.getByLabel('Which one').fill('crm/get_customer');
  await page.getByLabel('Where').selectOption('acme');
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('heading', { name: 'Stop tool crm/get_customer in acme?' })).toBeVisible();
  await expect(page.getByText(/^Every call of crm\/get_customer in acme is denied; 1 tenant may use its server/)).toBeVisible();
  expect(await read(house), 'a question is not yet an answer').toMatchObject({ decision: true });
  await ready(page);
  await page.getByLabel('Why').fill(REASON);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectSaved(page, 'It is stopped');
  expect(await read(house)).toMatchObject({ decision: false, reason: 'kill_switch' });

  for (const address of ['/emergency', '/decisions', '/account']) {
    await page.goto(address);
    await ready(page);
    await expect(bar, address).toContainText('Tool crm/get_customer in acme is stopped');
    await expect(bar, address).toContainText(REASON);
    await expect(bar, address).toContainText(OWNER.login);
    await expect(bar, address).toHaveAttribute('role', 'alert');
  }
  await bar.getByRole('link', { name: 'Lift' }).click();
  await expect(page.getByRole('heading', { name: 'Lift the stop of tool crm/get_customer in acme?' })).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Lift' }).click();
  await expectSaved(page, 'The stop was lifted.');
  await expect(bar).toHaveCount(0);
  expect(await read(house)).toMatchObject({ decision: true });
  await expect(rowOf(page, 'Measures that are over, the newest first', 'tool crm/get_customer')).toContainText('lifted by');
});

test('while a stop holds, no page of the console is without its bar', async ({ open, browse }) => {
  const house = await open();
  const places = { ...(await demo(house)), ...(await placesOf(house)) };
  const page = await browse(house);
  const bar = page.locator('.banner-bar');
  await page.goto('/emergency?ask=throw&of=everything');
  await ready(page);
  await page.getByLabel('Why').fill(REASON);
  await page.getByLabel('Type the word everything').fill('everything');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectSaved(page, 'It is stopped');

  // One address of each route, also where the demo has nothing to show there.
  const shown = new Set<string>();
  for (const { route, at, status = 200, anonymous } of LOOKS) {
    const address = at(places);
    if (anonymous || address === undefined || shown.has(route)) continue;
    shown.add(route);
    const answer = await page.goto(address);
    expect(answer?.status(), address).toBe(status);
    await expect(bar, address).toHaveAttribute('role', 'alert');
    await expect(bar, address).toContainText('Everything is stopped');
    await expect(bar, address).toContainText(REASON);
    await expect(bar.getByRole('link', { name: 'Lift' }), address).toHaveCount(1);
  }
  expect([...shown].sort(), 'every page was opened').toEqual([...ROUTES, '/nowhere'].sort());

  // Who is not signed in is told nothing of it.
  const visitor = await browse(house, { session: null });
  await visitor.goto('/sign-in');
  await expect(visitor.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await expect(visitor.locator('body')).not.toContainText(/is stopped|reads everything/);
});

test('everything is stopped only by typing the word', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await ownHouse(open);
  const page = await browse(house);
  await page.goto('/emergency');
  await ready(page);
  await page.getByRole('link', { name: 'Stop everything …' }).click();
  await expect(page.getByText(/^Every call of \d+ subjects in \d+ tenants to \d+ servers? is denied/)).toBeVisible();
  await ready(page);
  const word = page.getByLabel('Type the word everything');
  await page.getByLabel('Why').fill('A drill');
  await word.fill('everythin');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectRefused(page, 'This is not the word. Nothing was stopped.');
  await expectFault(word, 'This is not the word.');
  await expect(page.getByLabel('Why')).toHaveValue('A drill');
  expect(await read(house)).toMatchObject({ decision: true });
  await word.fill('everything');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectSaved(page, 'It is stopped');
  expect(await read(house)).toMatchObject({ decision: false, reason: 'kill_switch' });

  // Who may not lift it sees it all the same.
  const { session } = await accountOf(house, 'approver');
  const other = await browse(house, { session });
  await other.goto('/account');
  await ready(other);
  await expect(other.locator('.banner-bar')).toContainText('Everything is stopped');
  await expect(other.locator('.banner-bar').getByRole('link')).toHaveCount(0);
});

test('break-glass takes two owners, and is told on the decision', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await ownHouse(open);
  const { session } = await accountOf(house, 'owner');
  const [page, second] = [await browse(house), await browse(house, { session })];
  await page.goto('/emergency?ask=break-glass');
  await ready(page);
  await page.getByLabel('Who', { exact: true }).fill('alice');
  await page.getByLabel('In which tenant').selectOption('acme');
  await page.getByLabel('What', { exact: true }).fill('crm/export_customers');
  await page.getByLabel('For how many minutes').fill('5');
  await page.getByLabel('Why').fill('The auditors wait');
  await page.getByRole('button', { name: 'Ask for it' }).click();
  await expectSaved(page, 'Break-glass was asked for.');
  expect(await exportAll(house)).toMatchObject({ decision: false, reason: 'no_matching_rule' });

  await rowOf(page, FORCE, 'alice').getByRole('link', { name: /^Confirm/ }).click();
  await ready(page);
  await page.getByLabel('Your password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expectRefused(page, 'There are two owners, so another one than who asked must confirm this.');

  await second.goto('/decisions');
  await ready(second);
  await second.locator('.banner-bar').getByRole('link', { name: 'Confirm' }).click();
  await expect(second.getByRole('heading', { name: /^Confirm break-glass for alice/ })).toBeVisible();
  await ready(second);
  await second.getByLabel('Your password').fill(OWNER.password);
  await second.getByRole('button', { name: 'Confirm' }).click();
  await expectSaved(second, 'Break-glass was confirmed.');
  const { id, decision } = await exportAll(house);
  expect(decision).toBe(true);

  await page.goto(`/decisions/${id}`);
  await ready(page);
  await expect(page.getByRole('heading', { name: 'Allowed by break-glass alone' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('The auditors wait');
  await page.goto('/');
  await ready(page);
  await expect(page.getByText('in the last 24 hours, used for 1 call')).toBeVisible();
  await page.locator('.banner-bar').getByRole('link', { name: 'End' }).click();
  await ready(page);
  await page.getByRole('button', { name: 'End' }).click();
  await expectSaved(page, 'Break-glass was ended.');
  expect(await exportAll(house)).toMatchObject({ decision: false, reason: 'no_matching_rule' });
});
