// Every page: shut for visitors, whole for the owner, silent, accessible, and as wide as the screen.

import { LOOKS, POSES, ROUTES } from '../pages.mjs';
import {
  expectAccessible,
  expectAccessibleAtThisWidth,
  expectAccessibleInTheDark,
  expectKeyboardReachesAll,
  expectNoSidewaysScroll,
} from '../support/axe';
import { ask } from '../support/ask.mjs';
import { expect, hydrated, NARROW, scripted, test, WIDE, type Page } from '../support/fixtures';

test.use({ filling: 'hostile' });

/** The frame of a page is whole. What the policy refuses stands in none, and no address leads elsewhere. */
async function expectSound(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const all = [...document.querySelectorAll('*')];
    const ids = all.map(({ id }) => id).filter((id) => id !== '');
    const shown = (selector: string) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()).length;
    return {
      headings: shown('h1'),
      mains: shown('main'),
      title: document.title,
      language: document.documentElement.lang,
      twice: ids.filter((id, index) => ids.indexOf(id) !== index),
      refused: all.flatMap((element) =>
        [...element.attributes]
          .filter(({ name, value }) => {
            if (name === 'style' || /^on/.test(name)) return true;
            return /^(href|src|action|formaction)$/.test(name) && /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(value.trim());
          })
          .map(({ name }) => `${name} in ${element.outerHTML.slice(0, 120)}`),
      ),
    };
  });
  const title = expect.stringMatching(/\S · Countersign$/);
  expect(found, page.url()).toEqual({ headings: 1, mains: 1, title, language: 'en', twice: [], refused: [] });
}

test('every route of the app is looked at', () => {
  const looked = new Set(LOOKS.map((look) => look.route));
  expect(ROUTES.length).toBeGreaterThanOrEqual(5);
  expect(ROUTES.filter((route) => !looked.has(route))).toEqual([]);
});

/** Everything that a page is looked at for, in one visit. */
async function expectGood(page: Page): Promise<void> {
  await expectSound(page);
  await expectNoSidewaysScroll(page);
  // axe is script, and rests where there is none; Tab goes the same way there.
  if (scripted()) {
    await expectAccessible(page);
    await expectAccessibleInTheDark(page);
    await expectKeyboardReachesAll(page);
  }
  await page.setViewportSize(NARROW);
  await expectNoSidewaysScroll(page);
  if (scripted()) await expectAccessibleAtThisWidth(page);
  // What is behind toggles is part of the page.
  for (const toggle of await page.locator('main details > summary:visible').all()) {
    // By the keyboard: a bar at the foot may stand over it.
    if (await toggle.isVisible()) await toggle.press('Enter');
  }
  await expectNoSidewaysScroll(page);
}

for (const look of LOOKS) {
  const what = `${look.name} is whole, silent, accessible and reached by the keyboard`;
  const open = async (page: Page, at: string | undefined) => {
    expect(at, 'the house holds what the page would show').toBeDefined();
    const answer = await page.goto(at!);
    expect(answer?.status()).toBe(look.status ?? 200);
  };
  if (look.anonymous) {
    test.describe(() => {
      test.use({ as: 'anonymous' });
      test(what, { tag: '@no-script' }, async ({ page, places }) => {
        await open(page, look.at(places));
        await expectGood(page);
      });
    });
  } else {
    test(what, { tag: '@no-script' }, async ({ visit, places }) => {
      await open(visit, look.at(places));
      if (scripted()) await hydrated(visit);
      await expectGood(visit);
    });
  }
}

test('every page is shut for visitors', async ({ house, places }) => {
  for (const look of LOOKS.filter(({ anonymous }) => !anonymous)) {
    const at = look.at(places)!;
    const { status, headers, text } = await ask(house.address, at);
    if (look.route === '/nowhere') {
      expect(status, at).toBe(404);
    } else {
      expect([status, headers.location], at).toEqual([303, '/sign-in']);
    }
    expect(text, at).not.toContain('crm');
  }
});

for (const pose of POSES) {
  const look = LOOKS.find(({ name }) => name === pose.of);
  test.describe(pose.name, () => {
    if (look?.anonymous) test.use({ as: 'anonymous' });

    test('is accessible', async ({ page, places }) => {
      await page.setViewportSize(pose.only === 'narrow' ? NARROW : WIDE);
      await page.goto(look?.at(places) ?? 'a pose of no look');
      if (!look?.anonymous) await hydrated(page);
      await pose.strike(page);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await expectAccessibleInTheDark(page);
      if (pose.only !== undefined) return;
      await page.setViewportSize(NARROW);
      await expectNoSidewaysScroll(page);
      await expectAccessibleAtThisWidth(page);
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
  await expect(page).toHaveTitle('Decisions · Countersign');
  await expectSound(page);
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
