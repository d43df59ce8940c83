/** The audit log looked over and exported; a copy of one's data, consents, and being erased. */
import { readFileSync } from 'node:fs';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { person } from './support/person';
import { expect, signIn, test } from './support/test';

/** The local file header that a ZIP archive begins with (APPNOTE.TXT 4.3.7). */
const ZIP = 'PK\u0003\u0004';

test('an administrator looks the audit log over, filters it, and takes a copy of it', async ({ app }) => {
  await app.goto('/admin?tab=audit');
  const rows = app.locator('tr[data-entry]');
  await expect(rows.last()).toBeVisible();
  await app.getByRole('button', { name: 'Verify' }).click();
  const verdict = app.locator('[data-intact]');
  await expect(verdict).toHaveAttribute('data-intact', 'true');
  await expect(verdict).toContainText('INTACT');
  await expectAccessible(app, 'the audit log');
  await expectNoSidewaysScroll(app, 'the audit log');

  const download = app.waitForEvent('download');
  await app.getByRole('link', { name: 'Export JSONL' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trimEnd()
    .split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { seq: number; action: string });
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.at(-1)?.action).toBe('audit.export');

  await app.getByRole('searchbox', { name: 'Action' }).fill('audit.export');
  await app.getByRole('button', { name: 'Show' }).click();
  await expect(rows.filter({ hasNotText: 'audit.export' })).toHaveCount(0);
  await expect(rows.first()).toBeVisible();
  const number = (await rows.first().getAttribute('data-entry')) ?? '';
  await app.getByRole('button', { name: `Details of entry ${number}` }).click();
  const dialog = app.getByRole('dialog');
  await expect(dialog).toContainText('127.0.0.1');
  await expect(dialog.getByText(/^[0-9a-f]{64}$/)).toBeVisible();
  await expectAccessible(app, 'an entry of the audit log');
  await app.keyboard.press('Escape');
});

test('a person takes a copy of their data, agrees, asks to be erased, is held and released, and withdraws', async ({
  app,
  browser,
  demo,
}) => {
  test.setTimeout(240_000);
  const [username, password] = ['esha', 'seven wooden market stalls'];
  const { context, page, complaints } = await person(app, browser, demo, username, password);
  await signIn(page, username, password);
  await page.goto('/settings?tab=privacy');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const archive = readFileSync(await (await download).path(), 'latin1');
  expect(archive.startsWith(ZIP)).toBe(true);
  for (const name of ['users.json', 'audit.json', 'manifest.json']) expect(archive).toContain(name);

  await page.getByLabel('Use my trades for research of the desk.').check();
  await expect(page.getByText('Agreed', { exact: false }).last()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Use my trades for research of the desk.')).toBeChecked();

  await page.getByRole('button', { name: 'Ask to be erased…' }).click();
  await expectAccessible(page, 'asking to be erased');
  await page.getByRole('dialog').getByRole('button', { name: 'Ask to be erased' }).click();
  await expect(page.getByText('PENDING', { exact: true })).toBeVisible();
  await expectAccessible(page, 'one’s own data');
  await expectNoSidewaysScroll(page, 'one’s own data');

  await app.goto('/admin?tab=protection');
  const row = app.locator('tr[data-request]').filter({ hasText: 'PENDING' });
  await expect(row.getByRole('button', { name: 'Erase' })).toBeDisabled();
  await row.getByRole('button', { name: 'Hold' }).click();
  await app.getByRole('dialog').getByLabel('Reason').fill('inquiry 7');
  await app.getByRole('dialog').getByRole('button', { name: 'Hold' }).click();
  const held = app.locator('tr[data-request]').filter({ hasText: 'HELD' });
  await expect(held).toContainText('inquiry 7');
  await expect(app.locator('tr[data-kind=AUDIT]')).toContainText('2562');
  await expectAccessible(app, 'data protection');
  await expectNoSidewaysScroll(app, 'data protection');
  await page.reload();
  await expect(page.getByText('Your data has to be kept for now: inquiry 7')).toBeVisible();
  await held.getByRole('button', { name: 'Release' }).click();
  await expect(row).toBeVisible();

  await page.reload();
  await page.getByRole('button', { name: 'Withdraw' }).click();
  await expect(page.getByText('WITHDRAWN', { exact: true })).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
});
