// Draws every page of pages.mjs, wide and narrow, light and dark, in a house that is empty, small and full, into
// gallery/<state>/<page>.<width>.<theme>.png. Ends with 1 when a browser complained about anything.

import { chromium } from '@playwright/test';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LOOKS, PASSKEY_POSES, POSES, placesOf } from './pages.mjs';
import { hangUp } from './support/ask.mjs';
import { demo, full } from './support/filling.mjs';
import { CHROMIUM, House, ROOT, state } from './support/house.mjs';
import { Silence, hydrated } from './support/silence.mjs';

/**
 * @typedef {import('@playwright/test').Browser} Browser
 * @typedef {import('@playwright/test').Page} Page
 * @typedef {Record<string, string>} Places
 * @typedef {import('./pages.mjs').Look} Look
 *
 * @typedef {object} Picture
 * @property {string} name
 * @property {string} at
 * @property {number} width
 * @property {boolean} app whether the page is taken over by script
 * @property {number} status
 * @property {((page: Page) => Promise<void>) | undefined} strike
 */

const WIDTHS = [1440, 390];
const THEMES = /** @type {const} */ (['light', 'dark']);
const AT_ONCE = 2;
const TALLEST = 2_600;
const GALLERY = path.join(ROOT, 'gallery');

/** @type {Record<string, (house: House) => Promise<Places>>} */
const STATES = { empty: async () => ({}), small: demo, full };

const began = Date.now();
/** @type {string[]} */
const complaints = [];
let drawn = 0;

/**
 * Draws pictures a few at a time. Browsers are kept between pictures: each compiles the page's wasm once.
 *
 * @param {Browser} browser
 * @param {House} house
 * @param {string} folder
 * @param {Picture[]} pictures
 */
async function draw(browser, house, folder, pictures) {
  for (const width of WIDTHS) {
    for (const app of [true, false]) {
      const next = pictures.filter((picture) => picture.width === width && picture.app === app).values();
      const artist = async () => {
        const silence = new Silence();
        const context = await browser.newContext({
          baseURL: house.publicUrl,
          storageState: state(app ? house.session : undefined, new URL(house.publicUrl).hostname),
          locale: 'en-GB',
          reducedMotion: 'reduce',
          hasTouch: width <= 640,
        });
        await silence.watch(context);
        for (const picture of next) {
          const page = await context.newPage();
          await one(page, folder, picture).catch((error) => complain(folder, picture, String(error)));
          await page.close();
          for (const breach of silence.breaches()) complain(folder, picture, breach);
          silence.forget();
        }
        await context.close();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, artist));
    }
  }
}

/**
 * @param {string} folder
 * @param {Picture} picture
 * @param {string} what
 */
function complain(folder, picture, what) {
  complaints.push(`${folder}/${picture.name} at ${picture.width}: ${what}`);
}

/**
 * @param {Page} page
 * @param {string} folder
 * @param {Picture} picture
 */
async function one(page, folder, picture) {
  const size = { width: picture.width, height: picture.width > 640 ? 900 : 844 };
  await page.setViewportSize(size);
  const answer = await page.goto(picture.at);
  if (answer?.status() !== picture.status) {
    complain(folder, picture, `answered ${answer?.status()} instead of ${picture.status}`);
  }
  if (picture.app) await hydrated(page);
  await picture.strike?.(page);
  // What was opened may have been scrolled to.
  await page.evaluate(() => scrollTo(0, 0));
  // A window as tall as the page, within reason: what sticks stands where it does when one scrolls.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const window = { ...size, height: Math.min(Math.max(height, size.height), TALLEST) };
  await page.setViewportSize(window);
  await page.evaluate(() => document.fonts.ready);
  const camera = await page.context().newCDPSession(page);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    // Playwright's own way takes five times as long.
    const clip = { x: 0, y: 0, ...window, scale: picture.width > 640 ? 1 : 2 };
    const { data } = await camera.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true, clip });
    const file = path.join(GALLERY, folder, `${picture.name}.${picture.width}.${theme}.png`);
    await writeFile(file, Buffer.from(data, 'base64'));
    drawn += 1;
  }
}

/**
 * What is the same in every house (plain pages, pages of nothing) is drawn in the empty one, poses in the full one.
 *
 * @param {string} folder
 * @param {Places} places
 * @returns {Picture[]}
 */
function picturesOf(folder, places) {
  const bare = (/** @type {Look} */ look) => look.anonymous === true || look.status !== undefined;
  const looks = LOOKS.filter((look) => !bare(look) || folder === 'empty').map((look) => ({
    look,
    name: look.name,
    strike: /** @type {Picture['strike']} */ (undefined),
    only: /** @type {'wide' | 'narrow' | undefined} */ (undefined),
  }));
  const poses = POSES.flatMap(({ name, of, strike, only }) => {
    const look = LOOKS.find((one) => one.name === of);
    const here = look !== undefined && folder === (bare(look) ? 'empty' : 'full');
    return here ? [{ look, name, strike, only }] : [];
  });
  return WIDTHS.flatMap((width) =>
    [...looks, ...poses].flatMap(({ look, name, strike, only }) => {
      const at = look.at(places);
      if (at === undefined || (only !== undefined && (only === 'wide') !== width > 640)) return [];
      return [{ name, at, width, app: look.anonymous !== true, status: look.status ?? 200, strike }];
    }),
  );
}

/**
 * What is seen once, before there is an account.
 *
 * @param {House} house
 * @returns {Promise<Picture[]>}
 */
async function firstPictures(house) {
  const link = await house.printedLink();
  const plain = { app: false, status: 200 };
  const refused = async (/** @type {Page} */ page) => {
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Login').fill('ada@example.org');
    await page.getByLabel('Password', { exact: true }).fill('password1234');
    await page.getByLabel('Password again').fill('password12345');
    await page.getByRole('button', { name: 'Create owner' }).click();
    await page.getByRole('alert').waitFor();
  };
  return WIDTHS.flatMap((width) => [
    { name: 'setup', at: link, width, strike: undefined, ...plain },
    { name: 'setup-pasted', at: '/setup', width, strike: undefined, ...plain },
    { name: 'setup-refused', at: link, width, strike: refused, ...plain },
    { name: 'sign-in-before-setup', at: '/sign-in', width, strike: undefined, ...plain },
  ]);
}

/**
 * Passkeys are bound to a name, so these are drawn in a house that has one.
 *
 * @param {Browser} browser
 * @param {string} folder
 */
async function drawPasskeys(browser, folder) {
  const house = await House.open({ name: 'localhost' });
  try {
    await house.settle();
    const pictures = WIDTHS.flatMap((width) =>
      PASSKEY_POSES.map(({ name, at, app, strike }) => ({ name, at, width, app, status: 200, strike })),
    );
    await draw(browser, house, folder, pictures);
    complaints.push(...house.faults().map((line) => `${folder}, passkeys: the server logged ${line}`));
  } finally {
    await house.close();
  }
}

await rm(GALLERY, { recursive: true, force: true });
const browser = await chromium.launch(CHROMIUM);
try {
  for (const [folder, fill] of Object.entries(STATES)) {
    await mkdir(path.join(GALLERY, folder), { recursive: true });
    const house = await House.open();
    try {
      if (folder === 'empty') await draw(browser, house, folder, await firstPictures(house));
      await house.settle();
      const places = await fill(house);
      Object.assign(places, await placesOf(house));
      const before = drawn;
      await draw(browser, house, folder, picturesOf(folder, places));
      if (folder === 'empty') await drawPasskeys(browser, folder);
      complaints.push(...house.faults().map((line) => `${folder}: the server logged ${line}`));
      console.log(`${folder}: ${drawn - before} pictures`);
    } finally {
      await house.close();
    }
  }
} finally {
  await browser.close();
  hangUp();
}

console.log(`${drawn} pictures in ${GALLERY}, ${Math.round((Date.now() - began) / 1000)} s`);
if (complaints.length > 0) {
  console.error(`${complaints.length} complaints:`);
  for (const complaint of complaints) console.error(`  ${complaint}`);
  process.exitCode = 1;
}
