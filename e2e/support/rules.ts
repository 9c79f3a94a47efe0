// What the specs of rules start from: a shop with one tool, and the parts of the editor.

import { expect, type Locator, type Page } from '@playwright/test';
import { ready, unique } from './forms';
import { secret, type House } from './house.mjs';

/** An argument of each kind that the form knows. */
const ORDER = {
  type: 'object',
  properties: {
    customer: { type: 'string' },
    amount: { type: 'number' },
    count: { type: 'integer' },
    currency: { type: 'string', enum: ['EUR', 'USD', 'GBP'] },
    urgent: { type: 'boolean' },
    note: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['customer', 'amount'],
  additionalProperties: false,
};

/** A server of acme with one reviewed tool, which nobody may call yet. */
export async function shop(house: House): Promise<string> {
  const slug = unique('shop');
  house.keys[slug] = secret();
  const labels = { risk: 'low', sensitivity: 'internal', read_only: false };
  await house.apply({
    servers: [
      {
        slug,
        url: 'https://shop.example/mcp',
        tenants: ['acme'],
        tools: [{ name: 'order', description: 'Orders.', ...labels, input_schema: ORDER }],
      },
    ],
    credentials: [{ name: `pep ${slug}`, server: slug, trust: 'verify_token', responses: 'explained', secret_env: slug }],
  });
  return slug;
}

/** Carol of finance orders. */
export async function order(house: House, slug: string, given: object): Promise<string> {
  const { decision, reason } = await house.decide({ key: slug, caller: 'CAROL_KEY', tool: 'order', arguments: given });
  return decision ? 'allowed' : String(reason);
}

/** A rule about the order tool of the shop, as a bundle has it. */
export function ruleOf(slug: string, more: object = {}) {
  return {
    name: `orders of ${slug}`,
    tenant: 'acme',
    effect: 'allow',
    status: 'enforced',
    roles: ['finance'],
    tools: [`${slug}/order`],
    parameters: { properties: { amount: { type: 'number', maximum: 100 } }, required: ['amount'] },
    ...more,
  };
}

/** The page of a rule of this name. */
export async function open(page: Page, house: House, name: string): Promise<string> {
  const { text } = await house.asOwner(`/rules?search=${encodeURIComponent(name)}`);
  const path = /href="(\/rules\/[0-9a-f-]{36})"/.exec(text)?.[1] ?? 'no such rule';
  await page.goto(path);
  await ready(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  return path;
}

export function argument(page: Page, name: string): Locator {
  return page.getByRole('group', { name: new RegExp(`^/${name}`) });
}

export function role(page: Page, name: string): Locator {
  return page.getByRole('group', { name: 'Roles' }).getByRole('checkbox', { name, exact: true });
}

export function schema(page: Page): Locator {
  return page.getByLabel('Parameters, as JSON Schema');
}

/** Presses one of the two buttons that save, and again in the dialog that says what it changes. */
export async function save(page: Page, label = 'Save and enforce', look: (dialog: Locator) => Promise<void> = async () => {}) {
  await page.locator('.page-head').getByRole('button', { name: label }).click();
  const dialog = page.getByRole('dialog', { name: `${label}?` });
  await expect(dialog).toBeVisible();
  await look(dialog);
  await dialog.getByRole('button', { name: label }).click();
}

export async function expectLive(page: Page, words = ''): Promise<void> {
  const notice = page.locator('.notice-success');
  await expect(notice).toContainText(/Revision [\d.]+ is live\. It takes effect on the next call\./);
  await expect(notice).toContainText(words);
}
