// That text of others stays text, wherever a page shows it.

import { expect, type Page } from '@playwright/test';

/** No hostile text became anything but text. */
export async function expectInert(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    owned: window.__owned,
    foreign: document.querySelectorAll('main :is(script, img, iframe, object, embed, svg[onload], [onerror], [onload])')
      .length,
    links: [...document.querySelectorAll('a[href], form[action]')]
      .map((element) => element.getAttribute('href') ?? element.getAttribute('action') ?? '')
      .filter((address) => /^(?!\/(?!\/)|#|\?|$)/.test(address)),
  }));
  expect(found).toEqual({ owned: undefined, foreign: 0, links: [] });
}

/** Characters that would hide or turn text are drawn as chips, never as themselves. */
export async function expectNothingHidden(page: Page): Promise<void> {
  const text = await page.evaluate(() => document.title + document.body.innerText);
  // Controls but for tab and line breaks, and whatever is not seen or turns what is.
  const unseen = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/u;
  const hidden = [...text].filter((character) => unseen.test(character));
  expect(hidden.map((character) => character.codePointAt(0)?.toString(16))).toEqual([]);
}
