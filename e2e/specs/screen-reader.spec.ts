// The console as somebody has it who does not see it: names for whatever is gone to or used, the focus where one goes on,
// and announcements that come once.

import { LOOKS } from '../pages.mjs';
import { expectFault, expectRefused, ready } from '../support/forms';
import { expect, hydrated, NARROW, test, type Page } from '../support/fixtures';
import { expectReadable, heard, listen } from '../support/screen-reader';

test.use({ filling: 'hostile' });

/** Those that differ in what they are made of. */
const READ = [
  'sign-in', 'recover', 'overview', 'approvals', 'approvals-history', 'approval', 'approval-hostile', 'approval-changed',
  'request', 'decisions',
  'decision-denied', 'decision-hostile', 'changes', 'change-changed', 'evidence', 'emergency', 'emergency-stop', 'rules',
  'rule-new', 'rule-rates', 'rule', 'rule-history', 'try', 'try-other', 'try-other-wrong', 'server', 'server-connect',
  'server-settings', 'tool', 'tool-review', 'access', 'access-tool', 'access-pair', 'access-agent-alone', 'resources', 'resource', 'import-none',
  'subject', 'subject-agent-for', 'role', 'issuer-hostile', 'task-hostile', 'keys', 'accounts-invite',
  'notifications-new', 'search', 'account', 'not-found',
];

for (const name of READ) {
  const look = LOOKS.find((one) => one.name === name);
  test.describe(() => {
    test.use({ as: look?.anonymous ? 'anonymous' : 'owner' });
    test(`${name} can be read`, async ({ page, places }) => {
      await page.goto(look?.at(places) ?? 'no such look');
      if (!look?.anonymous) await hydrated(page);
      await expectReadable(page);
      // Tables are cards here, and tables all the same.
      await page.setViewportSize(NARROW);
      await expectReadable(page);
      // Elements, and no places in a list: those that are closed are fewer with each that is opened.
      for (const toggle of await page.locator('main details:not([open]) > summary:visible').elementHandles()) {
        if (await toggle.isVisible()) await toggle.press('Enter');
      }
      await expectReadable(page);
    });
  });
}

test('what a difference stands beside is named, each side of it', async ({ open, browse, mcp }) => {
  const schema = (words: string) => ({ type: 'object', properties: { iban: { type: 'string', description: words } } });
  const tool = { name: 'pay', description: 'Pays money out.', title: 'Pay', inputSchema: schema('Where to') };
  const server = await mcp([tool]);
  const house = await open();
  await house.apply({ tenants: [{ slug: 'acme', name: 'Acme' }], servers: [{ slug: 'bank', url: server.url, tenants: ['acme'] }] });
  const page = await browse(house);
  await page.goto('/servers/bank');
  await hydrated(page);
  await page.getByRole('button', { name: 'Discover tools' }).click();
  await page.getByRole('link', { name: 'Review 1 tool' }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Mark reviewed' }).click();
  await ready(page);
  server.tools = [{ ...tool, title: 'Pay out', description: 'Pays all money out.', inputSchema: schema('Where from') }];
  await page.getByRole('button', { name: 'Discover again' }).click();
  await page.getByRole('link', { name: 'Review 1 tool' }).click();
  await ready(page);
  await expect(page.getByRole('region', { name: /^Input schema: Reviewed/ })).toContainText('Where to');
  await expect(page.getByRole('region', { name: 'Input schema: Offered now' })).toContainText('Where from');
  await expect(page.getByRole('region', { name: 'Everything else in the definition: Offered now' })).toContainText('Pay out');
  await expectReadable(page);
});

test('the frame is read in order: past it, through it, the page', async ({ page }) => {
  await page.goto('/decisions');
  await hydrated(page);
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - link "Skip to content"
    - banner:
      - search:
        - searchbox "Jump to"
      - navigation "Main":
        - heading "Policy" [level=2]
      - link /Ada Lovelace/
    - main:
      - heading "Decisions" [level=1]
      - table "Decisions, newest first":
        - rowgroup:
          - row:
            - columnheader "Outcome"
            - columnheader "Call"
  `);
  await page.setViewportSize(NARROW);
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - link "Skip to content"
    - navigation "Top":
      - button "Menu"
    - main:
      - heading "Decisions" [level=1]
  `);
});

test('a page that is gone to has the focus, and so has the one gone back to', async ({ page }) => {
  await page.goto('/decisions');
  await hydrated(page);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rules' }).press('Enter');
  await expect(page).toHaveTitle('Rules · Countersign');
  await expect(page.locator('#main')).toBeFocused();
  // The next stop is in the page, and not in the frame again.
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('main')?.id)).toBe('main');
  await page.goBack();
  await expect(page).toHaveTitle('Decisions · Countersign');
  await expect(page.locator('#main')).toBeFocused();
});

/** Chooses by the keyboard, and waits for the list that comes of it. */
async function choose(page: Page, path: string, name: string, value: RegExp): Promise<void> {
  await page.goto(path);
  await hydrated(page);
  const filter = page.locator(`main .filters select[name="${name}"]`);
  await filter.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(value);
  await expect(page.getByRole('link', { name: /^Remove|Clear/ }).first()).toBeVisible();
  await expect(page.locator(`main .filters select[name="${name}"]`), 'one goes on choosing').toBeFocused();
}

test('a filter that was chosen keeps the focus, and a list that is gone on in begins at its top', async ({ page }) => {
  // A page that the browser draws, and one that the server draws.
  await choose(page, '/decisions', 'outcome', /\/decisions\?.*outcome=\w+/);
  await choose(page, '/rules', 'status', /\/rules\?.*status=\w+/);
  await page.getByRole('link', { name: /Clear/ }).first().press('Enter');
  await expect(page).not.toHaveURL(/status=\w/);
  await expect(page.locator('#main'), 'what had the focus is gone').toBeFocused();
});

test('a form that is refused leads to its faults, and one that is saved says so', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/resources');
  await ready(page);
  await page.getByRole('link', { name: 'Register one' }).click();
  await ready(page);
  const [kind, id] = [page.locator('#new-kind'), page.locator('#new-id')];
  await kind.fill('Parcel');
  await id.fill(`p-${Date.now()}`);
  await page.locator('#new-tenant').selectOption('acme');
  await page.getByRole('button', { name: 'Register' }).press('Enter');
  const summary = await expectRefused(page, /^Use lower-case letters/);
  await summary.getByRole('link').press('Enter');
  await expect(kind).toBeFocused();
  await expectFault(kind, 'Use lower-case letters, digits, hyphens and underscores');
  await kind.fill('parcel');
  await page.keyboard.press('Enter');
  // What a page comes with is not announced: whoever does not see it is put before it.
  const saved = page.getByRole('status').filter({ hasText: 'The resource was saved.' });
  await expect(saved).toBeFocused();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('what was copied is announced once, and beside the button', async ({ page, places }) => {
  await listen(page);
  for (const [path, button] of [
    [`/decisions/${places.allowed}`, 'Copy decision id'],
    ['/servers/crm/connect', 'Copy curl'],
  ] as const) {
    await page.goto(path);
    await hydrated(page);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: button }).click();
    // It stands there for two seconds, which on a busy machine are soon gone. That it was said is kept.
    await expect.poll(() => heard(page), path).toEqual(['Copied']);
  }
});

test('what stands there is not announced again when the browser takes the page over', async ({ open, browse }) => {
  const house = await open();
  await house.apply('examples/demo/bundle.yaml');
  const stopped = await house.command('emergency', 'stop', 'server', 'crm', '--reason', 'A deployment went wrong');
  expect(stopped.code, stopped.stderr).toBe(0);
  const page = await browse(house);
  await listen(page);
  // The stop stands in the bar of every page; the inbox has a notice of its own.
  await page.goto('/approvals');
  await hydrated(page);
  await expect(page.getByRole('alert')).toContainText('A deployment went wrong');
  await expect(page.getByRole('status').filter({ hasText: 'not linked to a person' })).toBeVisible();
  expect(await heard(page)).toEqual([]);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Decisions' }).click();
  await expect(page).toHaveTitle('Decisions · Countersign');
  expect(await heard(page), 'nor by the page that is gone to').not.toContainEqual(expect.stringContaining('deployment'));
});

test('the sentence of a rule and what a call would come to are announced as they change', async ({ page }) => {
  await listen(page);
  await page.goto('/rules/new');
  await hydrated(page);
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  const sentence = page.locator('.sentence-large');
  const before = (await heard(page)).length;
  await page.getByRole('radio', { name: /^Deny/ }).check();
  await expect(sentence).toContainText(/deny|never|may not/i);
  const after = (await heard(page)).slice(before);
  expect(after.filter((text) => text === after[0]), 'once').toHaveLength(1);
  await expect(sentence).toHaveText(after[0] ?? '', { useInnerText: false });
});

test('what the jump box found is announced once', async ({ page }) => {
  await listen(page);
  await page.goto('/decisions');
  await hydrated(page);
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Jump to' }).fill('refund');
  await expect(page.getByRole('option', { name: 'All results' })).toBeVisible();
  await expect.poll(async () => (await heard(page)).filter((text) => /result|found/i.test(text))).toHaveLength(1);
});
