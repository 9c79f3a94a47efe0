// Passkeys, with Chromium's virtual authenticator: alone, beside the password, and as a proof in between.

import { accountOf, forgetProofs } from '../support/accounts.mjs';
import { ask } from '../support/ask.mjs';
import { demo } from '../support/filling.mjs';
import { ready } from '../support/forms';
import { expect, OWNER, SESSION_COOKIE, test, type House, type Page } from '../support/fixtures';

/** A browser at the house under its name, whose device keeps passkeys and knows its user. */
async function device(house: House, browse: (house: House, look: { session: null; baseURL: string }) => Promise<Page>) {
  const page = await browse(house, { session: null, baseURL: house.publicUrl });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const verified = (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  return { page, verified };
}

async function signIn(page: Page, login: string) {
  await page.goto('/sign-in');
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function add(page: Page, name: string) {
  await page.goto('/account');
  await ready(page);
  await page.getByLabel('Name of a new passkey').fill(name);
  await page.getByLabel('Your password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.locator('.notice-success')).toContainText('The passkey was added.');
  await ready(page);
}

async function signOut(page: Page) {
  await page.goto('/account');
  await ready(page);
  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
}

function passkeys(page: Page) {
  return page.getByRole('table', { name: 'Your passkeys' }).locator('tbody tr');
}

test('somebody adds a passkey, signs in by it alone, approves with it and removes it', async ({ open, browse }) => {
  const house = await open({ name: 'localhost' });
  await demo(house);
  await house.apply({
    subjects: [{ id: 'frank', kind: 'user', name: 'Frank', memberships: [{ tenant: 'acme', roles: ['finance'] }] }],
  });
  const { login } = await accountOf(house, 'approver', 'frank');
  const { page } = await device(house, browse);
  await signIn(page, login);
  await expect(page).toHaveURL(/\/approvals$/);
  await add(page, 'blue');
  await expect(passkeys(page)).toContainText(['blue']);
  await expect(passkeys(page)).toContainText(['never']);
  await signOut(page);

  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page).toHaveURL(/\/approvals$/);
  await page.goto('/account');
  await ready(page);
  await expect(passkeys(page)).not.toContainText(['never']);

  // A call of high risk waits, and nobody proved themselves for a while.
  const args = { customer_id: 'c-77', amount: 900, currency: 'EUR', reason: 'damaged on arrival' };
  const refund = () => house.decide({ key: 'CRM_PEP_KEY', caller: 'CAROL_KEY', tool: 'refund', arguments: args });
  const asked = await refund();
  expect(asked).toMatchObject({ decision: false, reason: 'approval_required' });
  const [request = ''] = /\/approvals\/[0-9a-f-]{36}/.exec((await house.asOwner(`/decisions/${asked.id}`)).text) ?? [];
  await forgetProofs(house);
  await page.goto(request);
  await ready(page);
  const bar = page.locator('.answer-bar');
  await expect(bar.getByLabel('Your password, since this is a high risk')).toBeVisible();
  await bar.getByLabel('Reason').fill('seen the parcel');
  await bar.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(new RegExp(request));
  await ready(page);
  await expect(bar.getByLabel('Your password, since this is a high risk')).toHaveCount(0);
  await expect(bar.getByLabel('Reason'), 'what was typed is kept').toHaveValue('seen the parcel');
  expect(await refund(), 'nothing is decided yet').toMatchObject({ decision: false, reason: 'approval_pending' });
  await bar.getByRole('button', { name: 'Approve' }).click();
  await expect(page.locator('.notice-success')).toContainText('The identical call passes when it is repeated');
  expect(await refund()).toMatchObject({ decision: true });

  await page.goto('/account');
  await ready(page);
  await page.getByRole('link', { name: 'Remove blue' }).click();
  await page.getByRole('button', { name: 'Remove passkey' }).click();
  await expect(page.locator('.notice-success')).toContainText('The passkey was removed');
  await expect(passkeys(page)).toHaveCount(0);
  await signOut(page);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You were not signed in');
});

test('a right password alone opens nothing, and no answer counts twice', async ({ open, browse }) => {
  const house = await open({ name: 'localhost' });
  const { page, verified } = await device(house, browse);
  await signIn(page, OWNER.login);
  await add(page, 'blue');
  await page.getByRole('link', { name: 'Demand a passkey as well' }).click();
  await page.getByRole('button', { name: 'Demand a passkey' }).click();
  await expect(page.locator('.notice-success')).toContainText('your password alone opens nothing');
  await signOut(page);

  // Whoever has the device and the password, but not its owner's finger.
  await verified(false);
  await signIn(page, OWNER.login);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Now your passkey');
  await expect(page.locator('#passkey-status')).toContainText('No passkey answered');
  const outside = await page.context().cookies();
  expect(outside.map(({ name }) => name)).not.toContain(SESSION_COOKIE);

  await verified(true);
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/passkey'));
  await page.getByRole('button', { name: 'Use the passkey' }).click();
  const answer = await sent;
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();

  // The very same request once more.
  const { cookie, origin, 'content-type': type } = await answer.allHeaders();
  const again = await ask(house.address, '/passkey', {
    method: 'POST',
    headers: { Cookie: cookie, Origin: origin, 'Content-Type': type },
    body: answer.postData() ?? '',
  });
  expect(again.status).toBe(400);
  expect(again.text).toContain('used before');
  expect((again.headers['set-cookie'] ?? []).join()).not.toContain(`${SESSION_COOKIE}=`);
});

test('a page without script says what it needs, and an address of numbers has no passkeys', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const page = await browse(house);
  await page.goto('/account');
  await ready(page);
  await expect(page.locator('#passkeys')).toContainText('Passkeys are bound to a name and to TLS');
  await expect(page.getByLabel('Name of a new passkey')).toHaveCount(0);

  const named = await open({ name: 'localhost' });
  const visitor = await browse(named, { session: null, baseURL: named.publicUrl });
  await visitor.goto('/sign-in');
  await visitor.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(visitor).toHaveURL(/\/passkey$/);
  const words = test.info().project.use.javaScriptEnabled === false ? 'needs JavaScript' : /Waiting for|No passkey answered|knows no/;
  await expect(visitor.locator('#passkey-status')).toContainText(words);
});
