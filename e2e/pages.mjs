// Every page, and at which addresses it is looked at. The routes' spec opens all of them, the gallery draws them.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OWNER, ROOT } from './support/house.mjs';
import { hydrated } from './support/silence.mjs';

/**
 * @typedef {object} Look
 * @property {string} name what its pictures are called
 * @property {string} route the page's path as app/src/routes.rs has it; a plain page's address
 * @property {(places: Record<string, string>) => string | undefined} at the address; none where the house lacks
 *   what the page would show
 * @property {number} [status] 200 unless said
 * @property {boolean} [anonymous] stands outside the session
 * @property {boolean} [owned] an owner sees it; others are told that there is no such thing, unless it is theirs
 */

/** An id of the right form that nothing has. */
const NOTHING = '01900000-0000-7000-8000-000000000000';

/**
 * @param {string} path
 * @param {string} place
 * @param {string} [tail]
 * @returns {Look['at']}
 */
const below = (path, place, tail = '') => (places) => {
  const id = places[place];
  return id === undefined ? undefined : `${path}/${id}${tail}`;
};

/** The paths of the pages that the app has. */
export const ROUTES = (() => {
  const source = readFileSync(path.join(ROOT, 'app/src/routes.rs'), 'utf8').split('#[cfg(test)]')[0] ?? '';
  return [...source.matchAll(/\bpath: "([^"]+)"/g)].map(([, found]) => found ?? '');
})();

/** @type {Look[]} */
const ALL = [
  { name: 'sign-in', route: '/sign-in', at: () => '/sign-in', anonymous: true },
  { name: 'recover', route: '/recover', at: () => '/recover', anonymous: true },
  { name: 'setup-closed', route: '/setup', at: () => '/setup', anonymous: true, status: 410 },

  { name: 'overview', route: '/', at: () => '/' },
  { name: 'overview-tenant', route: '/', at: () => '/?tenant=acme' },

  { name: 'approvals', route: '/approvals', at: () => '/approvals' },
  { name: 'approvals-history', route: '/approvals', at: () => '/approvals?view=history' },
  {
    name: 'approvals-nothing-fits',
    route: '/approvals',
    at: () => '/approvals?view=history&tenant=acme&subject=nobody&state=denied',
  },
  { name: 'approval', route: '/approvals/{id}', at: below('/approvals', 'approval'), owned: true },
  { name: 'approval-hostile', route: '/approvals/{id}', at: below('/approvals', 'hostileApproval'), owned: true },
  {
    name: 'approval-changed',
    route: '/approvals/{id}',
    at: below('/approvals', 'approval', `?changed=v2.${'a'.repeat(64)}.${'b'.repeat(64)}.999`),
    owned: true,
  },
  { name: 'approval-none', route: '/approvals/{id}', at: () => `/approvals/${NOTHING}`, status: 404 },
  { name: 'request', route: '/requests/{id}', at: below('/requests', 'approval'), owned: true },
  { name: 'request-hostile', route: '/requests/{id}', at: below('/requests', 'hostileApproval'), owned: true },
  { name: 'request-none', route: '/requests/{id}', at: () => `/requests/${NOTHING}`, status: 404 },

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

  { name: 'evidence', route: '/evidence', at: () => '/evidence' },
  { name: 'evidence-nothing-older', route: '/evidence', at: () => '/evidence?older_than=0' },

  { name: 'emergency', route: '/emergency', at: () => '/emergency' },
  { name: 'emergency-stop', route: '/emergency', at: () => '/emergency?ask=stop' },
  { name: 'emergency-everything', route: '/emergency', at: () => '/emergency?ask=throw&of=everything' },
  { name: 'emergency-break-glass', route: '/emergency', at: () => '/emergency?ask=break-glass' },

  { name: 'rules', route: '/rules', at: () => '/rules' },
  { name: 'rule-new', route: '/rules/new', at: () => '/rules/new' },
  { name: 'rule-rates', route: '/rules/rates', at: () => '/rules/rates' },
  { name: 'rule-rates-none', route: '/rules/rates', at: () => '/rules/rates?tenant=nothing' },
  { name: 'rule', route: '/rules/{id}', at: below('/rules', 'rule') },
  { name: 'rule-hostile', route: '/rules/{id}', at: below('/rules', 'hostileRule') },
  { name: 'rule-none', route: '/rules/{id}', at: () => `/rules/${NOTHING}`, status: 404 },
  { name: 'rule-history', route: '/rules/{id}/history', at: below('/rules', 'rule', '/history') },
  { name: 'try', route: '/try', at: () => '/try' },
  { name: 'try-other', route: '/try', at: () => '/try?form=action' },
  {
    name: 'try-other-wrong',
    route: '/try',
    at: () => '/try?subject=alice&tenant=acme&action=read&type=record&id=r-1&properties=%5B1%5D',
  },
  {
    name: 'try-other-decided',
    route: '/try',
    at: () => '/try?subject=alice&tenant=acme&action=read&type=record&id=r-1',
  },

  { name: 'servers', route: '/servers', at: () => '/servers' },
  { name: 'server-new', route: '/servers/new', at: () => '/servers/new' },
  { name: 'server', route: '/servers/{slug}', at: below('/servers', 'server') },
  { name: 'server-hostile', route: '/servers/{slug}', at: below('/servers', 'hostileServer') },
  { name: 'server-connect', route: '/servers/{slug}/connect', at: below('/servers', 'server', '/connect') },
  { name: 'server-activity', route: '/servers/{slug}/activity', at: below('/servers', 'server', '/activity') },
  { name: 'server-settings', route: '/servers/{slug}/settings', at: below('/servers', 'server', '/settings') },
  { name: 'server-none', route: '/servers/{slug}', at: () => '/servers/nothing', status: 404 },
  { name: 'tool', route: '/tools/{id}', at: below('/tools', 'tool') },
  { name: 'tool-hostile', route: '/tools/{id}', at: below('/tools', 'hostileToolPage') },
  { name: 'tool-review', route: '/tools/{id}/review', at: below('/tools', 'tool', '/review') },
  { name: 'tool-none', route: '/tools/{id}', at: () => `/tools/${NOTHING}`, status: 404 },

  { name: 'access', route: '/access', at: () => '/access' },
  { name: 'access-tool', route: '/access', at: () => '/access?tenant=acme&tool=crm%2Frefund' },
  { name: 'access-subject', route: '/access', at: () => '/access?tenant=acme&subject=alice' },
  { name: 'access-pair', route: '/access', at: () => '/access?tenant=acme&subject=alice&agent=refund-bot' },
  { name: 'access-agent-alone', route: '/access', at: () => '/access?tenant=acme&agent=refund-bot' },
  { name: 'access-nothing', route: '/access', at: () => '/access?tenant=acme&tool=crm%2Fnothing' },

  { name: 'resources', route: '/resources', at: () => '/resources' },
  { name: 'resources-nothing-fits', route: '/resources', at: () => '/resources?type=nothing&q=x' },
  { name: 'resource', route: '/resources/{id}', at: below('/resources', 'resource') },
  { name: 'resource-hostile', route: '/resources/{id}', at: below('/resources', 'hostileResource') },
  { name: 'resource-none', route: '/resources/{id}', at: () => '/resources/00', status: 404 },
  { name: 'import-none', route: '/resources/imports/{id}', at: () => '/resources/imports/nothing', status: 404 },

  { name: 'subjects', route: '/subjects', at: () => '/subjects' },
  { name: 'subject', route: '/subjects/{id}', at: below('/subjects', 'subject') },
  { name: 'subject-agent', route: '/subjects/{id}', at: below('/subjects', 'agent') },
  { name: 'subject-agent-for', route: '/subjects/{id}', at: below('/subjects', 'agent', '?for=alice') },
  { name: 'subject-hostile', route: '/subjects/{id}', at: below('/subjects', 'hostileSubject') },
  { name: 'subject-none', route: '/subjects/{id}', at: () => '/subjects/nobody', status: 404 },
  { name: 'roles', route: '/roles', at: () => '/roles' },
  { name: 'role', route: '/roles/{id}', at: below('/roles', 'role') },
  { name: 'role-hostile', route: '/roles/{id}', at: below('/roles', 'hostileRole') },
  { name: 'role-none', route: '/roles/{id}', at: () => `/roles/${NOTHING}`, status: 404 },
  { name: 'tasks', route: '/tasks', at: () => '/tasks' },
  { name: 'tasks-nothing-fits', route: '/tasks', at: () => '/tasks?state=revoked&subject=nobody' },
  { name: 'task-hostile', route: '/tasks/{id}', at: below('/tasks', 'task') },
  { name: 'task-none', route: '/tasks/{id}', at: () => `/tasks/${NOTHING}`, status: 404 },
  { name: 'issuers', route: '/issuers', at: () => '/issuers' },
  { name: 'issuers-nothing-fits', route: '/issuers', at: () => '/issuers?q=nothing-is-called-so' },
  { name: 'issuer', route: '/issuers/{id}', at: below('/issuers', 'issuer') },
  { name: 'issuer-hostile', route: '/issuers/{id}', at: below('/issuers', 'hostileIssuer') },
  { name: 'issuer-none', route: '/issuers/{id}', at: () => '/issuers/00', status: 404 },
  { name: 'unmapped', route: '/unmapped', at: () => '/unmapped' },
  { name: 'unmapped-blocked', route: '/unmapped', at: () => '/unmapped?state=blocked' },
  { name: 'tenants', route: '/settings/tenants', at: () => '/settings/tenants' },
  { name: 'keys', route: '/settings/keys', at: () => '/settings/keys' },
  { name: 'tokens', route: '/settings/tokens', at: () => '/settings/tokens' },
  { name: 'accounts', route: '/settings/accounts', at: () => '/settings/accounts' },
  { name: 'accounts-invite', route: '/settings/accounts', at: () => '/settings/accounts?ask=new' },
  { name: 'accounts-nothing-fits', route: '/settings/accounts', at: () => '/settings/accounts?q=nobody-is-called-so' },
  { name: 'sign-in-providers', route: '/settings/sign-in', at: () => '/settings/sign-in' },
  { name: 'sign-in-provider-new', route: '/settings/sign-in', at: () => '/settings/sign-in?ask=new' },
  { name: 'notifications', route: '/settings/notifications', at: () => '/settings/notifications' },
  { name: 'notifications-new', route: '/settings/notifications', at: () => '/settings/notifications?ask=new' },
  { name: 'notifications-mail', route: '/settings/notifications', at: () => '/settings/notifications?ask=mail' },

  { name: 'search', route: '/search', at: () => '/search?q=refund' },
  { name: 'search-hostile', route: '/search', at: () => '/search?q=mirror' },
  { name: 'search-nothing', route: '/search', at: () => '/search?q=nothing-is-called-so&tenant=acme' },
  { name: 'search-empty', route: '/search', at: () => '/search' },

  { name: 'account', route: '/account', at: () => '/account' },
  { name: 'account-nothing-to-demand', route: '/account', at: () => '/account?ask=edit' },
  { name: 'not-found', route: '/nowhere', at: () => '/nowhere', status: 404 },
];

/** Those of pages that there are. */
export const LOOKS = ALL.filter(({ route, anonymous }) => {
  return anonymous === true || route === '/nowhere' || ROUTES.includes(route);
});

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

/**
 * A form behind a link, which is a page of its own.
 *
 * @param {import('@playwright/test').Page} page
 * @param {string} link
 * @param {string} heading
 */
async function openForm(page, link, heading) {
  await page.getByRole('link', { name: link, exact: true }).click();
  await page.getByRole('heading', { name: heading, exact: true }).waitFor();
  await hydrated(page);
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
    name: 'decisions-jump',
    of: 'decisions',
    strike: async (page) => {
      await page.keyboard.press('/');
      await page.getByRole('combobox', { name: 'Jump to' }).fill('refund');
      await page.getByRole('option', { name: 'All results' }).waitFor();
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'decision-similar',
    of: 'decision-denied',
    strike: (page) => page.locator('summary', { hasText: 'Similar' }).click(),
  },
  { name: 'decision-hostile-open', of: 'decision-hostile', strike: openAll },
  { name: 'approval-hostile-open', of: 'approval-hostile', strike: openAll },
  { name: 'change-changed-open', of: 'change-changed', strike: openAll },
  {
    name: 'rule-new-terms',
    of: 'rule-new',
    strike: async (page) => {
      await page.getByRole('radio', { name: 'Always ask' }).check();
      await page.locator('summary', { hasText: 'More about approval' }).click();
    },
  },
  { name: 'issuer-new', of: 'issuers', strike: (page) => openForm(page, 'Add issuer', 'New issuer') },
  { name: 'issuer-edit', of: 'issuer-hostile', strike: (page) => openForm(page, 'Edit', 'Edit issuer') },
  { name: 'issuer-revoke', of: 'issuer', strike: (page) => openForm(page, 'Revoke a token', 'Revoke a token') },
  {
    name: 'subject-sign-out',
    of: 'subject',
    strike: (page) => openForm(page, 'Sign out everywhere', 'Sign alice out everywhere?'),
  },
];

/**
 * A device that keeps passkeys for this page, which knows its user or does not, and which answers or lets one wait.
 *
 * @param {import('@playwright/test').Page} page
 * @param {{ isUserVerified: boolean, automaticPresenceSimulation: boolean }} user
 */
async function device(page, user) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const kept = { protocol: /** @type {const} */ ('ctap2'), transport: /** @type {const} */ ('internal') };
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...kept, hasResidentKey: true, hasUserVerification: true, ...user },
  });
}

/** @param {import('@playwright/test').Page} page */
async function addPasskey(page) {
  await page.getByLabel('Name of a new passkey').fill('blue');
  await page.getByLabel('Your password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
}

/**
 * Poses in a house that has a name, where there are passkeys. A page that waits for a passkey goes on by itself as soon
 * as one answers, so in its pictures none does.
 *
 * @type {{ name: string, at: string, app: boolean, strike: Pose['strike'] }[]}
 */
export const PASSKEY_POSES = [
  {
    name: 'passkey-sign-in',
    at: '/sign-in',
    app: false,
    strike: async (page) => {
      await device(page, { isUserVerified: true, automaticPresenceSimulation: false });
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.getByText('Waiting for your passkey').waitFor();
    },
  },
  {
    name: 'passkey-sign-in-refused',
    at: '/sign-in',
    app: false,
    strike: async (page) => {
      await device(page, { isUserVerified: false, automaticPresenceSimulation: true });
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.getByText('No passkey answered').waitFor();
    },
  },
  {
    name: 'passkey-add',
    at: '/account',
    app: true,
    strike: async (page) => {
      await device(page, { isUserVerified: true, automaticPresenceSimulation: false });
      await addPasskey(page);
      await page.getByText('Waiting for your passkey').waitFor();
    },
  },
  {
    name: 'account-passkeys',
    at: '/account',
    app: true,
    strike: async (page) => {
      await device(page, { isUserVerified: true, automaticPresenceSimulation: true });
      await addPasskey(page);
      await page.locator('.notice-success').waitFor();
      await hydrated(page);
    },
  },
];

/**
 * What pages of single things are opened with: the ids that lists link to, by what stands in the link.
 *
 * @param {import('./support/house.mjs').House} house
 * @returns {Promise<Record<string, string>>}
 */
export async function placesOf(house) {
  /** @type {Record<string, string>} */
  const places = {};
  for (const { place, list, path: below = list.split('?')[0], says } of [
    { place: 'created', list: '/changes?kind=rule', says: 'Created' },
    { place: 'changed', list: '/changes?kind=membership&object=alice', says: 'Changed' },
    { place: 'hostileTool', list: '/changes?kind=tool', says: 'Created' },
    { place: 'approval', list: '/approvals?view=history&tenant=acme', says: 'crm' },
    { place: 'hostileApproval', list: '/approvals?view=history&tenant=mirror', says: '' },
    { place: 'rule', list: '/rules', says: 'refunds by finance' },
    { place: 'hostileRule', list: '/rules?tenant=mirror', says: 'short' },
    { place: 'server', list: '/servers', says: 'crm' },
    { place: 'hostileServer', list: '/servers', says: 'mirror' },
    { place: 'tool', list: '/servers/crm', path: '/tools', says: 'refund' },
    { place: 'hostileToolPage', list: '/servers/mirror', path: '/tools', says: '' },
    { place: 'resource', list: '/resources?tenant=acme', says: '' },
    { place: 'hostileResource', list: '/resources?tenant=mirror', says: '' },
    { place: 'subject', list: '/subjects', says: 'alice' },
    { place: 'agent', list: '/subjects', says: 'refund-bot' },
    { place: 'hostileSubject', list: '/subjects?tenant=mirror', says: 'Mallory' },
    { place: 'role', list: '/roles', says: 'support-agent' },
    { place: 'issuer', list: '/issuers', says: 'Acme sign-in' },
    { place: 'hostileIssuer', list: '/issuers', says: 'Mirror' },
    { place: 'hostileRole', list: '/roles?tenant=mirror', says: 'caller' },
  ]) {
    const { status, text } = await house.asOwner(list);
    const found = new RegExp(`href="${below}/([^"/?]+)"[^>]*>(?:\\s|<[^>]*>)*${says}`).exec(text);
    if (status === 200 && found?.[1] !== undefined && found[1] !== 'new') places[place] = found[1];
  }
  return places;
}
