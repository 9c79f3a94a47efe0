// Every page: shut for visitors, whole for the owner, silent, accessible, and as wide as the screen.

import { LOOKS, POSES, ROUTES } from '../pages.mjs';
import { expectAccessible, expectKeyboardReachesAll, expectNoSidewaysScroll } from '../support/axe';
import { ask } from '../support/ask.mjs';
import { expect, hydrated, scripted, test, type Page } from '../support/fixtures';

test.use({ filling: 'hostile' });

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

/** What the policy refuses stands in no page, and no address leads elsewhere. */
async function expectClean(page: Page): Promise<void> {
  const found = await page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes]
        .filter(({ name, value }) => {
          if (name === 'style' || /^on/.test(name)) return true;
          return /^(href|src|action|formaction)$/.test(name) && /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(value.trim());
        })
        .map(({ name }) => `${name} in ${element.outerHTML.slice(0, 120)}`),
    ),
  );
  expect(found).toEqual([]);
}

async function expectStructure(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page).toHaveTitle(/\S · Countersign$/);
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  });
  expect(twice, 'ids are unique').toEqual([]);
}

test('every route of the app is looked at', () => {
  const looked = new Set(LOOKS.map((look) => look.route));
  expect(ROUTES.length).toBeGreaterThanOrEqual(5);
  expect(ROUTES.filter((route) => !looked.has(route))).toEqual([]);
});

for (const look of LOOKS) {
  test.describe(look.name, () => {
    if (look.anonymous) test.use({ as: 'anonymous' });

    test('is whole, silent and accessible', { tag: '@no-script' }, async ({ page, places }) => {
      const at = look.at(places);
      expect(at, 'the house holds what the page would show').toBeDefined();
      const answer = await page.goto(at!);
      expect(answer?.status()).toBe(look.status ?? 200);
      if (scripted() && !look.anonymous) await hydrated(page);
      await expectStructure(page);
      await expectClean(page);
      for (const viewport of [WIDE, NARROW]) {
        await page.setViewportSize(viewport);
        await expectNoSidewaysScroll(page);
        // axe is script, and rests where there is none.
        if (!scripted()) continue;
        await expectAccessible(page);
        if (viewport !== WIDE) continue;
        await page.emulateMedia({ colorScheme: 'dark' });
        await expectAccessible(page);
        await page.emulateMedia({ colorScheme: 'light' });
      }
      // What is behind toggles is part of the page.
      for (const toggle of await page.locator('main details > summary').all()) {
        if (await toggle.isVisible()) await toggle.click();
      }
      await expectNoSidewaysScroll(page);
    });

    test('is reached whole by the keyboard', async ({ page, places }) => {
      await page.goto(look.at(places)!);
      if (!look.anonymous) await hydrated(page);
      await expectKeyboardReachesAll(page);
    });

    if (!look.anonymous) {
      test('is shut for visitors', async ({ house, places }) => {
        const at = look.at(places)!;
        const answer = await ask(house.address, at);
        if (look.route === '/nowhere') {
          expect(answer.status).toBe(404);
        } else {
          expect(answer.status).toBe(303);
          expect(answer.headers.location).toBe('/sign-in');
        }
        expect(answer.text).not.toContain('crm');
      });
    }
  });
}

for (const pose of POSES) {
  const look = LOOKS.find(({ name }) => name === pose.of);
  test.describe(pose.name, () => {
    if (look?.anonymous) test.use({ as: 'anonymous' });

    test('is accessible', async ({ page, places }) => {
      if (pose.only === 'narrow') await page.setViewportSize(NARROW);
      await page.goto(look?.at(places) ?? 'a pose of no look');
      if (!look?.anonymous) await hydrated(page);
      await pose.strike(page);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectAccessible(page);
      if (pose.only !== undefined) return;
      await page.setViewportSize(NARROW);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    });
  });
}

test('the rail is a drawer on a narrow screen', { tag: '@no-script' }, async ({ browse, house }) => {
  const page = await browse(house, { viewport: NARROW });
  await page.goto('/decisions');
  if (scripted()) await hydrated(page);
  const rail = page.locator('#rail');
  await expect(rail).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(rail).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(rail).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).click();
  await rail.getByRole('link', { name: 'Changes' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Changes');
  await expect(rail).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).click();
  await rail.getByRole('button', { name: 'Close menu' }).click();
  await expect(rail).toBeHidden();
});

test('moving about in the browser is as good as loading', async ({ page }) => {
  let documents = 0;
  page.on('request', (request) => (documents += request.isNavigationRequest() ? 1 : 0));
  await page.goto('/decisions');
  await hydrated(page);
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await navigation.getByRole('link', { name: 'Changes' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Changes');
  await expect(page).toHaveTitle('Changes · Countersign');
  await expect(page.getByRole('table')).toBeVisible();
  await expect(navigation.getByRole('link', { name: 'Changes' })).toHaveAttribute('aria-current', 'page');
  await page.locator('.rail-account').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
  await navigation.getByRole('link', { name: 'Decisions' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Decisions');
  await expect(page.getByRole('table')).toBeVisible();
  await expectStructure(page);
  await expectAccessible(page);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account');
  expect(documents, 'one document was loaded').toBe(1);
});

test('skipping to the content works', { tag: '@no-script' }, async ({ page }) => {
  await page.goto('/decisions');
  if (scripted()) await hydrated(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
});
