// Who comes into the console: by a provider, by an invitation, and not any longer.

import { CLIENT, SignInProvider } from '../support/sign-in-provider-process.mjs';
import { BACKENDS, expect, test, type House, type Page } from '../support/fixtures';
import { expectSaved, ready, rowOf, store } from '../support/forms';

const CAPTION = 'Accounts by login';
const PASSWORD = 'four copper whales hum';

/** A browser of somebody new, who chooses a password by this link. */
async function choose(house: House, page: Page, link: string) {
  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).or(page.getByLabel('Password', { exact: true })).first().fill(PASSWORD);
  await page.getByLabel(/again$/).fill(PASSWORD);
  await page.getByRole('button').last().click();
  await expect(page).toHaveURL(new RegExp(`^${house.address}/(?!recover)`));
}

/** Invites somebody; the link. */
async function invite(page: Page, login: string, role: string): Promise<string> {
  await page.goto('/settings/accounts?ask=new');
  await ready(page);
  await page.getByLabel('Login', { exact: true }).fill(login);
  await page.getByLabel('Role', { exact: true }).selectOption(role);
  await page.getByRole('button', { name: 'Make the invitation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The invitation of ${login} is ready`);
  const link = await store(page);
  await expect(page.locator('.notice-success')).toContainText('The account was made.');
  await ready(page);
  return link;
}

for (const backend of BACKENDS) {
  test(`somebody signs in by a real provider (${backend})`, async ({ open, browse }) => {
    const house = await open({ backend });
    const provider = await SignInProvider.open(house);
    const owner = await browse(house);
    await owner.goto('/settings/sign-in?ask=new');
    await ready(owner);
    await expect(owner.getByText(`${house.address}/sign-in/callback/ID`)).toBeVisible();
    await owner.getByLabel('Id', { exact: true }).fill('work');
    await owner.getByLabel('Name', { exact: true }).fill('The company');
    await owner.getByLabel('Issuer', { exact: true }).fill(provider.url);
    await owner.getByLabel('Client id', { exact: true }).fill(CLIENT.id);
    await owner.getByLabel('Client secret').fill(CLIENT.secret);
    await owner.getByLabel('Groups that stand for roles').fill('admins -> policy_author');
    await owner.getByRole('button', { name: 'Save provider' }).click();
    await expectSaved(owner, 'The provider was saved.');
    expect((await house.asOwner('/settings/sign-in?ask=edit&of=work')).text).not.toContain(CLIENT.secret);

    const page = await browse(house, { session: null });
    await page.goto('/rules');
    await page.getByRole('link', { name: 'Sign in with The company' }).click();
    await page.getByLabel('Name').fill('ann');
    await page.getByRole('button', { name: 'Continue' }).click();
    // Where they wanted to go, as what their group stands for.
    await expect(page).toHaveURL(`${house.address}/rules`);
    await ready(page);
    await expect(page.locator('.rail-account')).toContainText('Somebody, ann');
    await owner.goto('/settings/accounts');
    await ready(owner);
    const row = rowOf(owner, CAPTION, 'ann@idp.example');
    for (const text of ['Policy author', 'told by a provider', '1 identity']) await expect(row).toContainText(text);

    // Nobody else of that provider comes in.
    const stranger = await browse(house, { session: null });
    await stranger.goto('/sign-in');
    await stranger.getByRole('link', { name: 'Sign in with The company' }).click();
    await stranger.getByLabel('Name').fill('mallory');
    await stranger.getByRole('button', { name: 'Continue' }).click();
    await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('You were not signed in');
    await provider.close();
  });
}

test('an invitation leads to a password, once', { tag: '@no-script' }, async ({ open, browse }) => {
  const house = await open();
  const owner = await browse(house);
  const link = await invite(owner, 'bob@example.org', 'auditor');
  const row = rowOf(owner, CAPTION, 'bob@example.org');
  for (const text of ['Auditor', 'nothing yet', 'never']) await expect(row).toContainText(text);
  const answer = await house.command('account', 'list');
  expect(answer.stdout).toContain('bob@example.org');
  expect(answer.stdout + house.log()).not.toContain(new URL(link).hash.slice(1));
  // Without script the code is pasted.
  const code = new URL(link).hash.slice(1);
  const bob = await browse(house, { session: null });
  await bob.goto('/recover');
  await bob.getByLabel('One-time code').fill(code);
  await bob.getByLabel(/password$/i).first().fill(PASSWORD);
  await bob.getByLabel(/again$/).fill(PASSWORD);
  await bob.getByRole('button').last().click();
  await expect(bob).toHaveURL(`${house.address}/decisions`);
});

test('disabling an account ends its sessions at once', async ({ open, browse }) => {
  const house = await open();
  const owner = await browse(house);
  const link = await invite(owner, 'carol@example.org', 'auditor');
  const carol = await browse(house, { session: null });
  await choose(house, carol, link);
  await owner.goto('/settings/accounts');
  await ready(owner);
  await owner.getByRole('link', { name: 'Disable carol@example.org' }).click();
  await ready(owner);
  await owner.getByRole('button', { name: 'Disable account' }).click();
  await expect(owner.locator('.notice-success')).toContainText('Its sessions have ended.');
  await carol.goto('/decisions');
  await expect(carol).toHaveURL(`${house.address}/sign-in`);
});
