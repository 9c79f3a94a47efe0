// Accounts of every role: which pages they see, what stands in their navigation, and what they may not do.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { LOOKS } from '../pages.mjs';
import { accountOf, ROLES } from '../support/accounts.mjs';
import { ask, post } from '../support/ask.mjs';
import { expect, hydrated, SESSION_COOKIE, test as base, type House } from '../support/fixtures';
import { ROOT } from '../support/house.mjs';
import { FORMS, HOLDERS, may, PAGES, source, type Role } from '../support/permissions';
import { call, FUNCTIONS } from '../support/server-functions';

type Accounts = Record<Role, Awaited<ReturnType<typeof accountOf>>>;

/** The house has one more account of each role. */
const test = base.extend<{ sessions: Record<Role, string> }, { accounts: Accounts }>({
  accounts: [
    async ({ shared }, use) => {
      const accounts: Partial<Accounts> = {};
      for (const role of ROLES) accounts[role] = await accountOf(shared.house, role);
      await use(accounts as Accounts);
    },
    { scope: 'worker' },
  ],
  sessions: async ({ accounts }, use) => {
    const { owner, policy_author, approver, auditor } = accounts;
    await use({
      owner: owner.session,
      policy_author: policy_author.session,
      approver: approver.session,
      auditor: auditor.session,
    });
  },
});

test.use({ filling: 'hostile' });

/** What stands in the navigation, in its own words: the one list that is not read from the source. */
const COMMON = [
  'Decisions',
  'Rules',
  'Try a call',
  'Access',
  'Servers',
  'Resources',
  'Subjects',
  'Roles',
  'Tasks',
];
const NAVIGATION: Record<Role, (string | RegExp)[]> = {
  // With the number of those that wait.
  owner: ['Overview', /^Approvals/, ...COMMON, 'Issuers', 'Changes', 'Evidence', 'Emergency', 'Settings'],
  policy_author: ['Overview', ...COMMON, 'Changes'],
  approver: ['Approvals'],
  auditor: ['Overview', ...COMMON, 'Issuers', 'Changes', 'Evidence', 'Settings'],
};

const LANDING: Record<Role, string> = { owner: '/', policy_author: '/', approver: '/approvals', auditor: '/decisions' };

function get(house: House, address: string, session: string) {
  return ask(house.address, address, { headers: { Cookie: `${SESSION_COOKIE}=${session}`, Accept: 'text/html' } });
}

/** By which open pages hear of requests for approval. */
const STREAM = '/approvals/live';

/** Of the Access explorer, as a file: who may call a tool. Alice may, and no word of the address says so. */
const LIST_OF_CALLERS = '/access/export.csv?tenant=acme&tool=crm%2Fget_customer';

/** What belongs to the page itself, without the frame. */
function mainOf(html: string): string {
  return /<main[^]*<\/main>/.exec(html)?.[0] ?? '';
}

test('the source is understood', () => {
  expect(HOLDERS.get('WriteRules')).toEqual(['owner', 'policy_author']);
  expect(HOLDERS.get('OwnAccount')).toEqual([...ROLES]);
  expect(PAGES.get('/settings/keys')).toBe('ReadSettings');
  expect(PAGES.size).toBe(source('routes.rs').match(/: Page =\s*Page \{/g)?.length);
  expect(FUNCTIONS.length).toBeGreaterThan(60);
});

test('what pages read of which no door leads in demands a permission first', () => {
  const files = readdirSync(path.join(ROOT, 'app/src/pages'), { recursive: true, encoding: 'utf8' });
  const texts = files.filter((file) => file.endsWith('.rs')).map((file) => source(`pages/${file}`));
  const read = texts.flatMap((text) =>
    [...text.matchAll(/drawn::unread!\((\w+)\(/g)].map(([, name = '']) => {
      const body = String.raw`#\[cfg\(feature = "ssr"\)\]\s*pub async fn ${name}\([^)]*\)\s*->[^{]*\{\s*(?:let [^=]+ = )?`;
      expect(text, name).toMatch(new RegExp(body + String.raw`crate::session::require\w*\(crate::permission::Permission::\w+\)\?;`));
      return name;
    }),
  );
  expect(read.length).toBeGreaterThan(20);
});

for (const role of ROLES) {
  test(`${role}: every page answers as its permission says`, async ({ house, places, sessions }) => {
    for (const look of LOOKS.filter(({ anonymous }) => !anonymous)) {
      const at = look.at(places)!;
      const permission = PAGES.get(look.route);
      const seen = permission === undefined || may(role, permission);
      const { status, text, headers } = await get(house, at, sessions[role]);
      // Whoever has no overview is led from the front page to where they begin.
      if (!seen && look.route === '/') {
        expect([status, headers.location], at).toEqual([302, LANDING[role]]);
        continue;
      }
      const shown = look.owned && role !== 'owner' ? 404 : (look.status ?? 200);
      expect(status, at).toBe(seen ? shown : 403);
      if (!seen) {
        expect(mainOf(text), at).toContain('needs the role');
        expect(mainOf(text), at).not.toContain('crm');
      }
    }
  });

  test(`${role}: every server function demands its permission`, async ({ house, sessions }) => {
    for (const one of FUNCTIONS) {
      const allowed = may(role, one.permission);
      // What this role may change is tried by the specs of the pages.
      if (allowed && one.method === 'POST') continue;
      const { status, text } = await call(house, one, sessions[role]);
      if (allowed) {
        expect([400, 401, 403], `${one.path}: ${text}`).not.toContain(status);
      } else {
        expect(status, `${one.path}: ${text}`).toBe(403);
        expect(text, one.path).toContain('forbidden');
      }
    }
    for (const [path, permission] of FORMS) {
      if (may(role, permission)) continue;
      const cookie = `${SESSION_COOKIE}=${sessions[role]}`;
      const answer = await post(house.address, path, { name: 'x', subject: 'alice' }, { cookie });
      expect(answer.status, path).toBe(403);
      expect(answer.text, path).not.toContain('id="secret"');
    }
    // To those who may listen it goes on for a minute.
    if (!may(role, 'Approve')) expect((await get(house, STREAM, sessions[role])).status, STREAM).toBe(403);
    const file = await get(house, LIST_OF_CALLERS, sessions[role]);
    const reads = may(role, 'ReadRules');
    expect(file.status, LIST_OF_CALLERS).toBe(reads ? 200 : 403);
    expect(file.text.includes('alice'), 'names stand in it, and in no refusal').toBe(reads);
  });

  test(`${role}: lands where it may be, and sees what it may see`, async ({ house, places, sessions, browse, silence }) => {
    const page = await browse(house, { session: sessions[role] });
    await page.goto(LANDING[role]);
    await hydrated(page);
    const entries = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
    await expect(entries).toHaveText(NAVIGATION[role]);
    await expect(page.locator('.rail-account')).toContainText(`Somebody, ${role}`);
    // Each page once, taken over by the browser without a word; owners look at all of them in the routes' spec.
    if (role === 'owner') return;
    const routes = new Set<string>();
    for (const look of LOOKS) {
      const permission = PAGES.get(look.route);
      if (look.anonymous || routes.has(look.route) || permission === undefined || !may(role, permission)) continue;
      routes.add(look.route);
      await page.goto(look.at(places)!);
      await hydrated(page);
      await expect(page.getByRole('heading', { level: 1 }), look.name).toHaveCount(1);
      expect(silence.breaches(), look.name).toEqual([]);
    }
    const shut = await page.goto('/rules/new');
    expect(shut?.status()).toBe(may(role, 'WriteRules') ? 200 : 403);
    await hydrated(page);
    if (may(role, 'WriteRules')) return;
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('New rule needs the role owner or policy author');
    await page.getByRole('link', { name: 'Go to the start page' }).click();
    await expect(page).toHaveURL(new RegExp(`${LANDING[role]}$`));
  });
}

test('signing in leads to a page that the role sees', async ({ house, accounts, sessions }) => {
  for (const role of ROLES) {
    const begins = accounts[role].landing ?? 'nowhere';
    const { status, headers } = await get(house, begins, sessions[role]);
    if (may(role, 'ReadDecisions')) {
      expect(status, `${role}: ${begins}`).toBe(200);
    } else {
      // The front page has nothing for them, and leads on.
      const leads = status === 302 ? headers.location : begins;
      expect(leads, role).toBe(LANDING[role]);
      expect((await get(house, LANDING[role], sessions[role])).status, role).toBe(200);
    }
  }
});

test('an auditor sees no action', async ({ house, places, sessions }) => {
  const looks = LOOKS.filter(({ anonymous, status, owned }) => !anonymous && !owned && status === undefined);
  const addresses = looks.map((look) => look.at(places)!);
  const forms = [
    '/subjects?ask=new',
    '/roles?ask=new',
    '/settings/tenants?ask=new',
    '/settings/tenants?ask=delete&of=acme',
    '/settings/keys?ask=new',
    '/settings/tokens?ask=new',
    '/settings/accounts?ask=new',
    '/settings/sign-in?ask=new',
    ...['new', 'mail', 'mail-off'].map((form) => `/settings/notifications?ask=${form}`),
    '/servers/crm/settings?ask=delete',
    ...['new', 'import'].map((form) => `/resources?ask=${form}`),
    ...['edit', 'delete'].map((form) => `/resources/${places.resource}?ask=${form}`),
    `/tasks/${places.task}?ask=revoke`,
    `/tasks/${places.task}?done=task-paused`,
    '/issuers?ask=new',
    ...['edit', 'delete', 'revoke'].map((form) => `/issuers/${places.issuer}?ask=${form}`),
    `/issuers/${places.issuer}?done=issuer-disabled`,
    ...['new', 'edit', 'join', 'delete', 'sign-out'].map((form) => `/subjects/alice?ask=${form}`),
    '/subjects/alice?ask=member&of=acme',
    '/subjects/alice?done=subject-disabled',
    '/servers/crm?done=server-disabled',
    ...['edit', 'delete'].map((form) => `/roles/${places.role}?ask=${form}`),
    `/rules/${places.rule}?ask=delete`,
  ];
  let owners = 0;
  for (const address of [...addresses, ...forms]) {
    // The own account, and walking the chains, change nothing of the policy.
    if (/^\/(account|evidence)/.test(address)) continue;
    const actions = /method="post"|[?&;]ask=|href="\/(rules|servers)\/new|\/review"/g;
    const { status, text } = await get(house, address, sessions.auditor);
    expect([200, 403], address).toContain(status);
    expect(mainOf(text).match(actions), address).toBeNull();
    owners += mainOf((await get(house, address, sessions.owner)).text).match(actions)?.length ?? 0;
  }
  expect(owners, 'there are actions to see').toBeGreaterThan(100);
});

test('a policy author writes policy, and no settings', async ({ house, sessions }) => {
  const page = async (address: string) => mainOf((await get(house, address, sessions.policy_author)).text);
  expect(await page('/rules')).toContain('href="/rules/new"');
  expect(await page('/servers')).toContain('href="/servers/new"');
  expect(await page('/subjects')).toContain('ask=new');
  expect(await page('/servers/crm/connect')).not.toContain('/settings/keys');
  const form = (path: string, fields: Record<string, string>) =>
    post(house.address, path, fields, { cookie: `${SESSION_COOKIE}=${sessions.policy_author}` });
  await form('/_fn/tenant-create', { slug: 'smuggled' });
  expect((await house.asOwner('/settings/tenants')).text).not.toContain('smuggled');
  await form('/_fn/role-create', { name: 'made by an author' });
  expect((await house.asOwner('/roles')).text).toContain('made by an author');
});

test('visitors are refused by every server function', async ({ house }) => {
  for (const one of FUNCTIONS) {
    const { status, text } = await call(house, one);
    expect(status, one.path).toBe(401);
    expect(text, one.path).toContain('sign_in_required');
    // A form without script is shown the door.
    const form = await call(house, one, undefined, 'text/html');
    expect([form.status, form.headers.location], one.path).toEqual([303, '/sign-in']);
  }
  for (const [path] of FORMS) {
    const answer = await post(house.address, path, { name: 'x' });
    expect([answer.status, answer.headers.location], path).toEqual([303, '/sign-in']);
  }
  const stream = await ask(house.address, STREAM);
  expect([stream.status, stream.headers.location], STREAM).toEqual([303, '/sign-in']);
  const file = await ask(house.address, LIST_OF_CALLERS, { headers: { Accept: 'text/html' } });
  expect([file.status, file.headers.location]).toEqual([303, '/sign-in']);
  expect(file.text).not.toContain('alice');
});
