// Webhooks and mail: a secret that is shown once, a test that arrives signed with it, and what is wrong said at its field.

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectFault, expectRefused, expectSaved, ready, rowOf, store, unique } from '../support/forms';
import { expect, test } from '../support/fixtures';

const PAGE = '/settings/notifications';
const CAPTION = 'Webhooks by name';

interface Message {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver on this machine: its address, and the next message. */
async function receiver(): Promise<{ url: string; next: Promise<Message>; close: () => void }> {
  let told: (message: Message) => void;
  const next = new Promise<Message>((resolve) => (told = resolve));
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      told({ headers: request.headers, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, next, close: () => server.close() };
}

/** As https://www.standardwebhooks.com says. */
function signature(secret: string, { headers, body }: Message): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

test('a webhook is made, tried, rotated and deleted', { tag: '@no-script' }, async ({ page, house }) => {
  const { url, next, close } = await receiver();
  const name = unique('slack');
  await page.goto(`${PAGE}?ask=new`);
  await ready(page);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Address', { exact: true }).fill(url);
  await page.getByRole('checkbox', { name: 'Expired' }).uncheck();
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`The webhook ${name} is ready`);
  await expect(page.getByText('Countersign keeps it encrypted')).toBeVisible();
  const secret = await store(page);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await expectSaved(page, 'The webhook was created.');
  const row = rowOf(page, CAPTION, name);
  for (const text of [url.replace(/hook$/, '…'), 'requested, decided', 'every tenant', 'nothing sent yet']) await expect(row).toContainText(text);

  await row.getByRole('button', { name: `Send a test: ${name}` }).click();
  await expect(page.getByText('A test is on its way.')).toBeVisible();
  const message = await next;
  expect(message.headers['webhook-signature']).toBe(signature(secret, message));
  expect(JSON.parse(message.body)).toMatchObject({ type: 'test' });
  await expect(async () => {
    await page.goto(PAGE);
    await expect(row).toContainText('delivered', { timeout: 500 });
  }).toPass();
  await ready(page);

  await row.getByRole('link', { name: `Rotate secret: ${name}` }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Add a second secret' }).click();
  expect(await store(page)).not.toBe(secret);
  await expect(row).toContainText('two secrets sign');
  await row.getByRole('link', { name: `Finish rotation: ${name}` }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Remove the older secret' }).click();
  await expectSaved(page, 'The older secret signs no longer.');
  await expect(row).not.toContainText('two secrets sign');

  for (const place of [PAGE, '/changes', '/changes?kind=webhook', '/changes?kind=secret']) {
    for (const kept of [secret, url]) expect((await house.asOwner(place)).text, place).not.toContain(kept);
  }
  for (const kept of [secret, url]) expect(house.log()).not.toContain(kept);
  await row.getByRole('link', { name: `Delete: ${name}` }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  await expectSaved(page, 'The webhook was deleted, and what waited for it.');
  await expect(row).toHaveCount(0);
  close();
});

test('mail is set up, and no password goes without TLS', { tag: '@no-script' }, async ({ page }) => {
  await page.goto(`${PAGE}?ask=mail`);
  await ready(page);
  await page.getByLabel('Server', { exact: true }).fill('mail.example.org');
  await page.getByLabel('Login optional', { exact: true }).fill('countersign');
  await page.getByLabel('Password optional', { exact: true }).fill('a password of the relay');
  const sender = page.getByLabel('From', { exact: true });
  await sender.fill('Countersign');
  await page.getByRole('button', { name: 'Save mail server' }).click();
  await expectRefused(page, 'Write a bare address, such as countersign@example.org.');
  await expectFault(sender, 'Write a bare address, such as countersign@example.org.');
  // What was typed is kept, but for the password.
  await expect(page.getByLabel('Login optional', { exact: true })).toHaveValue('countersign');
  await expect(page.getByLabel('Password optional', { exact: true })).toHaveValue('');

  await sender.fill('countersign@example.org');
  await page.getByRole('radio', { name: /^None/ }).check();
  await page.getByLabel('Password optional', { exact: true }).fill('a password of the relay');
  await page.getByRole('button', { name: 'Save mail server' }).click();
  await expectRefused(page, /^A password is never sent in the clear\./);
  await page.getByRole('radio', { name: /^STARTTLS/ }).check();
  await page.getByLabel('Password optional', { exact: true }).fill('a password of the relay');
  await page.getByRole('button', { name: 'Save mail server' }).click();
  await expectSaved(page, 'The mail server was saved.');
  await expect(page.getByText('From countersign@example.org through mail.example.org, port 587, STARTTLS, as countersign.')).toBeVisible();

  await page.getByRole('link', { name: 'Remove', exact: true }).click();
  await ready(page);
  await page.getByRole('button', { name: 'Remove mail server' }).click();
  await expectSaved(page, 'No mail is sent any more. The password was deleted.');
});
