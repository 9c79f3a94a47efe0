// Accessibility: axe, with every rule it has, finds nothing.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n  ${node.target.join(' ')}\n  ${node.html}\n  ${node.failureSummary ?? ''}`),
  );
  expect(found, page.url()).toEqual([]);
}

/** The body does not scroll sideways, and nothing hangs out of it. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth && document.body.scrollWidth <= clientWidth) return [];
    const outside = [...document.querySelectorAll('body *')].filter(
      (element) => element.checkVisibility() && element.getBoundingClientRect().right > clientWidth + 1,
    );
    const named = outside.slice(0, 5).map((element) => element.outerHTML.slice(0, 160));
    return [`${scrollWidth} px in ${clientWidth} px`, ...named];
  });
  expect(wide, page.url()).toEqual([]);
}

/** Tab reaches every visible control, in the order of the document, and one can see where one is. */
export async function expectKeyboardReachesAll(page: Page): Promise<void> {
  const all = await page.evaluate(() => {
    const focusable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    const controls = [...document.querySelectorAll<HTMLElement>(focusable)].filter((element) => {
      if (element.matches(':disabled, [type="hidden"], [hidden]')) return false;
      // Of a group of radio buttons Tab reaches the chosen one.
      if (element.matches('[type="radio"]:not(:checked)')) return false;
      return element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
    });
    controls.forEach((element, index) => element.setAttribute('data-e2e-order', String(index)));
    window.scrollTo(0, 0);
    // Whatever has the focus when the page comes, the walk begins at its top.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    return controls.map((element) => element.outerHTML.slice(0, 120));
  });
  const reached: string[] = [];
  // A date has several stops of its own.
  for (let step = 0; step < all.length + 60; step += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const order = element?.getAttribute('data-e2e-order');
      if (element == null || order == null) return null;
      // A row's link shows its ring around the whole row.
      const ringed = [element, element.closest('.radio-card'), element.closest('.filter')].some(
        (one) => one !== null && getComputedStyle(one).outlineStyle !== 'none',
      );
      const ring = ringed || getComputedStyle(element, '::after').outlineStyle !== 'none';
      return { order: Number(order), ring, html: element.outerHTML.slice(0, 120) };
    });
    if (at === null || at.order === reached.length - 1) continue;
    if (reached[at.order] !== undefined) break;
    expect(at.ring, `one can see the focus on ${at.html}`).toBe(true);
    expect(at.order, `Tab goes on in order at ${at.html}`).toBe(reached.length);
    reached.push(at.html);
  }
  expect(reached).toEqual(all);
}
