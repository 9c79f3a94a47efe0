// Accessibility: axe finds nothing, Tab reaches everything, nothing hangs out of the page.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';

/** axe itself. Its builder reads it into the page anew for every run, and has what passes told too: half of its time. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What another theme can break. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

async function expectNoViolation(page: Page, options: RunOptions, only?: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(
    async ({ options, only }) => {
      const { axe } = window as unknown as { axe: { run: (where: unknown, how: RunOptions) => Promise<AxeResults> } };
      const { violations, passes } = await axe.run(only ?? document, { ...options, resultTypes: ['violations'] });
      if (violations.length + passes.length === 0) return ['axe has looked at nothing'];
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map((node) => `${id}: ${help}\n  ${node.target.join(' ')}\n  ${node.html}\n  ${node.failureSummary ?? ''}`),
      );
    },
    { options, only },
  );
  expect(found, page.url()).toEqual([]);
}

/** Every rule that axe has, on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  await expectNoViolation(page, {});
}

/** In the dark as well. The elements are those of the light page, so only their colours are looked at. */
export async function expectAccessibleInTheDark(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'dark' });
  await markColours(page);
  await expectNoViolation(page, { runOnly: COLOURS }, '[data-e2e-colours]');
  await page.emulateMedia({ colorScheme: 'light' });
}

/** At another width: elements move, hide and show, but keep their colours. */
export async function expectAccessibleAtThisWidth(page: Page): Promise<void> {
  await expectNoViolation(page, { rules: Object.fromEntries(COLOURS.map((rule) => [rule, { enabled: false }])) });
}

/**
 * Marks one element of each kind that has text of its own: the fiftieth row of a table is coloured like the first.
 * Alike are elements whose text and everything behind it are coloured alike, at the same size and weight.
 */
async function markColours(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = new Set<string>();
    for (const element of document.querySelectorAll('body *')) {
      element.removeAttribute('data-e2e-colours');
      const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
      if (!(text || element.matches('input, select, textarea')) || !element.checkVisibility()) continue;
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const kind = [element.localName, color, fontSize, fontWeight];
      for (let behind: Element | null = element; behind !== null; behind = behind.parentElement) {
        const { backgroundColor, backgroundImage, opacity } = getComputedStyle(behind);
        kind.push(backgroundColor, backgroundImage, opacity);
      }
      const key = kind.join('|');
      if (!seen.has(key)) element.setAttribute('data-e2e-colours', '');
      seen.add(key);
    }
  });
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
    // The last one: whatever comes now is the browser's own, or the first again.
    if (reached.length === all.length) break;
  }
  expect(reached).toEqual(all);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}
