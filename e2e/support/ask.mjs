// One HTTP request, exactly as written: paths are not normalised, no header is added, redirects are not followed.
// A browser's own client can do none of that.

import http from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {http.IncomingHttpHeaders} headers
 * @property {string} text
 */

// A connection at rest is given up long before the server would close it, perhaps just when it is used again.
const agent = new http.Agent({ keepAlive: true, maxSockets: 8, timeout: 30_000 });

/** Lets the process end: connections are kept for the next request. */
export function hangUp() {
  agent.destroy();
}

/**
 * @param {string} address such as http://127.0.0.1:8787
 * @param {string} path sent as it is
 * @param {{ method?: string, headers?: http.OutgoingHttpHeaders, body?: string, from?: string }} [options]
 *   `from`: the loopback address to come from; attempts are counted by address.
 * @returns {Promise<Answer>}
 */
export function ask(address, path, options = {}) {
  const { hostname, port } = new URL(address);
  const { method = 'GET', headers = {}, body, from } = options;
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent: from === undefined ? agent : false,
        hostname,
        port,
        method,
        path,
        headers: { ...length, ...headers },
        ...(from === undefined ? {} : { localAddress: from }),
      },
      (response) => {
        const chunks = /** @type {Buffer[]} */ ([]);
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      },
    );
    request.setTimeout(120_000, () => request.destroy(new Error(`${method} ${path} took longer than 120 s`)));
    request.on('error', reject);
    request.end(body);
  });
}

/**
 * A form as a page of the console sends it.
 *
 * @param {string} address
 * @param {string} path
 * @param {Record<string, string>} fields
 * @param {{ headers?: http.OutgoingHttpHeaders, cookie?: string, from?: string }} [options]
 */
export function post(address, path, fields, options = {}) {
  const { headers = {}, cookie, from } = options;
  return ask(address, path, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: {
      Accept: 'text/html',
      'Content-Type': 'application/x-www-form-urlencoded',
      Origin: address,
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...headers,
    },
    ...(from === undefined ? {} : { from }),
  });
}

/**
 * The value of a cookie that an answer sets.
 *
 * @param {Answer} answer
 * @param {string} name
 */
export function setCookie(answer, name) {
  const line = (answer.headers['set-cookie'] ?? []).find((cookie) => cookie.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(';')[0];
}
