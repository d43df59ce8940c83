import { defineConfig } from '@playwright/test';

/** Debian's own Chromium; no browser is downloaded. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: 'e2e',
  // Measures speed: not for machines that do other work meanwhile (`npm run pan`).
  testIgnore: process.env['PAN'] ? [] : ['**/chart-pan.spec.ts'],
  outputDir: 'test-results/output',
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // One server at a time: the machine has two cores.
  workers: 1,
  // What needed a second try is listed as flaky, with the trace of the first.
  retries: process.env['CI'] ? 1 : 0,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    actionTimeout: 15_000,
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath, args },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
});
