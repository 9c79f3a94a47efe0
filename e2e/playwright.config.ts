import { defineConfig } from '@playwright/test';
import { CHROMIUM } from './support/house.mjs';
import type { Options } from './support/fixtures';

const browser = { browserName: 'chromium' as const, launchOptions: CHROMIUM };

export default defineConfig<Options>({
  testDir: './specs',
  outputDir: './test-results',
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: [['./support/server-log.ts'], ['list']],
  // Only what fails is waited for so long: a busy machine takes many times what an idle one does.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  use: {
    ...browser,
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
  },
  projects: [
    // What is tagged `@no-script` must work either way, so it runs in both.
    { name: 'chromium' },
    { name: 'no-script', grep: /@no-script/, use: { javaScriptEnabled: false } },
  ],
});
