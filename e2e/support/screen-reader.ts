// A page as a screen reader has it: the browser's own tree of it, and what is announced while it stands.

import { expect, type Page } from '@playwright/test';

/** What can be used. */
const CONTROLS = new Set([
  'button', 'link', 'textbox', 'searchbox', 'combobox', 'listbox', 'checkbox', 'radio', 'switch', 'spinbutton', 'slider',
  'DisclosureTriangle', 'Date', 'DateTime', 'InputTime', 'ColorWell', 'tab', 'menuitem', 'option',
]);
/** What one goes to by its name. */
const LANDMARKS = new Set(['banner', 'navigation', 'main', 'complementary', 'region', 'form', 'search', 'contentinfo']);
/** Of these a page has one. */
const UNNAMED = new Set(['banner', 'main', 'search', 'contentinfo']);
const CELLS = new Set(['cell', 'gridcell', 'columnheader', 'rowheader']);

interface Told {
  role: string;
  name: string;
  level: unknown;
  parent: Told | undefined;
}

/** Whatever is not left out, in the order in which it is read. */
async function read(page: Page): Promise<Told[]> {
  const browser = await page.context().newCDPSession(page);
  await browser.send('Accessibility.enable');
  const { nodes } = await browser.send('Accessibility.getFullAXTree');
  await browser.detach();
  const all = new Map(nodes.map((node) => [node.nodeId, node]));
  const told: Told[] = [];
  const walk = (id: string, parent: Told | undefined): void => {
    const node = all.get(id);
    if (node === undefined) return;
    let here = parent;
    if (!node.ignored) {
      const level = node.properties?.find(({ name }) => name === 'level')?.value.value;
      here = { role: String(node.role?.value ?? ''), name: String(node.name?.value ?? '').trim(), level, parent };
      told.push(here);
    }
    for (const child of node.childIds ?? []) walk(child, here);
  };
  const root = nodes.find(({ parentId }) => parentId === undefined);
  if (root !== undefined) walk(root.nodeId, undefined);
  return told;
}

function within(node: Told, role: string): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at.role === role) return true;
  return false;
}

/** What is wrong with it. */
function complaints(nodes: Told[]): string[] {
  const of = (...roles: string[]) => nodes.filter(({ role }) => roles.includes(role));
  const wrong: string[] = [];
  const titles = of('heading').filter(({ level }) => level === 1);
  if (titles.length !== 1) wrong.push(`${titles.length} headings of the first level`);
  if (of('main').length !== 1) wrong.push(`${of('main').length} main parts`);
  const landmarks = nodes.filter(({ role, name }) => LANDMARKS.has(role) && (role !== 'form' || name !== ''));
  const seen = new Set<string>();
  for (const { role, name } of landmarks) {
    if (name === '' && !UNNAMED.has(role)) wrong.push(`a ${role} without a name`);
    const key = `${role} “${name}”`;
    if (seen.has(key)) wrong.push(`two of ${key}`);
    seen.add(key);
  }
  for (const { role, name, parent } of nodes) {
    const where = `in ${parent?.role} “${parent?.name}”`;
    if (CONTROLS.has(role) && name === '') wrong.push(`a ${role} without a name ${where}`);
    if (role === 'heading' && name === '') wrong.push(`an empty heading ${where}`);
    if (/^(?:image|img|graphics)/i.test(role) && name === '') wrong.push(`a picture without a name ${where}`);
  }
  for (const table of of('table')) {
    const inside = nodes.filter((node) => node !== table && isIn(node, table));
    const heads = inside.filter(({ role }) => role === 'columnheader');
    if (table.name === '') wrong.push('a table without a name');
    if (heads.length === 0) wrong.push(`the table “${table.name}” has no heads`);
    if (heads.some(({ name }) => name === '')) wrong.push(`the table “${table.name}” has a head without a name`);
  }
  for (const node of nodes) if (CELLS.has(node.role) && !within(node, 'row')) wrong.push(`a ${node.role} without a row`);
  // What is announced by two is announced twice.
  for (const node of of('status', 'alert')) {
    if (within(node, 'status') || within(node, 'alert')) wrong.push(`“${node.name}” is announced twice`);
  }
  return wrong;
}

function isIn(node: Told, around: Told): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === around) return true;
  return false;
}

/** One title; parts, controls, pictures and tables have names; nothing is announced twice. */
export async function expectReadable(page: Page): Promise<void> {
  const nodes = await read(page);
  expect(complaints(nodes), page.url()).toEqual([]);
  // The children of a button are not looked into, so nothing in one is heard.
  const deaf = page.locator(':is(button, summary) :is([role="status"], [role="alert"], [aria-live])');
  await expect(deaf, 'what is announced stands beside controls').toHaveCount(0);
  // A chart is read by its bars, each of which is a link.
  const drawn = page.locator('svg:not([aria-hidden="true"], [role="img"], :has(a[aria-label]))');
  await expect(drawn, 'drawings are hidden or named').toHaveCount(0);
}

/** The headings of the page's own part as they are read, each behind its level: the title first, and no level left out. */
export async function outline(page: Page): Promise<string[]> {
  const told = await page.getByRole('main').getByRole('heading').evaluateAll((all) =>
    all.map((one) => ({ level: Number(one.localName.slice(1)), text: (one.textContent ?? '').replace(/\s+/g, ' ').trim() })),
  );
  told.forEach(({ level, text }, index) => {
    const deepest = (told[index - 1]?.level ?? 0) + 1;
    expect(level, `a level is left out before “${text}”`).toBeLessThanOrEqual(deepest);
  });
  return told.map(({ level, text }) => `${level} ${text}`);
}

/** Takes down what is announced once a page stands. Before the page is opened. */
export async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const LIVE = '[role="status"], [role="alert"], [role="log"], [aria-live]:not([aria-live="off"])';
    const heard: string[] = [];
    window.__heard = heard;
    const last = new WeakMap<Element, string>();
    const text = (region: Element) => (region.textContent ?? '').replace(/\s+/g, ' ').trim();
    const regions = (node: Node): Element[] => {
      const element = node instanceof Element ? node : node.parentElement;
      const around = element?.closest(LIVE);
      return [...(around ? [around] : []), ...(element?.querySelectorAll(LIVE) ?? [])];
    };
    const watch = () => {
      // What stands there already is read, and not announced.
      for (const region of regions(document.documentElement)) last.set(region, text(region));
      new MutationObserver((records) => {
        const touched = new Set<Element>();
        for (const { target, addedNodes } of records) {
          for (const region of regions(target).slice(0, 1)) if (region.contains(target)) touched.add(region);
          for (const node of addedNodes) for (const region of regions(node)) touched.add(region);
        }
        for (const region of touched) {
          const now = text(region);
          if (last.get(region) !== now && now !== '' && region.isConnected) heard.push(now);
          last.set(region, now);
        }
      }).observe(document, { subtree: true, childList: true, characterData: true });
    };
    document.addEventListener('DOMContentLoaded', watch);
  });
}

/** What was announced since the page stood. */
export function heard(page: Page): Promise<string[]> {
  return page.evaluate(() => window.__heard ?? []);
}
