// The console's server functions, read from the source, each with the permission that its first line demands; and how one
// is called.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ask } from './ask.mjs';
import { ROOT, SESSION_COOKIE, type House } from './house.mjs';
import { source } from './permissions';

interface ServerFunction {
  path: string;
  permission: string;
  method: 'GET' | 'POST';
  /** As a JSON body rather than a form. */
  json: boolean;
  /** Parameters that must be sent, with their types. */
  parameters: [string, string][];
}

/** The endpoint, its options, its parameters, and the permission that its first line demands. */
const FUNCTION = new RegExp(
  String.raw`#\[server\(endpoint = "([^"]+)"([^)]*)\)\]\s*pub async fn \w+\(([^]*?)\)\s*->[^{]*\{\s*(?://[^\n]*\n\s*)*(?:let [^=]+ = )?` +
    String.raw`crate::session::require\w*\(crate::permission::Permission::(\w+)\)\?;`,
  'g',
);

export const FUNCTIONS: ServerFunction[] = (() => {
  const files = readdirSync(path.join(ROOT, 'app/src'), { recursive: true, encoding: 'utf8' });
  const texts = files.filter((file) => file.endsWith('.rs')).map(source);
  const found = texts.flatMap((text) => [...text.matchAll(FUNCTION)]);
  const all = texts.flatMap((text) => [...text.matchAll(/#\[server\(endpoint = /g)]).length;
  if (found.length !== all) throw new Error(`${found.length} of ${all} server functions begin with their permission`);
  return found.map(([, endpoint = '', options = '', list = '', permission = '']) => ({
    path: `/_fn/${endpoint}`,
    permission,
    method: options.includes('GetUrl') ? 'GET' : 'POST',
    json: options.includes('input = Json'),
    parameters: [...list.matchAll(/(#\[server\(default\)\]\s*)?(\w+): ([\w<>]+)/g)]
      .filter(([, optional]) => optional === undefined)
      .map(([, , name = '', kind = '']) => [name, kind]),
  }));
})();

const DRAFT = {
  name: 'x',
  effect: 'allow',
  status: 'enforced',
  tenant: '',
  roles: [],
  subjects: [],
  kinds: [],
  tools: [],
  risk_at_least: null,
  sensitivity: [],
  parameters: '',
  when: '',
  from: '',
  until: '',
  approvers: [],
  quorum: '1',
  expires_in: '1h',
  uses: '1',
  explain: true,
};

/** A value of this type that can be read, so that it is the permission that is decided on. */
function value(kind: string): unknown {
  const values: Record<string, unknown> = {
    String: 'x',
    i64: 1,
    'Option<i64>': null,
    bool: false,
    RuleStatus: 'enforced',
    Draft: DRAFT,
    TryQuery: {},
  };
  if (!(kind in values)) throw new Error(`say what a ${kind} looks like`);
  return values[kind];
}

/** Calls a server function as a script of the console does; no session: as a visitor. */
export function call(house: House, called: ServerFunction, session?: string, accept = 'application/json') {
  const { path, method, json, parameters } = called;
  const fields = Object.fromEntries(parameters.map(([name, kind]) => [name, value(kind)]));
  const form = new URLSearchParams();
  for (const [name, held] of Object.entries(fields)) {
    if (held !== null && typeof held === 'object') {
      for (const [inner, text] of Object.entries(held)) form.set(`${name}[${inner}]`, String(text));
    } else {
      form.set(name, String(held));
    }
  }
  const headers = {
    Accept: accept,
    Origin: house.address,
    ...(session === undefined ? {} : { Cookie: `${SESSION_COOKIE}=${session}` }),
    ...(method === 'GET' ? {} : { 'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded' }),
  };
  if (method === 'GET') return ask(house.address, `${path}?${form}`, { headers });
  return ask(house.address, path, { method, headers, body: json ? JSON.stringify(fields) : form.toString() });
}
