/** People beside the administrator. */
import type { Browser, Page } from '@playwright/test';
import type { Demo } from './demo';
import { expect, watch } from './test';

/** A new person, made by the administrator; their page, on the sign-in page. */
export async function person(app: Page, browser: Browser, demo: Demo, username: string, password: string) {
  await app.goto('/admin');
  await app.getByRole('button', { name: 'New user' }).click();
  await app.getByLabel('User name').fill(username);
  await app.getByLabel('First password').fill(password);
  await app.getByRole('button', { name: 'Create user' }).click();
  await expect(app.locator(`tr[data-user=${username}]`)).toBeVisible();
  const context = await browser.newContext({ baseURL: demo.url });
  const page = await context.newPage();
  const complaints = watch(page);
  await page.goto('/');
  return { context, page, complaints };
}
