// Servers: registered and discovered, or told why not; settings; disabled with effect on the next call; deleted.

import { expectFault, expectRefused, expectSaved, keepUndo, ready, rowOf, unique } from '../support/forms';
import { expect, scripted, test, type Page } from '../support/fixtures';
import { freePort, secret } from '../support/house.mjs';
import { discover, type Tool } from '../support/toolbox.mjs';

const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };

const TOOLS: Tool[] = [
  { name: 'echo', description: 'Says it again.', inputSchema: TEXT, annotations: { readOnlyHint: true } },
  { name: 'shout', description: 'Says it loudly.', inputSchema: TEXT },
  {
    name: 'wipe',
    description: 'Forgets all of it.',
    inputSchema: { type: 'object' },
    annotations: { destructiveHint: true },
  },
];

interface Given {
  slug: string;
  url: string;
  name?: string;
  tenants?: RegExp[];
}

async function register(page: Page, { slug, url, name = '', tenants = [] }: Given): Promise<void> {
  await page.getByLabel('Slug', { exact: true }).fill(slug);
  await page.getByLabel('MCP endpoint').fill(url);
  await page.getByLabel('Name optional').fill(name);
  for (const tenant of tenants) await page.getByRole('checkbox', { name: tenant }).check();
  await page.getByRole('button', { name: 'Register and discover tools' }).click();
}

test('a server is registered, asked for its tools, and found in the list', { tag: '@no-script' }, async ({ page, mcp }) => {
  const server = await mcp(TOOLS);
  const slug = unique('toolbox');
  await page.goto('/servers');
  await ready(page);
  await page.getByRole('link', { name: 'Register server' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Register a server');
  await register(page, { slug, url: server.url, name: 'The toolbox', tenants: [/Acme Corp/] });
  await expectSaved(page, 'The server was registered.');
  await expect(page).toHaveURL(new RegExp(`/servers/${slug}\\?`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(slug);
  const found = page.locator('.notice-success', { hasText: 'The server listed its tools.' });
  await expect(found).toContainText('3 new.');
  await expect(found).toContainText('New: echo, shout, wipe');
  await expect(found).toContainText('it calls itself toolbox 1.2.3');
  await expect(found).toContainText('protocol 2025-11-25');
  const facts = page.locator('.page-lead');
  await expect(facts).toContainText('The toolbox');
  await expect(facts).toContainText(server.url);
  await expect(facts).toContainText('acme');
  await expect(facts).toContainText('3 tools: 3 new');
  await expect(facts).toContainText('no call in the last 24 hours');
  const lines = page.getByRole('table', { name: 'New tools' }).locator('tbody tr');
  await expect(lines).toHaveCount(3);
  await expect(lines.nth(0)).toContainText(/echo.*Says it again\..*Low.*only reads/);
  await expect(lines.nth(2)).toContainText(/wipe.*High.*may write/);
  await expect(page.getByRole('link', { name: 'Review 3 tools' })).toBeVisible();

  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Servers' }).click();
  await expect(rowOf(page, 'Servers by slug', slug)).toContainText(/3 tools\s*3 new\s*acme\s*Enabled/);

  // Asked once more, nothing is new.
  await page.goto(`/servers/${slug}`);
  await ready(page);
  server.tools = TOOLS.slice(0, 2);
  await page.getByRole('button', { name: 'Discover again' }).click();
  await expect(found).toContainText('1 gone, 2 unchanged.');
  await expect(found).toContainText('Gone: wipe');
  await expect(rowOf(page, 'Tools that the server lists no longer', 'wipe')).toHaveCount(1);
});

test('what is wrong is said at its field, and all is kept', { tag: '@no-script' }, async ({ page }) => {
  const slug = unique('wrong');
  await page.goto('/servers/new');
  await ready(page);
  const url = page.getByLabel('MCP endpoint');
  for (const { given, fault } of [
    { given: 'crm', fault: 'This is not an address such as https://crm.example/mcp.' },
    { given: 'ftp://crm.example/mcp', fault: 'Only http and https addresses can be asked.' },
    { given: 'https://ada:secret@crm.example/mcp', fault: 'Leave user name and password out of the address.' },
  ]) {
    await register(page, { slug, url: given, name: 'Söhne & "Co"', tenants: [/Globex/] });
    await expectRefused(page, fault);
    await expectFault(url, fault);
    await expect(url).toHaveValue(given);
    await expect(page.getByLabel('Name optional')).toHaveValue('Söhne & "Co"');
    await expect(page.getByRole('checkbox', { name: /Globex/ })).toBeChecked();
    await expect(page.getByRole('checkbox', { name: /Acme Corp/ })).not.toBeChecked();
  }
  await register(page, { slug: 'The CRM', url: 'crm' });
  const summary = await expectRefused(page, /Use lower-case letters, digits and hyphens/, /This is not an address/);
  await expect(summary).toContainText('Two things need your attention');
  await register(page, { slug: 'crm', url: 'https://crm.example/mcp' });
  await expectRefused(page, 'This is taken. Choose another.');
  await expectFault(page.getByLabel('Slug', { exact: true }), 'This is taken.');
});

test('an unreachable server says what was tried, and is tried again', { tag: '@no-script' }, async ({ page, mcp }) => {
  const port = await freePort();
  const slug = unique('late');
  const url = `http://127.0.0.1:${port}/mcp`;
  await page.goto('/servers/new');
  await ready(page);
  await register(page, { slug, url });
  await expectSaved(page, 'The server was registered.');
  const failure = page.getByRole('alert').filter({ hasText: 'The server could not be asked for its tools' });
  await expect(failure).toContainText(`Connecting to ${url} as an MCP client over streamable HTTP`);
  await expect(failure).toContainText(`Cannot reach ${url}: Connection refused`);
  await expect(failure).toContainText('Check that the server runs and that Countersign can reach this address.');
  await expect(failure).toContainText('Nothing of the catalog was changed.');
  await expect(page.getByRole('heading', { name: 'No tools yet' })).toBeVisible();

  await mcp(TOOLS, port);
  await failure.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.notice-success', { hasText: 'The server listed its tools.' })).toContainText('3 new.');
  await expect(failure).toHaveCount(0);
});

test('an address that nobody may ask is not asked', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/servers/new');
  await ready(page);
  await register(page, { slug: unique('inner'), url: 'http://169.254.169.254/latest' });
  const failure = page.getByRole('alert').filter({ hasText: 'The server could not be asked for its tools' });
  await expect(failure).toContainText('169.254.169.254');
  await expect(failure).toContainText('asked only where whoever runs Countersign lists them');
  await expect(failure.getByRole('button', { name: 'Try again' })).toBeVisible();
});

test('while a server is asked, the page says how far it has come', async ({ page, mcp }) => {
  const server = await mcp(TOOLS);
  const slug = unique('slow');
  await page.goto('/servers/new');
  await ready(page);
  await register(page, { slug, url: server.url });
  await expectSaved(page, 'The server was registered.');
  // While its next document is on its way, a page is not asked: it tells.
  const told: string[] = [];
  await page.exposeFunction('tell', (text: string) => told.push(text));
  await page.evaluate(() => {
    const { tell } = window as unknown as { tell: (text: string) => void };
    const look = () => document.querySelectorAll('[role="status"]').forEach((status) => tell(status.textContent ?? ''));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const release = server.hold();
  await page.getByRole('button', { name: 'Discover again' }).click({ noWaitAfter: true });
  await expect.poll(() => told.join('\n')).toContain('Asking the server for its tools.');
  await expect.poll(() => told.join('\n')).toContain('Connected to toolbox, protocol 2025-11-25');
  // Whoever opens the page meanwhile is told as well.
  const other = await page.context().newPage();
  await other.goto(`/servers/${slug}`);
  await expect(other.getByText('The server is being asked for its tools, since')).toBeVisible();
  release();
  await expect(page.locator('.notice-success', { hasText: 'The server listed its tools.' })).toContainText('3 unchanged.');
});

test('new tools are marked together, but only as they were seen', { tag: '@no-script' }, async ({ page, house, mcp }) => {
  const server = await mcp(TOOLS);
  const slug = unique('bulk');
  await page.goto('/servers/new');
  await ready(page);
  await register(page, { slug, url: server.url });
  await expectSaved(page, 'The server was registered.');
  const mark = page.getByRole('button', { name: /^Mark / });
  await mark.click();
  await expectRefused(page, 'Tick at least one.');

  await page.getByRole('checkbox', { name: 'Tick echo' }).check();
  if (scripted()) await expect(mark).toHaveText('Mark 1 reviewed');
  await mark.click();
  await expectSaved(page, 'The tools were marked as reviewed.');
  await expect(rowOf(page, 'Reviewed tools', 'echo')).toContainText(/Low.*internal.*only reads/);
  await expect(page.locator('.page-lead')).toContainText('3 tools: 1 reviewed, 2 new');

  // One of the two changes while the page is open.
  server.tools = TOOLS.map((tool) => (tool.name === 'wipe' ? { ...tool, description: 'Forgets even more.' } : tool));
  await discover(house, slug);
  if (scripted()) {
    await page.getByRole('button', { name: 'Tick all' }).click();
    await expect(mark).toHaveText('Mark 2 reviewed');
  } else {
    await page.getByRole('checkbox', { name: 'Tick shout' }).check();
    await page.getByRole('checkbox', { name: 'Tick wipe' }).check();
  }
  await mark.click();
  await expectSaved(page, 'Some of the tools were marked as reviewed.');
  await expect(rowOf(page, 'Reviewed tools', 'shout')).toHaveCount(1);
  await expect(rowOf(page, 'New tools', 'Forgets even more.')).toHaveCount(1);
});

test('settings are saved, and kept where they are refused', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = unique('set');
  await house.apply({ servers: [{ slug, url: 'https://one.example/mcp', tenants: ['acme'], tools: [] }] });
  await page.goto(`/servers/${slug}`);
  await ready(page);
  await page.getByRole('navigation', { name: 'Server' }).getByRole('link', { name: 'Settings' }).click();
  const [name, url] = [page.getByLabel('Name optional'), page.getByLabel('MCP endpoint')];
  const audiences = page.getByLabel('Audiences optional');
  await expect(url).toHaveValue('https://one.example/mcp');
  await ready(page);
  await name.fill('Renamed');
  await url.fill('https://:@');
  await audiences.fill('https://one.example\napi://one');
  await page.getByRole('checkbox', { name: /Acme Corp/ }).uncheck();
  await page.getByRole('checkbox', { name: /Globex/ }).check();
  await page.getByRole('switch', { name: /Check arguments/ }).uncheck();
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expectRefused(page, /This is not an address/);
  await expectFault(url, 'This is not an address');
  await expect(url).toHaveValue('https://:@');
  await expect(name).toHaveValue('Renamed');
  await expect(audiences).toHaveValue('https://one.example\napi://one');
  await expect(page.getByRole('checkbox', { name: /Acme Corp/ })).not.toBeChecked();
  await expect(page.getByRole('switch', { name: /Check arguments/ })).not.toBeChecked();

  await url.fill('https://two.example/mcp');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expectSaved(page, 'The settings were saved.');
  const facts = page.locator('.page-lead');
  await expect(facts).toContainText('Renamed');
  await expect(facts).toContainText('https://two.example/mcp');
  await expect(facts).toContainText('globex');
  await expect(audiences).toHaveValue('https://one.example\napi://one');
  await expect(page.getByRole('switch', { name: /Check arguments/ })).not.toBeChecked();

  await page.getByRole('link', { name: 'All changes of this server' }).click();
  await expect(rowOf(page, 'Changes, newest first', 'Changed server Renamed')).toHaveCount(1);
});

test('disabling a server denies its next call, and can be undone', { tag: '@no-script' }, async ({ page, house }) => {
  const read = () =>
    house.decide({ key: 'CRM_PEP_KEY', caller: 'BOB_KEY', tool: 'get_customer', arguments: { customer_id: 'c-42' } });
  expect(await read()).toMatchObject({ decision: true });
  await keepUndo(page);
  await page.goto('/servers/crm');
  await ready(page);
  await page.locator('summary[aria-label="More actions"]').click();
  await page.getByRole('button', { name: 'Disable server' }).click();
  await expectSaved(page, 'The server was disabled. Every call of its tools is denied.');
  await expect(page.locator('.page-head')).toContainText('Disabled');
  expect(await read()).toMatchObject({ decision: false, reason: 'server_disabled' });
  await page.getByRole('button', { name: 'Undo: enable it again' }).click();
  await expectSaved(page, 'The server was enabled.');
  await expect(page.locator('.page-head')).toContainText('Enabled');
  expect(await read()).toMatchObject({ decision: true });
});

test('deleting a server says what goes with it; with a key it stays', { tag: '@no-script' }, async ({ page, house }) => {
  const slug = unique('doomed');
  house.keys.ANY_PEP_KEY = secret();
  const labels = { risk: 'low', sensitivity: 'public', read_only: true };
  const tool = (name: string) => ({ name, description: name, ...labels, input_schema: TEXT });
  await house.apply({
    servers: [{ slug, url: 'https://doomed.example/mcp', tenants: ['acme'], tools: [tool('one'), tool('two')] }],
    rules: [{ name: `all of ${slug}`, tenant: 'acme', effect: 'allow', status: 'enforced', tools: [`${slug}/*`] }],
    credentials: [{ name: 'any server', trust: 'verify_token', responses: 'explained', secret_env: 'ANY_PEP_KEY' }],
  });
  const call = () => house.decide({ key: 'ANY_PEP_KEY', caller: 'BOB_KEY', tool: `${slug}/one`, arguments: { text: 'x' } });
  expect(await call()).toMatchObject({ decision: true });
  await page.goto(`/servers/${slug}/settings`);
  await ready(page);
  await page.getByRole('link', { name: 'Delete …' }).click();
  await expect(page.getByRole('heading', { name: `Delete ${slug}?` })).toBeVisible();
  await expect(page.getByText('1 tenant loses it, and 2 tools go with it, reviews and labels included.')).toBeVisible();
  await expect(page.getByText('1 rule names its tools and would match nothing.')).toBeVisible();
  await ready(page);
  await page.getByRole('button', { name: 'Delete server' }).click();
  await expectSaved(page, 'The server was deleted.');
  await expect(rowOf(page, 'Servers by slug', slug)).toHaveCount(0);
  expect(await call()).toMatchObject({ decision: false, reason: 'unknown_server' });
  expect((await house.asOwner(`/servers/${slug}`)).status).toBe(404);
  // The rule that is left says that it matches nothing.
  await page.goto(`/rules?search=${slug}`);
  await ready(page);
  await expect(rowOf(page, 'Rules by name', `all of ${slug}`)).toContainText('no registered tool matches');

  await page.goto('/servers/crm/settings?ask=delete');
  await ready(page);
  await expect(page.getByRole('heading', { name: 'This server cannot be deleted yet' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete server' })).toHaveCount(0);
  await page.getByRole('link', { name: 'See its keys' }).click();
  await expect(rowOf(page, 'Keys that are bound to this server', 'crm-pep')).toHaveCount(1);
});
