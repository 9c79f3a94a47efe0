// What the browser tells an approver of calls that come and go: a notification where it may and nobody looks, the title,
// and the number beside "Approvals"; on two replicas as on one.

import { accountOf } from '../support/accounts.mjs';
import { asking, bar, refund, requestOf, waiting } from '../support/approvals';
import { BACKENDS, expect, hydrated, test, type Page } from '../support/fixtures';
import { leave, look, takeDown, told } from '../support/notice';
import { heard, listen } from '../support/screen-reader';

const SENTENCE = 'A call waits for your approval';

/** The inbox as it stands before the test's own requests. */
async function openInbox(page: Page): Promise<number> {
  await page.goto('/approvals');
  await hydrated(page);
  return waiting(page).count();
}

/** Somebody else answers it meanwhile. */
async function approve(page: Page, at: string): Promise<void> {
  await page.goto(at);
  await hydrated(page);
  await bar(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes');
}

test('where the browser may, it tells of each new call, and of nothing else', async ({ open, browse }) => {
  const house = await asking(open);
  const page = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  const grace = await browse(house, { session: (await accountOf(house, 'approver', 'grace')).session });
  await takeDown(page);
  await leave(page, house, 'granted');
  const before = await openInbox(page);
  await expect(page.getByRole('button', { name: 'Notify me' }), 'it was answered').toBeHidden();
  const title = (count: number) => `(${before + count}) Approvals · Countersign`;

  const first = await refund(house, 700, 'c-71');
  await expect(page).toHaveTitle(title(1));
  expect(await told(page), 'who looks needs no telling').toEqual({ told: [], asked: 0 });

  await look(page, 'away');
  await refund(house, 800, 'c-72');
  await expect.poll(async () => (await told(page)).told).toEqual([SENTENCE]);
  await expect(page, 'the page goes on following').toHaveTitle(title(2));

  // A call that comes while the list is asked for, after somebody's answer: the list knows of it before the stream.
  let asked = 0;
  await page.route(/\/_fn\//, async (route) => {
    if (asked++ === 0) await refund(house, 900, 'c-73');
    await route.continue();
  });
  await approve(grace, await requestOf(house, first.id));
  await expect.poll(async () => (await told(page)).told).toEqual([SENTENCE, SENTENCE]);
  await expect(page, 'one went, one came').toHaveTitle(title(2));
  expect(asked).toBeGreaterThan(0);

  // What is answered is no news.
  await approve(grace, (await waiting(grace).first().getByRole('link').getAttribute('href')) ?? '');
  await expect(page).toHaveTitle(title(1));
  expect(await told(page)).toEqual({ told: [SENTENCE, SENTENCE], asked: 0 });
});

test('where the browser may not, nothing is told, and the page is right when its reader comes back', async ({ open, browse }) => {
  const house = await asking(open);
  const page = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  await takeDown(page);
  await leave(page, house, 'denied');
  const before = await openInbox(page);
  await expect(page.getByRole('button', { name: 'Notify me' }), 'there is nothing to ask').toBeHidden();
  await look(page, 'away');
  await refund(house, 700, 'c-71');
  await refund(house, 800, 'c-72');
  await look(page, 'here');
  await expect(waiting(page)).toHaveCount(before + 2);
  await expect(page).toHaveTitle(`(${before + 2}) Approvals · Countersign`);
  expect(await told(page)).toEqual({ told: [], asked: 0 });
});

test('leave is asked for by a click alone', async ({ open, browse }) => {
  const house = await asking(open);
  const page = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  await takeDown(page);
  await page.exposeFunction('__leave', () => leave(page, house, 'granted'));
  const before = await openInbox(page);
  const notify = page.getByRole('button', { name: 'Notify me' });
  await expect(notify).toBeVisible();
  await refund(house, 700, 'c-71');
  await expect(waiting(page)).toHaveCount(before + 1);
  await look(page, 'away');
  await refund(house, 800, 'c-72');
  await look(page, 'here');
  await expect(waiting(page)).toHaveCount(before + 2);
  expect(await told(page), 'neither by coming nor by waiting').toEqual({ told: [], asked: 0 });

  await notify.click();
  await expect(notify).toBeHidden();
  expect((await told(page)).asked).toBe(1);
  await look(page, 'away');
  await refund(house, 900, 'c-73');
  await expect.poll(() => told(page)).toEqual({ told: [SENTENCE], asked: 1 });
});

test('a browser without notifications has the same list', async ({ open, browse }) => {
  const house = await asking(open);
  const page = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
  await page.addInitScript(() => Reflect.deleteProperty(window, 'Notification'));
  const before = await openInbox(page);
  await expect(page.getByRole('button', { name: 'Notify me' })).toBeHidden();
  await refund(house, 700, 'c-71');
  await expect(waiting(page)).toHaveCount(before + 1);
});

for (const backend of BACKENDS) {
  test(`title and number follow without a reload, whichever replica files and decides (${backend})`, async ({ open, browse, visited }) => {
    const house = await asking(() => open({ backend }));
    const other = await house.replica();
    visited.add(other);
    const page = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
    const grace = await browse(other, { session: (await accountOf(other, 'approver', 'grace')).session });
    await listen(page);
    // What the demo left is answered first.
    await grace.goto('/approvals');
    await hydrated(grace);
    // Read at once: the list gets shorter with each answer.
    const links = waiting(grace).getByRole('link');
    for (const at of await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))) {
      const answering = await grace.context().newPage();
      await approve(answering, at);
      await answering.close();
    }
    expect(await openInbox(page)).toBe(0);
    await expect(page).toHaveTitle('Approvals · Countersign');
    const badge = page.getByRole('navigation', { name: 'Main' }).locator('.badge');
    await expect(badge).toHaveCount(0);
    // Lost with the document, so that a reload would be seen.
    await page.evaluate(() => document.documentElement.setAttribute('data-drawn-once', ''));

    const one = await refund(other, 700, 'c-71');
    await expect(page).toHaveTitle('(1) Approvals · Countersign');
    await expect(badge).toHaveText('1 waiting');
    const two = await refund(house, 800, 'c-72');
    await expect(page).toHaveTitle('(2) Approvals · Countersign');
    await expect(badge).toHaveText('2 waiting');

    await approve(grace, await requestOf(house, one.id));
    await expect(page).toHaveTitle('(1) Approvals · Countersign');
    await expect(badge).toHaveText('1 waiting');
    const frank = await browse(house, { session: (await accountOf(house, 'approver', 'frank')).session });
    await approve(frank, await requestOf(house, two.id));
    await expect(page).toHaveTitle('Approvals · Countersign');
    await expect(badge).toHaveCount(0);
    await expect(page.getByRole('heading', { name: 'Nothing waits for you' })).toBeVisible();
    await expect(page.locator('html'), 'one document').toHaveAttribute('data-drawn-once', '');
    expect(await heard(page), 'each is said once').toEqual([
      '1 call waits for you',
      '2 calls wait for you',
      '1 call waits for you',
      'No call waits for you any more',
    ]);
  });
}
