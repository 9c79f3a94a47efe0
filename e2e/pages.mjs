// Every page, and at which addresses it is looked at. The routes' spec opens all of them, the gallery draws them.

/**
 * @typedef {object} Look
 * @property {string} name what its pictures are called
 * @property {string} route the page's path as app/src/routes.rs has it; a plain page's address
 * @property {(places: Record<string, string>) => string | undefined} at the address; none where the house lacks
 *   what the page would show
 * @property {number} [status] 200 unless said
 * @property {boolean} [anonymous] stands outside the session
 */

/** An id of the right form that nothing has. */
const NOTHING = '01900000-0000-7000-8000-000000000000';

/** @param {string} path @param {string} place @returns {Look['at']} */
const below = (path, place) => (places) => (places[place] === undefined ? undefined : `${path}/${places[place]}`);

/** @type {Look[]} */
export const LOOKS = [
  { name: 'sign-in', route: '/sign-in', at: () => '/sign-in', anonymous: true },
  { name: 'recover', route: '/recover', at: () => '/recover', anonymous: true },
  { name: 'setup-closed', route: '/setup', at: () => '/setup', anonymous: true, status: 410 },

  { name: 'decisions', route: '/decisions', at: () => '/decisions' },
  {
    name: 'decisions-filtered',
    route: '/decisions',
    at: () => '/decisions?tenant=acme&subject=carol&server=crm&outcome=waiting&reason=approval_required&time=day',
  },
  { name: 'decisions-nothing-fits', route: '/decisions', at: () => '/decisions?subject=nobody' },
  { name: 'decision-denied', route: '/decisions/{id}', at: below('/decisions', 'parameters_out_of_scope') },
  { name: 'decision-denied-by-rule', route: '/decisions/{id}', at: below('/decisions', 'denied_by_rule') },
  { name: 'decision-allowed', route: '/decisions/{id}', at: below('/decisions', 'allowed') },
  { name: 'decision-waiting', route: '/decisions/{id}', at: below('/decisions', 'approval_required') },
  { name: 'decision-no-token', route: '/decisions/{id}', at: below('/decisions', 'token_missing') },
  { name: 'decision-hostile', route: '/decisions/{id}', at: below('/decisions', 'everything') },
  { name: 'decision-hostile-unknown', route: '/decisions/{id}', at: below('/decisions', 'unknown') },
  { name: 'decision-hostile-odd', route: '/decisions/{id}', at: below('/decisions', 'odd') },
  { name: 'decision-none', route: '/decisions/{id}', at: () => `/decisions/${NOTHING}`, status: 404 },

  { name: 'changes', route: '/changes', at: () => '/changes' },
  { name: 'changes-filtered', route: '/changes', at: () => '/changes?kind=rule&tenant=acme' },
  { name: 'change-created', route: '/changes/{id}', at: below('/changes', 'created') },
  { name: 'change-changed', route: '/changes/{id}', at: below('/changes', 'changed') },
  { name: 'change-hostile', route: '/changes/{id}', at: below('/changes', 'hostileTool') },
  { name: 'change-none', route: '/changes/{id}', at: () => `/changes/${NOTHING}`, status: 404 },

  { name: 'account', route: '/account', at: () => '/account' },
  { name: 'not-found', route: '/nowhere', at: () => '/nowhere', status: 404 },
];

/**
 * A page in another pose: something is open, or was refused.
 *
 * @typedef {object} Pose
 * @property {string} name
 * @property {string} of the name of the look
 * @property {(page: import('@playwright/test').Page) => Promise<void>} strike
 * @property {'wide' | 'narrow'} [only]
 */

/** @param {import('@playwright/test').Page} page */
async function openAll(page) {
  for (const toggle of await page.locator('main details.disclosure > summary').all()) {
    if (await toggle.isVisible()) await toggle.click();
  }
}

/** @type {Pose[]} */
export const POSES = [
  {
    name: 'sign-in-refused',
    of: 'sign-in',
    strike: async (page) => {
      await page.getByLabel('Login').fill('nobody@example.org');
      await page.getByLabel('Password').fill('not a password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'decisions-more-filters',
    of: 'decisions',
    strike: (page) => page.locator('.filters summary', { hasText: 'More filters' }).click(),
  },
  { name: 'decisions-keys', of: 'decisions', strike: (page) => page.keyboard.press('?'), only: 'wide' },
  { name: 'decisions-tenants', of: 'decisions', strike: (page) => page.locator('.tenant-switch summary').click(), only: 'wide' },
  { name: 'decisions-drawer', of: 'decisions', strike: (page) => page.getByRole('button', { name: 'Menu' }).click(), only: 'narrow' },
  {
    name: 'decision-similar',
    of: 'decision-denied',
    strike: (page) => page.locator('summary', { hasText: 'Similar' }).click(),
  },
  { name: 'decision-hostile-open', of: 'decision-hostile', strike: openAll },
  { name: 'change-changed-open', of: 'change-changed', strike: openAll },
];

/**
 * The ids of changes worth a look, by what the list says of them.
 *
 * @param {import('./support/house.mjs').House} house
 * @returns {Promise<Record<string, string>>}
 */
export async function changesOf(house) {
  /** @type {Record<string, string>} */
  const places = {};
  for (const { place, query, verb } of [
    { place: 'created', query: 'kind=rule', verb: 'Created' },
    { place: 'changed', query: 'kind=membership&object=alice', verb: 'Changed' },
    { place: 'hostileTool', query: 'kind=tool', verb: 'Created' },
  ]) {
    const { text } = await house.asOwner(`/changes?${query}`);
    const row = new RegExp(`href="/changes/([0-9a-f-]{36})"[^>]*>(?:\\s|<[^>]*>)*${verb}`).exec(text);
    if (row?.[1] !== undefined) places[place] = row[1];
  }
  return places;
}
