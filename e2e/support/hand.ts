// What can be reached: by a thumb, and by who goes from control to control.

import { expect, type Locator, type Page } from '@playwright/test';

/** A finger's width. */
const FINGER = 44;

/** It is within the window, nothing lies over it, and it is as large as a finger. */
export async function expectAtHand(control: Locator): Promise<void> {
  const found = await control.evaluate((element) => {
    const { left, top, right, bottom, height } = element.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return {
      within: left >= 0 && top >= 0 && right <= document.documentElement.clientWidth && bottom <= window.innerHeight,
      free: at !== null && (element === at || element.contains(at)),
      height,
    };
  });
  expect(found, await control.innerText()).toEqual({ within: true, free: true, height: expect.any(Number) });
  expect(found.height).toBeGreaterThanOrEqual(FINGER);
}

/** What has the focus, if a bar lies over all of it. */
export function covered(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body || element.id === 'main') return undefined;
    const { left, top, width, height } = element.getBoundingClientRect();
    const free = [0.1, 0.5, 0.9].some((down) => {
      const at = document.elementFromPoint(left + width / 2, top + height * down);
      return at !== null && (element.contains(at) || at.contains(element));
    });
    return free ? undefined : element.outerHTML.slice(0, 160);
  });
}
