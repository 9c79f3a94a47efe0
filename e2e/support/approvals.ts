// What the stories of approvals have in common: a house where refunds wait for finance, the call, and the pages.

import { demo } from './filling.mjs';
import type { House, Locator, Page } from './fixtures';

/** Carol asks; Frank and Grace, of finance as well, are asked. */
export async function asking(open: () => Promise<House>): Promise<House> {
  const house = await open();
  await demo(house);
  await house.apply({
    subjects: ['frank', 'grace'].map((id) => ({
      id,
      kind: 'user',
      name: `${id} of finance`,
      memberships: [{ tenant: 'acme', roles: ['finance'] }],
    })),
  });
  return house;
}

/** The same call each time, unless another amount is given. */
export function refund(house: House, amount: number, customer = 'c-77', caller = 'CAROL_KEY') {
  const args = { customer_id: customer, amount, currency: 'EUR', reason: 'damaged on arrival' };
  return house.decide({ key: 'CRM_PEP_KEY', caller, tool: 'refund', arguments: args });
}

/** The page of the request that this denial filed. */
export async function requestOf(house: House, decision: string): Promise<string> {
  const { text } = await house.asOwner(`/decisions/${decision}`);
  const [found] = /\/approvals\/[0-9a-f-]{36}/.exec(text) ?? [];
  if (found === undefined) throw new Error(`the decision ${decision} names no request`);
  return found;
}

/** The rule of the demo by which refunds wait, with other terms. */
export function refundsByFinance(approval: { quorum: number; expires_in: string; uses: number }): object {
  return {
    name: 'refunds by finance',
    tenant: 'acme',
    effect: 'allow',
    status: 'enforced',
    roles: ['finance'],
    tools: ['crm/refund'],
    parameters: {
      properties: { amount: { type: 'number', exclusiveMinimum: 0, maximum: 5_000 }, currency: { enum: ['EUR', 'USD'] } },
      required: ['amount', 'currency'],
    },
    approval: { approvers: ['finance'], ...approval },
  };
}

/** The inbox. */
export function waiting(page: Page): Locator {
  return page.getByRole('table', { name: /^Requests that wait for you/ }).locator('tbody tr');
}

/** What a request is answered by. */
export function bar(page: Page): Locator {
  return page.locator('.answer-bar');
}
