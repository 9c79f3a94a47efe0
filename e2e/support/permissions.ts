// Who may do what: the roles that hold each permission, and the permission that each page and each form demands. But for
// the forms it is read from the source, so that nothing can be forgotten here.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROLES } from './accounts.mjs';
import { ROOT } from './house.mjs';

export type Role = (typeof ROLES)[number];

export function source(file: string): string {
  return readFileSync(path.join(ROOT, 'app/src', file), 'utf8');
}

/** Who holds a permission. */
export const HOLDERS: Map<string, Role[]> = (() => {
  const words: Record<string, Role> = {
    Owner: 'owner',
    PolicyAuthor: 'policy_author',
    Approver: 'approver',
    Auditor: 'auditor',
  };
  const body = /fn holders\(.*?\n {4}\}\n/s.exec(source('permission.rs'))?.[0] ?? '';
  const holders = new Map<string, Role[]>();
  const arms = body.matchAll(/((?:Self::\w+[\s|]*)+)=>\s*(&\[[^\]]*\]|ConsoleRole::ALL)/g);
  for (const [, permissions = '', list = ''] of arms) {
    const roles = list === 'ConsoleRole::ALL' ? [...ROLES] : [...list.matchAll(/\w+/g)].map(([word]) => words[word]!);
    for (const [, permission = ''] of permissions.matchAll(/Self::(\w+)/g)) holders.set(permission, roles);
  }
  return holders;
})();

export function may(role: Role, permission: string): boolean {
  const holders = HOLDERS.get(permission);
  if (holders === undefined) throw new Error(`nobody holds ${permission}`);
  return holders.includes(role);
}

/** The permission that a page demands. */
export const PAGES: Map<string, string> = new Map(
  [...source('routes.rs').matchAll(/\bpath: "([^"]+)",\s*title: "[^"]+",\s*permission: Permission::(\w+)/g)].map(
    ([, route = '', permission = '']) => [route, permission],
  ),
);

/**
 * What takes a form of its own, and the permission that it demands. Written by hand; tests/tests/stories/form_addresses.rs
 * fails where the server takes one that is not among them.
 */
export const FORMS = [
  ['/sign-out', 'OwnAccount'],
  ['/account/password', 'OwnAccount'],
  ['/account/theme', 'OwnAccount'],
  ['/account/prove', 'OwnAccount'],
  ['/account/prove/passkey', 'OwnAccount'],
  ['/account/passkeys/add', 'OwnAccount'],
  ['/account/passkeys/remove', 'OwnAccount'],
  ['/account/passkeys/demand', 'OwnAccount'],
  ['/keys/enforcement', 'WriteSettings'],
  ['/keys/enforcement/rotate', 'WriteSettings'],
  ['/keys/api', 'WriteSubjects'],
  ['/keys/administrator', 'WriteSettings'],
  ['/accounts/invite', 'WriteSettings'],
  ['/accounts/reset', 'WriteSettings'],
  ['/webhooks/create', 'WriteSettings'],
  ['/webhooks/rotate', 'WriteSettings'],
  ['/resources/upload', 'WriteResources'],
  ['/emergency/confirm', 'Emergency'],
  ['/approvals/x/answer', 'Approve'],
] as const;
