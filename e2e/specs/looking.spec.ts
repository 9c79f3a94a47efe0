// What the routes' spec looks with finds what is wrong: it looks at less than everything, each in its own way.

import {
  expectAccessible,
  expectAccessibleAtThisWidth,
  expectAccessibleInTheDark,
  expectKeyboardReachesAll,
} from '../support/axe';
import { expect, hydrated, test, type Page } from '../support/fixtures';

/** The list anew, with a style that the page's policy would not let in by itself. */
async function open(page: Page, css = ''): Promise<void> {
  await page.goto('/decisions');
  await hydrated(page);
  await page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
  }, css);
}

test('what is wrong is found', async ({ visit }) => {
  const dim = 'tbody tr:nth-child(9) td { color: #444 !important; background: #555 !important }';
  await open(visit, `@media (prefers-color-scheme: dark) { ${dim} }`);
  await expectAccessible(visit);
  await expect(expectAccessibleInTheDark(visit), 'a row that is dim in the dark').rejects.toThrow('color-contrast');

  await open(visit);
  await visit.locator('h1').evaluate((title) => title.after(document.createElement('button')));
  await expect(expectAccessibleAtThisWidth(visit), 'a button without a name').rejects.toThrow('button-name');

  await open(visit);
  await visit.locator('main a').nth(3).evaluate((link) => link.setAttribute('tabindex', '5'));
  await expect(expectKeyboardReachesAll(visit), 'a link out of turn').rejects.toThrow('Tab goes on in order');

  await open(visit, '*, ::after { outline: none !important }');
  await expect(expectKeyboardReachesAll(visit), 'no ring').rejects.toThrow('one can see the focus');
});
