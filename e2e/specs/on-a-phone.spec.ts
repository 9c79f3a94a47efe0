// Approvers on a phone: whatever stands on the page of a request, Deny and Approve are at hand, nothing hangs out of the
// page, nothing that has the focus is behind a bar, and by the keyboard one sees where one is.

import { accountOf, forgetProofs } from '../support/accounts.mjs';
import { asking, bar, refund, requestOf, waiting } from '../support/approvals';
import { expectKeyboardReachesAll, expectNoSidewaysScroll } from '../support/axe';
import { expectRefused, ready } from '../support/forms';
import { expect, NARROW, test, type House, type Page } from '../support/fixtures';
import { covered, expectAtHand } from '../support/hand';
import { OWNER } from '../support/house.mjs';

/** A phone of today, one of long ago, and one that lies on its side. */
const UPRIGHT = [NARROW, { width: 320, height: 568 }];
const LYING = { width: 844, height: 390 };

/** Frank's phone, with a request that asks him. */
async function phone(
  open: () => Promise<House>,
  browse: (house: House, look: object) => Promise<Page>,
): Promise<{ house: House; page: Page; at: string; call: () => ReturnType<typeof refund> }> {
  const house = await asking(open);
  const { session } = await accountOf(house, 'approver', 'frank');
  const call = () => refund(house, 1_234, 'c-31', 'CAROL_KEY');
  const at = await requestOf(house, (await call()).id);
  const page = await browse(house, { session, viewport: NARROW, hasTouch: true });
  return { house, page, at, call };
}

test('a request is answered with a thumb, wherever one has scrolled to', { tag: '@no-script' }, async ({ open, browse }) => {
  const { page, at, call } = await phone(open, browse);
  await page.goto('/approvals');
  await ready(page);
  await expectNoSidewaysScroll(page);
  await waiting(page).filter({ has: page.locator(`a[href="${at}"]`) }).getByRole('link').tap();
  await expect(page).toHaveURL(new RegExp(`${at}$`));
  await ready(page);
  const [deny, approve] = [bar(page).getByRole('button', { name: 'Deny' }), bar(page).getByRole('button', { name: 'Approve' })];
  const places = page.getByRole('navigation', { name: 'Approver' });
  for (const screen of UPRIGHT) {
    await page.setViewportSize(screen);
    await expectNoSidewaysScroll(page);
    for (const part of [0, 0.5, 1]) {
      await page.evaluate((part) => window.scrollTo(0, part * document.documentElement.scrollHeight), part);
      for (const control of [deny, approve, places.getByRole('link', { name: 'Account' })]) await expectAtHand(control);
    }
    const [one, other] = await Promise.all([deny.boundingBox(), approve.boundingBox()]);
    expect([one?.width, one?.height], 'equal in size').toEqual([other?.width, other?.height]);
    // At the end, the last line of the page stands above the bar.
    const free = await page.evaluate(() => {
      const last = document.querySelector('.stack')?.lastElementChild?.getBoundingClientRect().bottom ?? 0;
      return last <= (document.querySelector('.answer-bar')?.getBoundingClientRect().top ?? 0);
    });
    expect(free, 'the bar hides nothing for good').toBe(true);
  }
  await page.setViewportSize(NARROW);
  await page.getByLabel('Reason, which a denial needs').fill('Too much at once');
  await approve.tap();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes');
  expect(await call()).toMatchObject({ decision: true });
});

test('a phone that lies on its side is read first, and answered at the end of the page', { tag: '@no-script' }, async ({
  open,
  browse,
}) => {
  const { house, page, at } = await phone(open, browse);
  await forgetProofs(house);
  await page.goto(at);
  await ready(page);
  await page.setViewportSize(LYING);
  await expectNoSidewaysScroll(page);
  for (const part of [0, 0.2]) {
    await page.evaluate((part) => window.scrollTo(0, part * document.documentElement.scrollHeight), part);
    // Of the lines of the window, those on which the request stands.
    const free = await page.evaluate(() => {
      const lines = Array.from({ length: window.innerHeight }, (_, y) => document.elementFromPoint(window.innerWidth / 2, y));
      return lines.filter((at) => at?.closest('.answer-bar, .topbar, .bottom-bar') === null).length / lines.length;
    });
    expect(free, 'most of it is there to be read').toBeGreaterThan(0.6);
  }
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  for (const name of ['Deny', 'Approve']) await expectAtHand(bar(page).getByRole('button', { name }));
});

test('a denial without a reason asks for one, where it is seen', { tag: '@no-script' }, async ({ open, browse }) => {
  const { page, at, call } = await phone(open, browse);
  await page.goto(at);
  await ready(page);
  await bar(page).getByRole('button', { name: 'Deny' }).tap();
  const reason = page.getByLabel('Reason, which a denial needs');
  await expect(reason).toBeFocused();
  await expect.poll(() => covered(page)).toBeUndefined();
  await reason.fill('Not this week');
  await bar(page).getByRole('button', { name: 'Deny' }).tap();
  await expect(page.locator('.notice-success')).toContainText('Denied.');
  expect(await call()).toMatchObject({ decision: false, reason: 'approval_denied' });
});

test('a wrong password is said in view, and its link leads to the field', { tag: '@no-script' }, async ({ open, browse }) => {
  const { house, page, at, call } = await phone(open, browse);
  await forgetProofs(house);
  await page.goto(at);
  await ready(page);
  const password = page.getByLabel('Your password, since this is a high risk');
  await password.fill('not the password');
  await bar(page).getByRole('button', { name: 'Approve' }).tap();
  const summary = await expectRefused(page, /./);
  await expect(summary).toBeInViewport();
  await expect.poll(() => covered(page)).toBeUndefined();
  await summary.getByRole('link').tap();
  await expect(password).toBeFocused();
  await expect.poll(() => covered(page)).toBeUndefined();
  await expectNoSidewaysScroll(page);
  await password.fill(OWNER.password);
  await bar(page).getByRole('button', { name: 'Approve' }).tap();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes');
  expect(await call()).toMatchObject({ decision: true });
});

test('by the keyboard one sees where one is, and no bar hides it', async ({ open, browse }) => {
  const { house, page, at } = await phone(open, browse);
  // The tallest bar there is.
  await forgetProofs(house);
  for (const path of ['/approvals', at]) {
    for (const screen of [...UPRIGHT, LYING]) {
      await page.setViewportSize(screen);
      await page.goto(path);
      await ready(page);
      await expectKeyboardReachesAll(page);
      await page.goto(path);
      await ready(page);
      const all = await page.locator('a[href]:visible, button:visible, input:visible, summary:visible').count();
      for (const key of ['Tab', 'Shift+Tab']) {
        for (let step = 0; step < all; step += 1) {
          await page.keyboard.press(key);
          expect(await covered(page), `${key} on ${path} at ${screen.width} by ${screen.height}`).toBeUndefined();
        }
      }
    }
  }
});

test('the keys lead to the next request, the button and the reason, in view', async ({ open, browse }) => {
  const { house, page, at } = await phone(open, browse);
  await refund(house, 1_235, 'c-32');
  await page.goto(at);
  await ready(page);
  await page.keyboard.press('a');
  await expect(bar(page).getByRole('button', { name: 'Approve' })).toBeFocused();
  await expect.poll(() => covered(page)).toBeUndefined();
  await page.keyboard.press('d');
  await expect(page.getByLabel('Reason, which a denial needs')).toBeFocused();
  await expect.poll(() => covered(page)).toBeUndefined();
  // The next stop after the reason is the answer that allows nothing.
  await page.keyboard.press('Tab');
  await expect(bar(page).getByRole('button', { name: 'Deny' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(bar(page).getByRole('button', { name: 'Approve' })).toBeFocused();
  await page.keyboard.press('j');
  await expect(page).not.toHaveURL(new RegExp(`${at}$`));
  await expect(page).toHaveURL(/\/approvals\/[0-9a-f-]{36}$/);
  await expect(page.locator('#main'), 'the next one is read from its top').toBeFocused();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});
