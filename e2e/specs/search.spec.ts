// Search: results by kind for those who may see them, and the jump box that opens on every page.

import { sessionOf } from '../support/accounts.mjs';
import { ask } from '../support/ask.mjs';
import { HOSTILE } from '../support/filling.mjs';
import { ready } from '../support/forms';
import { expect, hydrated, scripted, SESSION_COOKIE, test, type Page } from '../support/fixtures';

test.use({ filling: 'hostile' });

const NARROW = { width: 390, height: 844 };

/** The results of one kind. */
function group(page: Page, kind: string) {
  return page.getByRole('region', { name: kind, exact: true });
}

/** The field in the rail. */
function field(page: Page) {
  return page.getByRole('searchbox', { name: 'Jump to' });
}

function box(page: Page) {
  return page.getByRole('dialog', { name: 'Jump to' });
}

/** Opens the box by its key, on a page that the browser has taken over. */
async function jump(page: Page, text = ''): Promise<void> {
  await page.keyboard.press('/');
  await expect(box(page).getByRole('combobox', { name: 'Jump to' })).toBeFocused();
  if (text !== '') await page.keyboard.type(text);
}

test('what holds the text is found by kind, from any page', { tag: '@no-script' }, async ({ page, places }) => {
  await page.goto('/account');
  await ready(page);
  await field(page).fill('refund');
  await field(page).press('Enter');
  await expect(page).toHaveURL(/\/search\?q=refund$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Search');
  await expect(page.getByRole('searchbox', { name: 'Name or id' })).toHaveValue('refund');

  // What is called so comes first.
  await expect(group(page, 'Tools').getByRole('link').first()).toHaveText('refund');
  await expect(group(page, 'Tools').getByRole('link').first()).toHaveAttribute('href', `/tools/${places.tool}`);
  await expect(group(page, 'Tools').getByRole('listitem').first()).toContainText('crm');
  await expect(group(page, 'Rules').getByRole('link')).toHaveText(['refunds by finance', /^ask refund/, 'small refunds']);
  await expect(group(page, 'Rules').getByRole('listitem').first()).toContainText('Allow once approved');
  await expect(group(page, 'Subjects').getByRole('link').first()).toHaveText('refund-bot');
  await expect(group(page, 'Subjects').getByRole('listitem').first()).toContainText('Agent');
  await expect(group(page, 'Enforcement keys')).toHaveCount(0);

  await group(page, 'Tools').getByRole('link').first().click();
  await expect(page).toHaveURL(new RegExp(`/tools/${places.tool}$`));
});

test('settings lead to their pages', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/search?q=crm-pep');
  await ready(page);
  await group(page, 'Enforcement keys').getByRole('link', { name: 'crm-pep' }).click();
  await expect(page).toHaveURL(/\/settings\/keys\?q=crm-pep$/);
  await page.goto('/search?q=Acme');
  await ready(page);
  await group(page, 'Tenants').getByRole('link', { name: 'Acme Corp' }).click();
  await expect(page).toHaveURL(/\/settings\/tenants\?q=acme$/);
});

test('a whole id leads straight to what has it', { tag: '@no-script' }, async ({ page, places }) => {
  for (const [path, id] of [
    ['/decisions', places.allowed!],
    ['/changes', places.created!],
    ['/tools', places.tool!],
    ['/rules', places.rule!],
    ['/tasks', places.task!],
  ] as const) {
    for (const written of [id, id.toUpperCase(), id.replaceAll('-', '')]) {
      await page.goto(`/search?q=${written}`);
      await expect(page, written).toHaveURL(new RegExp(`${path}/${id}$`));
    }
  }
  await page.goto(`/search?q=01900000-0000-7000-8000-000000000000`);
  await ready(page);
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
});

test('a resource is found by the beginning of its id, and leads to the calls that named it', { tag: '@no-script' }, async ({ page }) => {
  for (const text of ['c-4', 'customer/c-42', 'customer:c-4']) {
    await page.goto(`/search?q=${encodeURIComponent(text)}`);
    await ready(page);
    await expect(group(page, 'Resources').getByRole('link'), text).toHaveText(['c-42']);
    await expect(group(page, 'Resources').getByRole('listitem'), text).toContainText('customer');
  }
  await group(page, 'Resources').getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('c-42');
  await page.getByRole('link', { name: 'Calls that touched it' }).click();
  await expect(page).toHaveURL(/\/decisions\?resource=customer%2Fc-42$/);
  await ready(page);
  await expect(page.getByRole('link', { name: 'Remove filter: resource customer/c-42' })).toBeVisible();
});

test('going back from what an id led to does not lead there again', async ({ page, places }) => {
  await page.goto('/account');
  await hydrated(page);
  await field(page).fill(places.allowed!);
  await field(page).press('Enter');
  await expect(page).toHaveURL(new RegExp(`/decisions/${places.allowed}$`));
  await page.goBack();
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
});

test('a tenant sees its own, and the way to all of them', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions?tenant=globex');
  await ready(page);
  await field(page).fill('alice');
  await field(page).press('Enter');
  await expect(page).toHaveURL(/\/search\?q=alice&tenant=globex$/);
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.getByRole('link', { name: 'Search in all tenants' }).click();
  await expect(page).toHaveURL(/\/search\?q=alice$/);
  await expect(group(page, 'Subjects').getByRole('link', { name: 'alice' })).toBeVisible();
  // Tools belong to the tenants of their server.
  await page.goto('/search?q=refund&tenant=globex');
  await ready(page);
  await expect(group(page, 'Tools')).toHaveCount(0);
  await page.goto('/search?q=crm/refund&tenant=acme');
  await ready(page);
  await expect(group(page, 'Tools').getByRole('link')).toHaveText(['refund']);
});

test('a hostile search is only a search', { tag: '@no-script' }, async ({ page }) => {
  for (const [name, text] of Object.entries(HOSTILE)) {
    await page.goto(`/search?q=${encodeURIComponent(text)}`);
    await ready(page);
    if (text.length > 200) {
      await expect(page.getByRole('heading', { name: 'This search is too long' })).toBeVisible();
    } else {
      // A tool is called so.
      await expect(group(page, 'Tools').getByRole('link').first(), name).toBeVisible();
    }
    const found = await page.evaluate(() => ({
      owned: window.__owned,
      foreign: document.querySelectorAll('main :is(script, img, iframe, [onerror], [onload])').length,
      hidden: [...document.body.innerText].filter((c) => /[\u200B-\u200F\u202A-\u202E\u2028\u2029\u2066-\u2069\uFEFF]/.test(c)).length,
    }));
    expect(found, name).toEqual({ owned: undefined, foreign: 0, hidden: 0 });
  }
});

test('odd searches find nothing, and are no fault of ours', async ({ house }) => {
  const zero = await house.asOwner('/search?q=%00refund');
  expect(zero.status).toBe(200);
  expect(zero.text).toContain('Nothing found');
  const long = await house.asOwner(`/search?q=${'x'.repeat(201)}`);
  expect(long.status).toBe(200);
  expect(long.text).toContain('This search is too long');
  const longest = await house.asOwner(`/search?q=${'%C3%A4'.repeat(200)}`);
  expect(longest.text).toContain('Nothing found');
  expect((await house.asOwner('/search?q=x&tenant=%00')).status).toBe(400);
  // A pattern is a text.
  for (const pattern of ['%25%25', '_______________________________________']) {
    expect((await house.asOwner(`/search?q=${pattern}`)).text, pattern).toContain('Nothing found');
  }
});

test('each role finds what it may see', async ({ house, browse, places }) => {
  const kinds = ['Servers', 'Rules', 'Enforcement keys'];
  for (const [role, sees] of [
    ['auditor', kinds],
    ['policy_author', ['Servers', 'Rules']],
    ['approver', []],
  ] as const) {
    const session = await sessionOf(house, role);
    const page = await browse(house, { session });
    await page.goto('/search?q=crm');
    await hydrated(page);
    for (const kind of kinds) {
      await expect(group(page, kind), `${role} and ${kind}`).toHaveCount(sees.some((one) => one === kind) ? 1 : 0);
    }
    const headers = { Cookie: `${SESSION_COOKIE}=${session}`, Accept: 'application/json' };
    const answer = await ask(house.address, `/_fn/search?q=${places.allowed}`, { headers });
    expect(answer.status).toBe(200);
    const { groups, straight } = JSON.parse(answer.text);
    if (role !== 'approver') {
      expect(straight, role).toBe(`/decisions/${places.allowed}`);
      await expect(field(page)).toBeVisible();
      continue;
    }
    // Not even whether there is such a decision.
    expect({ groups, straight }).toEqual({ groups: [], straight: null });
    await expect(page.getByRole('heading', { name: 'Nothing to search' })).toBeVisible();
    await expect(field(page)).toHaveCount(0);
    await page.keyboard.press('/');
    await expect(box(page)).toHaveCount(0);
  }
});

test('more than a page holds is a link away', async ({ open, browse }) => {
  const house = await open();
  await house.apply({
    tenants: [{ slug: 'acme', name: 'Acme' }],
    servers: Array.from({ length: 25 }, (_, n) => ({
      slug: `shop-${n}`,
      url: `http://127.0.0.1:9000/${n}`,
      tenants: ['acme'],
    })),
  });
  const page = await browse(house);
  await page.goto('/search?q=shop');
  await hydrated(page);
  await expect(group(page, 'Servers').getByRole('listitem')).toHaveCount(20);
  await expect(group(page, 'Servers')).toContainText('20 or more');
  await jump(page, 'shop');
  await expect(box(page).getByRole('status')).toHaveText('5 or more results');
  await expect(box(page).getByRole('option')).toHaveCount(6);
  await page.keyboard.press('Escape');
  await group(page, 'Servers').getByRole('link', { name: 'All in Servers' }).click();
  await expect(page).toHaveURL(/\/servers\?q=shop$/);
  await expect(page.getByRole('table').locator('tbody tr')).toHaveCount(25);
});

test('the jump box is used by the keyboard alone', async ({ page, places }) => {
  await page.goto('/account');
  await hydrated(page);
  await jump(page);
  const typed = box(page).getByRole('combobox', { name: 'Jump to' });
  await expect(typed).toHaveValue('');
  await expect(typed).toHaveAttribute('aria-expanded', 'false');
  // All at once: on a busy machine the half of it would be searched for, and its answer be walked in.
  await page.keyboard.insertText('crm/ref');
  // The tool, and the rules that name it.
  await expect(box(page).getByRole('status')).toHaveText(/^[3-9] results$/);
  await expect(typed).toHaveAttribute('aria-expanded', 'true');
  const options = box(page).getByRole('option');
  await expect(options.first()).toHaveText(/refund\s*crm/);
  await page.keyboard.press('ArrowDown');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await expect(typed).toHaveAttribute('aria-activedescendant', (await options.first().getAttribute('id'))!);
  await expect(typed, 'the focus stays in the field').toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(options.last()).toHaveAttribute('aria-selected', 'true');
  await expect(options.last()).toHaveText('All results');
  await page.keyboard.press('ArrowDown');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/tools/${places.tool}$`));
  await expect(box(page)).toBeHidden();
  await expect(page.locator('#main')).toBeFocused();

  // Without a choice, Enter leads to the page of results.
  await jump(page, 'refund');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=refund$/);
  await expect(box(page)).toBeHidden();
  // Its rows are walked like those of any list.
  await expect(group(page, 'Tools')).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.locator('.row-link').first()).toBeFocused();
  // The very page once more closes the box all the same.
  await jump(page, 'refund');
  await page.keyboard.press('Enter');
  await expect(box(page)).toBeHidden();
});

test('the jump box opens by two keys, and Escape gives the focus back', async ({ page }) => {
  await page.goto('/decisions');
  await hydrated(page);
  const row = page.locator('.row-link').first();
  await page.keyboard.press('j');
  await expect(row).toBeFocused();
  for (const key of ['Control+k', 'Meta+k', '/']) {
    await page.keyboard.press(key);
    await expect(box(page).getByRole('combobox'), key).toBeFocused();
    await page.keyboard.type('left behind');
    await page.keyboard.press('Escape');
    await expect(box(page)).toBeHidden();
    await expect(row, key).toBeFocused();
  }
  await jump(page);
  await expect(box(page).getByRole('combobox'), 'it begins anew').toHaveValue('');
  await box(page).getByRole('button', { name: 'Close' }).click();
  await expect(box(page)).toBeHidden();

  // A slash is a letter to whoever types; the other key is none.
  const filter = page.getByRole('searchbox', { name: 'Subject id' });
  await filter.focus();
  await page.keyboard.type('a/b');
  await expect(filter).toHaveValue('a/b');
  await expect(box(page)).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(box(page).getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(filter).toBeFocused();
  await expect(filter).toHaveValue('a/b');

  // An open dialog is answered first.
  await filter.blur();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toContainText('Jump to a server');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('/');
  await expect(box(page)).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
});

test('a key opens a dialog again at once', async ({ page }) => {
  await page.goto('/decisions');
  await hydrated(page);
  // Nothing has the focus, so that the browser has nothing to give it back to.
  const keys = page.getByRole('dialog', { name: 'Keys' });
  for (let time = 1; time <= 12; time += 1) {
    await page.keyboard.press('?');
    await expect(keys, `the ${time}. time`).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(keys).toBeHidden();
    await page.keyboard.press('/');
    await expect(box(page), `the ${time}. time`).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(box(page)).toBeHidden();
  }
});

test('an answer that was overtaken is not shown', async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const asks = (text: string) => (address: string) => {
    const { pathname, searchParams } = new URL(address);
    return pathname.endsWith('/search') && searchParams.get('q') === text;
  };
  await page.route((url) => asks('alice')(url.href), async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/account');
  await hydrated(page);
  await jump(page);
  const asked = page.waitForRequest((request) => asks('alice')(request.url()));
  await page.keyboard.type('alice');
  await asked;
  await expect(box(page).getByRole('status')).toHaveText('Searching …');
  await box(page).getByRole('combobox').fill('carol');
  await expect(box(page).getByRole('option', { name: /^carol/ })).toBeVisible();
  const late = page.waitForResponse((response) => asks('alice')(response.url()));
  release();
  await (await late).finished();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await expect(box(page).getByRole('option', { name: /^alice/ })).toHaveCount(0);
  await expect(box(page).getByRole('option', { name: /^carol/ })).toBeVisible();
});

test('a search that fails says so, and the next one is asked', async ({ page, silence }) => {
  await page.goto('/account');
  await hydrated(page);
  await page.route('**/_fn/search*', (route) => route.abort('failed'));
  silence.expect(/_fn\/search/);
  await jump(page, 'alice');
  await expect(box(page).getByRole('status')).toContainText('The server could not be reached.');
  await page.unroute('**/_fn/search*');
  await box(page).getByRole('combobox').fill('carol');
  await expect(box(page).getByRole('option', { name: /^carol/ })).toBeVisible();
});

test('the box is opened and left by hand as well', async ({ page, places }) => {
  await page.goto('/account');
  await hydrated(page);
  await field(page).click();
  await expect(box(page).getByRole('combobox')).toBeFocused();
  await box(page).getByRole('combobox').fill('crm/ref');
  await box(page).getByRole('option').first().click();
  await expect(page).toHaveURL(new RegExp(`/tools/${places.tool}$`));
  await expect(box(page)).toBeHidden();
  await field(page).click();
  await expect(box(page)).toBeVisible();
  await page.mouse.click(20, 880);
  await expect(box(page), 'beside it').toBeHidden();
});

test('on a narrow screen the drawer holds the field, and the bar leads to the page', { tag: '@no-script' }, async ({ browse, house }) => {
  const page = await browse(house, { viewport: NARROW });
  await page.goto('/decisions');
  await ready(page);
  await expect(field(page)).toBeHidden();
  await page.getByRole('navigation', { name: 'Top' }).getByRole('link', { name: 'Search' }).click();
  await expect(page).toHaveURL(/\/search$/);
  await expect(page.getByRole('heading', { name: 'What are you looking for?' })).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await field(page).fill('refund');
  await field(page).press('Enter');
  await expect(page).toHaveURL(/\/search\?q=refund$/);
  await expect(group(page, 'Tools')).toBeVisible();
  await expect(field(page), 'the drawer closed').toBeHidden();
  if (!scripted()) return;
  await jump(page, 'carol');
  await expect(box(page).getByRole('option', { name: /^carol/ })).toBeVisible();
});
