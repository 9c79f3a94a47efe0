// Prints what the servers said where tests failed, so that a run of which only the output is left explains itself.
// It stands before the list's own summary, which ends the output.

import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** What the attachment is called. Playwright shows the first few hundred characters of one, and these are not the last. */
export const SERVER_LOG = '_server-log';

/** Where everything fails, the first ones tell why. */
const AT_MOST = 5;

export default class ServerLog implements Reporter {
  #failed: string[] = [];

  onTestEnd(test: TestCase, { status, attachments }: TestResult): void {
    if (status === 'passed' || status === 'skipped') return;
    for (const { name, body } of attachments) {
      if (name !== SERVER_LOG || body === undefined) continue;
      this.#failed.push(`What the server said last in ${test.titlePath().slice(1).join(' › ')}:\n${body.toString('utf8')}\n`);
    }
  }

  onEnd(): void {
    for (const text of this.#failed.slice(0, AT_MOST)) console.log(`\n${text}`);
  }
}
