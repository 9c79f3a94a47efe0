// What every spec starts from: a house that runs, browsers that are watched.

import { test as base, expect, type BrowserContextOptions, type Page } from '@playwright/test';
import { placesOf } from '../pages.mjs';
import { hangUp } from './ask.mjs';
import type { Backend } from './database.mjs';
import { demo, hostile } from './filling.mjs';
import { House, state } from './house.mjs';
import { SERVER_LOG } from './server-log';
import { McpServer, type Tool } from './toolbox.mjs';
import { Silence } from './silence.mjs';

export { expect, type Locator, type Page } from '@playwright/test';
export { BACKENDS } from './database.mjs';
export { House, OWNER, SESSION_COOKIE } from './house.mjs';
export { hydrated } from './silence.mjs';

/** Screens as pages are looked at. */
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** The worker's house: with an owner, filled as said. */
export interface Shared {
  house: House;
  places: Record<string, string>;
}

/** Who looks at a house, and how. */
export interface Look extends BrowserContextOptions {
  /** The owner's session unless said; `null`: nobody's. */
  session?: string | null;
}

export interface Options {
  filling: 'empty' | 'demo' | 'hostile';
  as: 'owner' | 'anonymous';
}

interface Fixtures {
  as: Options['as'];
  /** The houses that the test was at. Where it failed, the report has what their servers said. */
  visited: Set<House>;
  silence: Silence;
  /**
   * A house of the test's own, with an owner; without one where `settled` is false. `name`: what browsers call the host.
   * On SQLite unless said.
   */
  open: (options?: { settled?: boolean; name?: string; backend?: Backend }) => Promise<House>;
  /** A browser of its own at a house. */
  browse: (house: House, look?: Look) => Promise<Page>;
  /** The owner at the shared house, in one browser for all tests of a worker: for visits that change nothing. */
  visit: Page;
  /** An MCP server that lists these tools. */
  mcp: (tools: Tool[], port?: number) => Promise<McpServer>;
  house: House;
  places: Record<string, string>;
}

interface WorkerFixtures {
  filling: Options['filling'];
  shared: Shared;
  visitor: { page: Page; silence: Silence };
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  filling: ['demo', { option: true, scope: 'worker' }],
  as: ['owner', { option: true }],

  shared: [
    async ({ filling }, use) => {
      const house = await House.open();
      await house.settle();
      const places: Record<string, string> = {};
      if (filling !== 'empty') Object.assign(places, await demo(house));
      if (filling === 'hostile') Object.assign(places, await hostile(house));
      Object.assign(places, await placesOf(house));
      await use({ house, places });
      await house.close();
      hangUp();
      expect(house.faults(), 'the server logged no fault').toEqual([]);
    },
    { scope: 'worker' },
  ],
  house: async ({ shared, visited }, use) => {
    visited.add(shared.house);
    await use(shared.house);
  },
  places: async ({ shared }, use) => use(shared.places),

  visited: async ({}, use, info) => {
    const houses = new Set<House>();
    await use(houses);
    if (info.status === info.expectedStatus) return;
    for (const house of houses) await info.attach(SERVER_LOG, { body: house.tail(60), contentType: 'text/plain' });
  },

  silence: [
    // What ends after the silence sees whether it was broken.
    async ({ visited: _ }, use) => {
      const silence = new Silence(scripted());
      await use(silence);
      expect(silence.breaches(), 'the console was silent').toEqual([]);
    },
    { auto: true },
  ],

  open: async ({ visited }, use) => {
    const houses: House[] = [];
    await use(async ({ settled = true, ...options } = {}) => {
      const house = await House.open(options);
      houses.push(house);
      visited.add(house);
      if (settled) await house.settle();
      return house;
    });
    await Promise.all(houses.map((house) => house.close()));
    expect(houses.flatMap((house) => house.faults()), 'the server logged no fault').toEqual([]);
  },

  browse: async ({ browser, silence }, use) => {
    const contexts: { close: () => Promise<void> }[] = [];
    await use(async (house, { session, ...options } = {}) => {
      const held = session === null ? undefined : (session ?? house.session);
      const context = await browser.newContext({ baseURL: house.address, storageState: state(held), ...options });
      contexts.push(context);
      await silence.watch(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  mcp: async ({}, use) => {
    const servers: McpServer[] = [];
    await use(async (tools, port) => {
      const server = await McpServer.open(tools, port);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.close()));
  },

  // One page goes from address to address: the browser compiles the console once, and not once a test.
  visitor: [
    async ({ browser, shared }, use, { project }) => {
      const { house } = shared;
      const context = await browser.newContext({
        ...(project.use.javaScriptEnabled === undefined ? {} : { javaScriptEnabled: project.use.javaScriptEnabled }),
        baseURL: house.address,
        storageState: house.owner(),
      });
      const silence = new Silence(project.use.javaScriptEnabled !== false);
      await silence.watch(context);
      await use({ page: await context.newPage(), silence });
      await context.close();
    },
    { scope: 'worker' },
  ],
  // It depends on the house for what its server said.
  visit: async ({ visitor, house: _ }, use) => {
    const { page, silence } = visitor;
    silence.forget();
    await page.setViewportSize(WIDE);
    await page.emulateMedia({ colorScheme: 'light' });
    await use(page);
    expect(silence.breaches(), 'the console was silent').toEqual([]);
  },

  // The built-in `page`, at the shared house.
  page: async ({ browse, house, as }, use) => use(await browse(house, as === 'owner' ? {} : { session: null })),
});

/** Whether pages run script in this project. */
export function scripted(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}
