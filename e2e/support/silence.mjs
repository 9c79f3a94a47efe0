// A silent console: whatever a browser complains about fails the test. Nothing is allowed beforehand; a test that
// provokes a complaint says so, and the complaint must come.

/**
 * @typedef {import('@playwright/test').BrowserContext} BrowserContext
 * @typedef {import('@playwright/test').ConsoleMessage} ConsoleMessage
 * @typedef {import('@playwright/test').Page} Page
 * @typedef {import('@playwright/test').Request} Request
 */

export class Silence {
  /** @type {string[]} */
  #complaints = [];
  /** @type {{ pattern: RegExp, times: number }[]} */
  #expected = [];
  /** Documents whose status the browser reports as an error; tests look at the status themselves. */
  #documents = new Set();
  #scripted;

  /** @param {boolean} [scripted] whether the browser runs script at all */
  constructor(scripted = true) {
    this.#scripted = scripted;
  }

  /** @param {BrowserContext} context */
  async watch(context) {
    context.on('console', (message) => this.#hear(message));
    context.on('weberror', (error) => this.#complain(`page error: ${error.error().stack ?? error.error()}`));
    context.on('requestfailed', (request) => this.#failed(request));
    context.on('response', (response) => {
      if (response.status() >= 500) this.#complain(`${response.status()} ${response.url()}`);
      else if (response.request().isNavigationRequest()) this.#documents.add(withoutFragment(response.url()));
    });
    context.on('dialog', (dialog) => {
      this.#complain(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on('page', (page) => page.on('crash', () => this.#complain(`crash: ${page.url()}`)));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP: ${event.violatedDirective} refuses ${event.blockedURI || 'inline'} ${event.sample}`);
      });
      // `hydrate` runs in the microtasks behind the promise that wasm-bindgen waits for.
      for (const name of /** @type {const} */ (['instantiateStreaming', 'instantiate'])) {
        /** @type {Function} */
        const original = WebAssembly[name];
        Object.defineProperty(WebAssembly, name, {
          value: async (/** @type {unknown[]} */ ...given) => {
            const module = await original.apply(WebAssembly, given);
            setTimeout(() => (window.__hydrated = true), 0);
            return module;
          },
        });
      }
    });
  }

  /**
   * The test provokes this; it must come at least so often.
   *
   * @param {RegExp} pattern
   * @param {number} [times]
   */
  expect(pattern, times = 1) {
    this.#expected.push({ pattern, times });
  }

  /** What was heard and not expected, and what was expected and not heard. */
  breaches() {
    const heard = new Map(this.#expected.map((expected) => [expected, 0]));
    const breaches = this.#complaints.filter((complaint) => {
      const expected = this.#expected.find(({ pattern }) => pattern.test(complaint));
      if (expected === undefined) return true;
      heard.set(expected, (heard.get(expected) ?? 0) + 1);
      return false;
    });
    for (const [{ pattern, times }, count] of heard) {
      if (count < times) breaches.push(`expected, but heard ${count} times: ${pattern}`);
    }
    return breaches;
  }

  /** Begins anew. */
  forget() {
    this.#complaints.length = 0;
  }

  /** @param {string} complaint */
  #complain(complaint) {
    this.#complaints.push(complaint);
  }

  /** @param {ConsoleMessage} message */
  #hear(message) {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const { url } = message.location();
    const status = /^Failed to load resource: .* status of [34]\d\d/.test(message.text());
    if (status && this.#documents.has(withoutFragment(url))) return;
    // What a page preloads of its script is not used where script is switched off.
    if (!this.#scripted && message.text().includes('was preloaded using link preload but not used')) return;
    this.#complain(`${message.type()}: ${message.text()} (${url})`);
  }

  /** @param {Request} request */
  #failed(request) {
    const why = request.failure()?.errorText ?? '';
    // The browser gives up what a page was still loading when it is left.
    if (why === 'net::ERR_ABORTED') return;
    // Where script is switched off, Chromium refuses to load what a page preloads of it.
    if (!this.#scripted && why === 'csp' && request.url().endsWith('.js')) return;
    this.#complain(`request failed: ${request.method()} ${request.url()} ${why}`);
  }
}

/** @param {string} address */
function withoutFragment(address) {
  return address.split('#')[0];
}

/**
 * Waits until the browser has taken the page over, and drawn it.
 *
 * @param {Page} page
 */
export async function hydrated(page) {
  await page.waitForFunction(() => window.__hydrated === true);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
