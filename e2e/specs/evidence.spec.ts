// The chains, whether they are whole, and the file that proves it later.

import path from 'node:path';
import { sessionOf } from '../support/accounts.mjs';
import { ask, post } from '../support/ask.mjs';
import { byHand } from '../support/database.mjs';
import { demo } from '../support/filling.mjs';
import { expect, hydrated, OWNER, scripted, SESSION_COOKIE, test, type Page } from '../support/fixtures';
import { ready } from '../support/forms';

const EXPORT = '/evidence/checkpoints.jsonl';

/** Starts a verification, and waits until it says this. */
async function verify(page: Page, says: string): Promise<void> {
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(async () => {
    // Where there is script, the page follows it by itself.
    const again = page.getByRole('link', { name: 'Look again' });
    if (!scripted() && (await again.isVisible())) await again.click();
    await expect(page.locator('.notice', { hasText: says })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page).toHaveURL(/\/evidence$/);
  await ready(page);
}

function rows(page: Page) {
  return page.getByRole('table', { name: 'Chains, newest first' }).locator('tbody tr');
}

function as(session: string, accept = 'text/html') {
  return { headers: { Cookie: `${SESSION_COOKIE}=${session}`, Accept: accept } };
}

test('a whole record is sound', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await demo(house);
  const page = await browse(house);
  await page.goto('/evidence');
  await ready(page);
  await expect(page.getByText('Not verified since this server started.')).toBeVisible();
  await verify(page, 'The record is sound.');
  const notice = page.locator('.notice-success');
  await expect(notice).toContainText(/1 chain, \d+ records and \d+ checkpoints?: all as they were written\./);
  await expect(notice).toContainText(new RegExp(`started .* by ${OWNER.login}`));
  // It stays for whoever comes next.
  await page.reload();
  await expect(notice).toContainText('The record is sound.');
});

test('a record that was altered by hand is named', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await demo(house);
  const page = await browse(house);
  await page.goto('/evidence');
  await ready(page);
  await verify(page, 'The record is sound.');
  await byHand(house, "UPDATE decisions SET subject = 'somebody else' WHERE seq = 4");
  await verify(page, 'The record is not sound');
  const alert = page.getByRole('alert');
  await expect(alert.getByRole('listitem').filter({ hasText: 'was altered' })).toHaveText(
    /^Chain [0-9a-f-]{36}: record 4 \([0-9a-f-]{36}\) was altered\.\s*See the record$/,
  );
  const { code, stdout } = await house.command('audit', 'verify');
  expect(code, 'and the command line says the same').toBe(2);
  expect(stdout).toMatch(/record 4 \([0-9a-f-]{36}\) was altered/);
  await alert.getByRole('link', { name: 'See the record' }).click();
  await expect(page).toHaveURL(/\/decisions\/[0-9a-f-]{36}$/);
});

test('chains stand newest first, fifty on a page', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await demo(house);
  await house.restart();
  const page = await browse(house);
  await page.goto('/evidence');
  await ready(page);
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('Running, last seen');
  await expect(rows(page).last()).toContainText('Ended');
  const records = Number(await rows(page).last().locator('td[data-label="Records"]').textContent());
  expect(records).toBeGreaterThan(5);
  await expect(page.getByText('Nothing is removed by itself. The oldest record is from')).toBeVisible();

  // Sixty more, invented: each of them is a finding too.
  await byHand(
    house,
    `WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 60)
     INSERT INTO chains SELECT printf('00000000-0000-7000-8000-%012d', n), started_at, seen_at, ended_at, instance,
     version, public_key, genesis, genesis_hash, signature
     FROM counted, (SELECT * FROM chains ORDER BY id LIMIT 1)`,
  );
  await page.reload();
  await ready(page);
  const paging = page.getByRole('navigation', { name: 'Pages' });
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).first()).toContainText('Running, last seen');
  await paging.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/older_than=/);
  await expect(rows(page)).toHaveCount(12);
  await expect(paging.getByRole('link', { name: 'Older' })).toHaveCount(0);
  await paging.getByRole('link', { name: 'Back to the newest' }).click();
  await expect(rows(page)).toHaveCount(50);
  await verify(page, 'The record is not sound');
  await expect(page.getByRole('alert').locator('.findings > li')).toHaveCount(50);
  await expect(page.getByRole('alert')).toContainText('10 more');
});

test('the checkpoints are had as a file', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  await demo(house);
  // A stop leaves a signed checkpoint.
  await house.restart();
  const page = await browse(house);
  await page.goto('/evidence');
  await ready(page);
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download checkpoints' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^countersign-checkpoints-\d{4}-\d\d-\d\d\.jsonl$/);
  const file = path.join(house.folder, 'anchors.jsonl');
  await download.saveAs(file);
  const sound = await house.command('audit', 'verify', '--anchor', file);
  expect(sound.stdout).toContain('held against 1 checkpoints of');
  expect(sound.code).toBe(0);
  // The page says how to do this.
  await expect(page.getByRole('region', { name: 'Command that verifies' })).toContainText('audit verify --anchor');
  await expect(page.getByRole('region', { name: 'Command that prunes' })).toContainText(
    /^countersign audit prune --before \d{4}-\d\d-\d\dT00:00:00Z$/,
  );
});

test('an auditor verifies and exports, a policy author does not', async ({ open, browse }) => {
  const house = await open();
  await demo(house);
  const [auditor, author] = [await sessionOf(house, 'auditor'), await sessionOf(house, 'policy_author')];
  const page = await browse(house, { session: auditor });
  await page.goto('/evidence');
  await hydrated(page);
  await verify(page, 'The record is sound.');
  expect((await ask(house.address, EXPORT, as(auditor))).status).toBe(200);

  const other = await browse(house, { session: author });
  expect((await other.goto('/evidence'))?.status()).toBe(403);
  await hydrated(other);
  await expect(other.getByRole('button', { name: 'Verify now' })).toHaveCount(0);
  await expect(other.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Evidence' })).toHaveCount(0);
  const refused = await ask(house.address, EXPORT, as(author));
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain('signature');
  for (const name of ['evidence', 'evidence-verification']) {
    const answer = await ask(house.address, `/_fn/${name}`, as(author, 'application/json'));
    expect(answer.status, name).toBe(403);
  }
  const cookie = `${SESSION_COOKIE}=${author}`;
  const started = await post(house.address, '/_fn/evidence-verify', {}, { cookie, headers: { Accept: 'application/json' } });
  expect(started.status).toBe(403);

  const visitor = await ask(house.address, EXPORT);
  expect(visitor.status).toBe(303);
  expect(visitor.headers.location).toBe('/sign-in');
});
