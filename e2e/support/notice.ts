// What the browser is asked to tell somebody who looks elsewhere. Leave is the browser's own, and so is what it shows;
// only what the page asked for is taken down, and whether the page is looked at is said by the test: in a browser
// without a screen every page is.

import type { House, Page } from './fixtures';

/** Takes down what the page asks for. Before the page is opened. */
export async function takeDown(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.__told = [];
    window.__asked = 0;
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        window.__told?.push([title, options?.body ?? ''].join(' ').trim());
      }

      static override async requestPermission(): Promise<NotificationPermission> {
        window.__asked = (window.__asked ?? 0) + 1;
        await window.__leave?.();
        return super.requestPermission();
      }
    };
    Object.defineProperty(document, 'hidden', { get: () => window.__away === true });
  });
}

/** As the reader answers the browser, as long as the page stands. */
export async function leave(page: Page, house: House, setting: 'granted' | 'denied'): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const { targetInfo } = await browser.send('Target.getTargetInfo');
  const where = { origin: house.address, browserContextId: targetInfo.browserContextId ?? '' };
  await browser.send('Browser.setPermission', { permission: { name: 'notifications' }, setting, ...where });
}

/** The reader turns to another tab, or comes back. */
export async function look(page: Page, where: 'away' | 'here'): Promise<void> {
  await page.evaluate((away) => {
    window.__away = away;
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, where === 'away');
}

/** What was told so far, and how often leave was asked for. */
export function told(page: Page): Promise<{ told: string[]; asked: number }> {
  return page.evaluate(() => ({ told: window.__told ?? [], asked: window.__asked ?? 0 }));
}
