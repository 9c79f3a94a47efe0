// What pages of the console have in common: when they are there, their rows, and how forms are answered and refused.

import { expect, type Locator, type Page } from '@playwright/test';
import { hydrated } from './silence.mjs';
import { scripted } from './fixtures';

/** Where there is script, a page is used once the browser has taken it over. */
export async function ready(page: Page): Promise<void> {
  if (scripted()) await hydrated(page);
}

/** The page after something was saved says so, and from which revision on it counts. */
export async function expectSaved(page: Page, sentence: string): Promise<void> {
  const notice = page.locator('.notice-success', { hasText: sentence });
  await expect(notice).toContainText(/Revision \d+ is live\. It takes effect on the next call\./);
  await expect(notice.getByRole('link', { name: 'See the change' })).toHaveAttribute('href', /^\/changes\/[0-9a-f-]{36}$/);
  await ready(page);
}

/** The form came back: a summary that has the focus names each fault. */
export async function expectRefused(page: Page, ...faults: (string | RegExp)[]): Promise<Locator> {
  const summary = page.locator('.form-summary');
  await expect(summary).toBeVisible();
  await expect(summary.getByRole('listitem')).toHaveText(faults);
  await expect(summary).toBeFocused();
  await ready(page);
  return summary;
}

/** A field that is wrong says so itself. */
export async function expectFault(field: Locator, fault: string): Promise<void> {
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(new RegExp(fault.replace(/[.?*+^$()[\]{}|\\]/g, '\\$&')));
}

/** The rows of a page's one table, as a screen reader has them. */
export function rows(page: Page): Locator {
  return page.getByRole('table').locator('tbody tr');
}

/** Those of one of several tables that say this. */
export function rowOf(page: Page, caption: string, text: string | RegExp): Locator {
  return page.getByRole('table', { name: caption }).locator('tbody tr').filter({ hasText: text });
}

/**
 * Has offers of undoing stay, from the next page on: on a busy machine their ten seconds are soon gone. Gives what has
 * them be over.
 */
export async function keepUndo(page: Page): Promise<() => Promise<void>> {
  await page.addInitScript(() => {
    const original = window.setTimeout.bind(window);
    const held: (() => void)[] = [];
    window.__held = held;
    const later = (handler: TimerHandler, delay?: number, ...rest: unknown[]) => {
      if (delay !== 10_000 || typeof handler !== 'function') return original(handler, delay, ...rest);
      held.push(() => handler(...rest));
      return 0;
    };
    window.setTimeout = later as typeof window.setTimeout;
  });
  return async () => {
    await page.waitForFunction(() => window.__held !== undefined && window.__held.length > 0);
    await page.evaluate(() => window.__held?.splice(0).forEach((end) => end()));
  };
}

/** A name that no other test uses. */
let count = 0;
export function unique(stem: string): string {
  count += 1;
  return `${stem}-${count}${Date.now().toString(36).slice(-4)}`;
}

/** A moment as a field for a date and time takes it, in UTC. */
export function moment(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);
}

/** Takes the secret from the page that shows it once, and goes on; it is not shown again. */
export async function store(page: Page): Promise<string> {
  const field = page.getByLabel('The key');
  await expect(page.getByText('It is shown only this once')).toBeVisible();
  const secret = await field.inputValue();
  const done = page.getByRole('button', { name: 'Done' });
  // The browser itself insists that it was stored.
  await done.click();
  await expect(field).toHaveValue(secret);
  await page.getByRole('checkbox', { name: 'I stored it' }).check();
  await done.click();
  await expect(field).toHaveCount(0);
  return secret;
}
