// What every spec starts from: a house that runs, browsers that are watched.

import { test as base, expect, type BrowserContextOptions, type Page } from '@playwright/test';
import { placesOf } from '../pages.mjs';
import { hangUp } from './ask.mjs';
import { demo, hostile } from './filling.mjs';
import { House, state } from './house.mjs';
import { McpServer, type Tool } from './toolbox.mjs';
import { Silence } from './silence.mjs';

export { expect, type Locator, type Page } from '@playwright/test';
export { House, OWNER, SESSION_COOKIE } from './house.mjs';
export { hydrated } from './silence.mjs';

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
  silence: Silence;
  /** A house of the test's own, with an owner; without one where `settled` is false. */
  open: (options?: { settled?: boolean }) => Promise<House>;
  /** A browser of its own at a house. */
  browse: (house: House, look?: Look) => Promise<Page>;
  /** An MCP server that lists these tools. */
  mcp: (tools: Tool[], port?: number) => Promise<McpServer>;
  house: House;
  places: Record<string, string>;
}

interface WorkerFixtures {
  filling: Options['filling'];
  shared: Shared;
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
  house: async ({ shared }, use) => use(shared.house),
  places: async ({ shared }, use) => use(shared.places),

  silence: [
    async ({}, use) => {
      const silence = new Silence(scripted());
      await use(silence);
      expect(silence.breaches(), 'the console was silent').toEqual([]);
    },
    { auto: true },
  ],

  open: async ({}, use) => {
    const houses: House[] = [];
    await use(async ({ settled = true } = {}) => {
      const house = await House.open();
      houses.push(house);
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

  // The built-in `page`, at the shared house.
  page: async ({ browse, house, as }, use) => use(await browse(house, as === 'owner' ? {} : { session: null })),
});

/** Whether pages run script in this project. */
export function scripted(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}
