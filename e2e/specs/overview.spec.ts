// Overview: five steps that tick themselves, what needs attention, and numbers that open the lists they count.

import { sessionOf } from '../support/accounts.mjs';
import { demo } from '../support/filling.mjs';
import { ready } from '../support/forms';
import { expect, scripted, test, type Locator, type Page } from '../support/fixtures';

const PEP = 'CRM_PEP_KEY';
const ANYTHING = { type: 'object', properties: {} };

function tool(name: string, description = `Says ${name}.`) {
  return { name, description, inputSchema: ANYTHING };
}

function steps(page: Page): Locator {
  return page.getByRole('list', { name: 'First steps' }).getByRole('listitem');
}

/** The step that comes next. */
function current(page: Page): Locator {
  return page.locator('.step[aria-current="step"]');
}

/** The page anew, with these steps ticked. */
async function expectDone(page: Page, ...titles: string[]): Promise<void> {
  await page.goto('/');
  await ready(page);
  await expect(page.locator('.step-done h2')).toHaveText(titles.map((title) => `Done: ${title}`));
}

function attention(page: Page): Locator {
  return page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
}

async function hrefs(links: Locator): Promise<(string | null)[]> {
  return links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
}

async function number(of: Locator): Promise<number> {
  return Number((await of.innerText()).replaceAll(',', ''));
}

/** One of the figures above the bars. */
function figure(page: Page, term: string): Promise<number> {
  return number(page.locator('.figures > div', { hasText: term }).locator('dd'));
}

function rows(page: Page): Locator {
  return page.locator('.table tbody tr');
}

test('in an empty house five steps tick as things get made', { tag: '@no-script' }, async ({ open, browse, mcp }) => {
  const house = await open();
  await house.apply({ tenants: [{ slug: 'acme' }] });
  const server = await mcp([tool('look'), tool('touch')]);
  const page = await browse(house);

  await expectDone(page);
  await expect(page).toHaveTitle('Overview · Countersign');
  await expect(steps(page)).toHaveText([
    /Register a server/,
    /Review its tools/,
    /Create an enforcement key/,
    /Write a rule/,
    /Waiting for the first call/,
  ]);
  expect(await hrefs(steps(page).locator('h2 a'))).toEqual([
    '/servers/new',
    '/servers',
    '/settings/keys?ask=new',
    '/rules/new',
  ]);
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Last 24 hours' })).toHaveCount(0);

  await expect(current(page)).toContainText('Register a server');
  await current(page).getByRole('link', { name: 'Register server' }).click();
  await expect(page).toHaveURL(/\/servers\/new$/);
  await ready(page);
  await page.getByLabel('Slug', { exact: true }).fill('toolbox');
  await page.getByLabel('MCP endpoint').fill(server.url);
  await page.getByRole('checkbox', { name: /acme/ }).check();
  await page.getByRole('button', { name: 'Register and discover tools' }).click();
  await expect(page).toHaveURL(/\/servers\/toolbox/);

  await expectDone(page, 'Register a server');
  await expect(current(page)).toContainText('2 tools to look at.');
  await current(page).getByRole('link', { name: 'Review tools' }).click();
  await expect(page).toHaveURL(/\/servers\/toolbox$/);
  await ready(page);
  await page.getByRole('checkbox', { name: 'Tick look' }).check();
  await page.getByRole('button', { name: /^Mark .* reviewed$/ }).click();
  await expect(page.locator('.notice-success').filter({ hasText: 'marked as reviewed' })).toBeVisible();

  await expectDone(page, 'Register a server', 'Review its tools');
  await expect(steps(page).nth(1)).toContainText('1 tool reviewed, 1 tool to look at.');
  await expect(current(page).getByRole('link', { name: 'Create key' })).toHaveAttribute('href', '/settings/keys?ask=new');
  await house.apply({ credentials: [{ name: 'pep', server: 'toolbox', trust: 'verify_token', secret_env: PEP }] });

  await expectDone(page, 'Register a server', 'Review its tools', 'Create an enforcement key');
  await expect(current(page).getByRole('link', { name: 'Write rule' })).toHaveAttribute('href', '/rules/new');
  const rule = { name: 'looking', tenant: 'acme', effect: 'allow', status: 'enforced', tools: ['toolbox/look'] };
  await house.apply({ rules: [rule] });

  await expectDone(page, 'Register a server', 'Review its tools', 'Create an enforcement key', 'Write a rule');
  await expect(current(page)).toContainText('Waiting for the first call');
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toHaveCount(0);

  // The first call: with script the page turns by itself, without it by the link.
  await house.decide({ key: PEP, tool: 'look', arguments: {} });
  if (!scripted()) await page.getByRole('link', { name: 'Look again' }).click();
  await expect(page.getByRole('heading', { name: 'Last 24 hours' })).toBeVisible({ timeout: 60_000 });
  await expect(steps(page)).toHaveCount(0);
  expect(await figure(page, 'Decisions')).toBe(1);
  expect(await figure(page, 'Denied')).toBe(1);
  // What the second step told of is now said here.
  await expect(attention(page)).toHaveText(['1 tool of toolbox is new and waits for review; calls to it are denied']);
});

test('the link looks again with script too, and every role finds its steps', async ({ open, browse }) => {
  const house = await open();
  for (const role of ['owner', 'policy_author', 'auditor'] as const) {
    const page = await browse(house, { session: await sessionOf(house, role) });
    await page.goto('/');
    await ready(page);
    for (const href of await hrefs(steps(page).locator('h2 a'))) {
      expect((await page.context().request.get(href ?? 'nowhere')).status(), `${role}: ${href}`).toBe(200);
    }
    await page.getByRole('link', { name: 'Look again' }).click();
    await ready(page);
    await expect(current(page), role).toContainText('Register a server');
  }
});

test('what needs attention is said with a count, and leads there', { tag: '@no-script' }, async ({ open, browse, mcp }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  const server = await mcp([tool('look', 'Looks, and tells everybody.'), tool('touch')]);
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
  const misspelt = { name: 'misspelt', tenant: 'acme', effect: 'allow', status: 'enforced', tools: ['crm/refnud'] };
  await house.apply({
    subjects: [{ id: 'alice', api_keys: [{ name: 'laptop', expires_at: soon }] }],
    servers: [
      {
        slug: 'toolbox',
        url: server.url,
        tenants: ['acme'],
        tools: [{ name: 'look', description: 'Looks.', input_schema: ANYTHING }],
      },
    ],
    rules: [misspelt],
  });
  expect((await house.command('credential', 'create', 'short-lived', '--expires-at', soon)).code).toBe(0);
  const large = { customer_id: 'c-43', amount: 900, currency: 'USD' };
  const asked = await house.decide({ key: PEP, caller: 'CAROL_KEY', tool: 'refund', arguments: large });
  expect(asked.reason).toBe('approval_required');
  const page = await browse(house);
  await page.goto('/servers/toolbox');
  await ready(page);
  await page.getByRole('button', { name: 'Discover again' }).click();
  await expect(page.getByText(/1 new, 1 changed/).first()).toBeVisible();

  await page.goto('/');
  await ready(page);
  await expect(attention(page)).toHaveText([
    '1 tool of toolbox changed since review; calls to it are denied',
    '1 call waits for approval',
    '1 tool of toolbox is new and waits for review; calls to it are denied',
    '1 enforcement key expires within 14 days; whoever asks with it is refused from then on',
    '1 API key of one subject expires within 14 days; calls with it are denied from then on',
    '1 rule can never match',
  ]);
  const places = await hrefs(attention(page).getByRole('link'));
  expect(places).toEqual([
    '/servers/toolbox',
    '/approvals?view=history&state=pending',
    '/servers/toolbox',
    '/settings/keys',
    '/subjects/alice',
    expect.stringMatching(/^\/rules\/[0-9a-f-]{36}$/),
  ]);
  // The page's one filled button is the first of them.
  const primary = page.locator('#main .button-primary');
  await expect(primary).toHaveCount(1);
  await expect(primary).toHaveText('Review 1 tool');
  await expect(primary).toHaveAttribute('href', '/servers/toolbox');
  for (const place of places) {
    expect((await page.goto(place ?? 'nowhere'))?.status(), place ?? '').toBe(200);
  }
  await expect(page.getByRole('heading', { level: 1 })).toContainText('misspelt');

  // What is put right is said no more.
  await house.apply({ rules: [{ ...misspelt, tools: ['crm/refund'] }] });
  await page.goto('/');
  await ready(page);
  await expect(attention(page)).toHaveCount(5);
  await expect(page.getByText('can never match')).toHaveCount(0);

  // Who may not see enforcement keys is not sent there; who may not review, sees the tools.
  const author = await browse(house, { session: await sessionOf(house, 'policy_author') });
  await author.goto('/');
  await expect(attention(author)).toHaveCount(4);
  await expect(author.getByText('enforcement key')).toHaveCount(0);
  const auditor = await browse(house, { session: await sessionOf(house, 'auditor') });
  await auditor.goto('/');
  await expect(attention(auditor)).toHaveCount(5);
  await expect(auditor.locator('#main .button-primary')).toHaveText('See 1 tool');
});

test('bars, reasons and tools open the lists they count', { tag: '@no-script' }, async ({ open, browse }) => {
  // In a house of its own: a list that is counted here must fit on one page.
  const house = await open();
  await demo(house);
  const page = await browse(house);
  await page.goto('/');
  await ready(page);
  const total = await figure(page, 'Decisions');
  const counts = [await figure(page, 'Allowed'), await figure(page, 'Waiting for approval'), await figure(page, 'Denied')];
  expect(Math.min(...counts)).toBeGreaterThan(0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(total);

  // Each bar says its numbers, and together they are all of them.
  const bars = page.locator('.bars a');
  const said = await bars.evaluateAll((all) =>
    all.map((bar) => [bar.getAttribute('aria-label'), bar.querySelector('title')?.textContent]),
  );
  const sums = [0, 0, 0];
  for (const [label, title] of said) {
    expect(title).toBe(label);
    const numbers = /^(?:yesterday )?\d\d:00 UTC: (\d+) allowed, (\d+) waiting for approval, (\d+) denied$/.exec(label ?? '');
    numbers?.slice(1).forEach((text, index) => (sums[index] = (sums[index] ?? 0) + Number(text)));
  }
  expect(sums).toEqual(counts);

  await page.getByText('as table').click();
  const table = page.getByRole('table', { name: 'Decisions by hour' });
  await expect(table.locator('tbody tr')).toHaveCount(25);
  const denied = await table.locator('tbody td:last-child').allInnerTexts();
  expect(denied.reduce((sum, text) => sum + Number(text), 0)).toBe(counts[2]);
  expect(await hrefs(table.getByRole('link')), 'the same links as the bars').toEqual(await hrefs(bars));

  // The list is just the hour: as many rows as the bar says.
  const last = (await bars.last().getAttribute('aria-label')) ?? '';
  const ofTheHour = [...last.matchAll(/(\d+) (?:allowed|waiting|denied)/g)].reduce((sum, [, text]) => sum + Number(text), 0);
  await expect(bars.last()).toHaveAttribute('href', /^\/decisions\?from=[^&]+&to=[^&]+$/);
  await bars.last().click();
  await expect(page).toHaveURL(/\/decisions\?from=[^&]+&to=[^&]+$/);
  await expect(rows(page)).toHaveCount(ofTheHour);

  for (const [heading, parameters] of [
    ['Reasons with most denials', /\?outcome=denied&reason=[a-z_]+&time=day$/],
    ['Tools with most denials', /\?server=[^&]+&tool=[^&]+&outcome=denied&time=day$/],
  ] as const) {
    await page.goto('/');
    await ready(page);
    const first = page.locator('.card', { has: page.getByRole('heading', { name: heading }) }).locator('.rank a').first();
    const count = await number(first.locator('.num'));
    await first.click();
    await expect(page).toHaveURL(parameters);
    await expect(rows(page)).toHaveCount(count);
  }
});

test('the tenant narrows the numbers and the lists they open', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/');
  await ready(page);
  const all = await figure(page, 'Decisions');
  const foot = page.locator('.page-foot');
  await expect(foot).toContainText(/Revision \d+ is live/);
  await expect(foot).toContainText('1 instance runs');
  await expect(foot.getByRole('link', { name: /^Chain \S+, \d+ records?$/ })).toHaveAttribute('href', '/evidence');
  await expect(foot).toContainText(/Countersign \d+\.\d+\.\d+/);

  await page.goto('/?tenant=acme');
  await ready(page);
  const acme = await figure(page, 'Decisions');
  expect(acme).toBeGreaterThan(0);
  expect(acme).toBeLessThan(all);
  for (const href of await hrefs(page.locator('.bars a, .rank a, .card-head a'))) expect(href).toContain('?tenant=acme&');
  await expect(foot).toContainText(/Revision \d+\.\d+ is live/);
  // The chain counts the calls of every tenant.
  await expect(foot.getByRole('link', { name: /^Chain/ })).toHaveCount(0);

  await page.goto('/?tenant=nowhere');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'No calls in the last 24 hours' })).toBeVisible();
  await expect(page.getByText('Nothing was denied.')).toHaveCount(2);
  await expect(page.locator('.bars')).toHaveCount(0);
});

test('an approver who follows the wordmark goes on to the start', { tag: '@no-script' }, async ({ browse, house }) => {
  const page = await browse(house, { session: await sessionOf(house, 'approver') });
  await page.goto('/');
  await expect(page).toHaveURL(/\/approvals$/);
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Approvals');
});
