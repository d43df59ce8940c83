/** The tests' fixtures: one demo per worker with an administrator set up, pages that are signed in and watched. */
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { Demo } from './demo';

export const ADMIN = { username: 'asha', name: 'Asha', password: 'four windy harbour lamps' };

interface WorkerFixtures {
  demo: Demo;
  /** Cookies of the administrator. */
  admin: Awaited<ReturnType<BrowserContext['storageState']>>;
}
interface TestFixtures {
  /** A page of the administrator, on the dashboard. */
  app: Page;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  demo: [
    async ({}, use) => {
      const demo = await Demo.start();
      await use(demo);
      await demo.dispose();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  admin: [
    async ({ browser, demo }, use) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(demo.href);
      await enter(page, demo);
      const state = await context.storageState();
      await context.close();
      await use(state);
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  app: async ({ browser, demo, admin, contextOptions }, use) => {
    const context = await browser.newContext({ ...contextOptions, storageState: admin, baseURL: demo.url });
    const page = await context.newPage();
    const complaints = watch(page);
    await page.goto('/');
    await live(page);
    await use(page);
    await context.close();
    expect(complaints, 'the console stayed quiet').toEqual([]);
  },
});

export { expect };

/** Collects what a page complains about: exceptions, console errors, refusals by the content security policy. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A failed request shows in the page itself; the browser's own line about it is noise.
    const ours = !/Failed to load resource|WebSocket connection to/.test(message.text());
    if (message.type() === 'error' && ours) complaints.push(message.text());
  });
  return complaints;
}

/** First-run set-up, or the demo's one-time link: whatever the program printed. */
export async function enter(page: Page, demo: Demo): Promise<void> {
  if (demo.link?.kind === 'setup') {
    await page.getByLabel('User name').fill(ADMIN.username);
    await page.getByLabel('Your name').fill(ADMIN.name);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByLabel('Password again').fill(ADMIN.password);
    await page.getByRole('button', { name: 'Create administrator' }).click();
  }
  await live(page);
}

export async function live(page: Page): Promise<void> {
  await expect(page.locator('[data-connection=live]')).toBeVisible();
}

export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await live(page);
}
