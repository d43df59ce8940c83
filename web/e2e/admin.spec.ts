/** Keeping the program: its jobs, its backups, its settings. Against the real binary. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { expect, test } from './support/test';

/** The page in both themes and on a phone, on pictures to look at. */
async function looked(app: Page, name: string): Promise<void> {
  const desk = app.viewportSize() ?? { width: 1440, height: 900 };
  for (const theme of ['light', 'dark'] as const) {
    await app.emulateMedia({ colorScheme: theme });
    await app.screenshot({ path: `test-results/screens/admin-${name}-${theme}.png`, fullPage: true });
    await expectAccessible(app, `${name} (${theme})`);
  }
  await app.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(app, `${name} on a phone`);
  await expectAccessible(app, `${name} on a phone`);
  await app.screenshot({ path: `test-results/screens/admin-${name}-phone.png` });
  await app.setViewportSize(desk);
  await app.emulateMedia({ colorScheme: null });
}

test('a backup is taken as a job, restored on trial, and leaves nothing half made', async ({ app, demo }) => {
  test.setTimeout(240_000);
  await app.goto('/admin?tab=backups');
  // The program takes its first one by itself; a second within the same second would have the same name.
  const rows = app.locator('tr[data-backup]');
  await expect(rows.first()).toBeVisible();
  const before = await rows.count();
  const button = app.getByRole('button', { name: 'Back up now' });
  await expect(button).toBeEnabled();
  await button.click();
  await expect(rows).toHaveCount(before + 1);
  const newest = rows.first();
  await expect(newest).toContainText('Whole');
  const verify = newest.getByRole('button', { name: /^Verify/ });
  await expect(verify).toBeEnabled();
  await verify.click();
  await expect(verify).toBeEnabled();
  await newest.getByRole('button', { name: /^Try/ }).click();
  const question = app.getByRole('dialog');
  await expectAccessible(app, 'the question before a trial');
  await question.getByRole('button', { name: 'Restore on trial' }).click();
  await expect(newest).toContainText('Restored on trial');
  await looked(app, 'backups');
  const files = readdirSync(join(demo.data, 'backups'));
  expect(files.filter((name) => name.endsWith('.twb')).length).toBe(before + 1);
  expect(files.filter((name) => name.endsWith('.twj')).length).toBe(before + 1);
  expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(readdirSync(demo.data).filter((name) => name.includes('drill'))).toEqual([]);

  await app.goto('/admin?tab=jobs');
  const jobs = app.locator('tr[data-job]');
  await expect(jobs.filter({ hasText: 'Restore on trial' }).first()).toContainText('Complete');
  await expect(jobs.filter({ hasText: 'Asha' }).filter({ hasText: 'database and journal' })).toHaveCount(1);
  await expect(jobs.filter({ hasText: 'The program' }).filter({ hasText: 'database' }).first()).toBeVisible();
  await looked(app, 'jobs');
  await app.getByLabel('Kind').selectOption('Backup check');
  await expect(app).toHaveURL(/kind=BACKUP_CHECK/);
  await expect(jobs).toHaveCount(1);
  await app.getByLabel('State').selectOption('Failed');
  await expect(app.getByText(/^No job fits/)).toBeVisible();
});

/** Bars in waves; an average crosses another now and then. */
function waves(bars: number): string {
  const close = (bar: number) => 100 + 10 * Math.sin(bar / 9) + 6 * Math.cos(bar / 31) + bar / 50;
  const rows = Array.from({ length: bars }, (_, bar) => {
    const [open, last] = [close(Math.max(0, bar - 1)), close(bar)];
    const figures = [open, Math.max(open, last) + 0.5, Math.min(open, last) - 0.5, last];
    return [20_000 * 86_400 + bar * 3_600, ...figures.map((figure) => figure.toFixed(2)), 1000].join();
  });
  return ['ts,open,high,low,close,volume', ...rows, ''].join('\n');
}

test('a sweep shows among the jobs, moves, and is canceled there', async ({ app }) => {
  test.setTimeout(240_000);
  await app.goto('/backtest?tab=files');
  await expect(app.getByRole('tabpanel').locator(':is(tbody tr, .empty)').first()).toBeVisible();
  await app
    .getByLabel(/^Send files/)
    .setInputFiles({ name: 'hours.csv', mimeType: 'text/csv', buffer: Buffer.from(waves(6_000)) });
  await expect(app.locator('tr[data-file="hours.csv"]')).toBeVisible();
  const asked = await app.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string };
    const config = `name = "slow sweep"
[account]
cash = "100000"
[[instruments]]
id = "WAVE.TEST"
tick = "0.01"
lot = "1"
[[data]]
file = "hours.csv"
interval = "1h"
[strategy]
id = "ema_cross"
parameters = { fast = 5, slow = 20 }
[risk]
profile = "wide"
`;
    const grid = 'fast = { from = 3, to = 42, step = 1 }\nslow = { from = 45, to = 345, step = 3 }';
    const response = await fetch('/api/v1/backtests', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf_token },
      body: JSON.stringify({ kind: 'SWEEP', config, grid }),
    });
    return `${response.status} ${await response.text()}`;
  });
  expect(asked).toMatch(/^202 /);
  await app.goto('/admin?tab=jobs');
  const job = app.locator('tr[data-job]').filter({ hasText: 'slow sweep' });
  await expect(job).toContainText('Running');
  await expect(job.getByRole('progressbar')).toBeVisible();
  await expect(job).toContainText(/of 4,040 variants/);
  await job.getByRole('button', { name: 'Cancel slow sweep' }).click();
  const question = app.getByRole('dialog');
  await expect(question).toContainText('asked for by Asha');
  await expectAccessible(app, 'the question before canceling a job');
  await question.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(job).toContainText('Canceled');
  await expect(job.getByRole('button')).toHaveCount(0);
});

test('settings are found, changed while the program runs, and taken back', async ({ app }) => {
  test.setTimeout(240_000);
  await app.goto('/admin?tab=settings');
  const row = (key: string) => app.locator(`tr[data-setting="${key}"]`);
  await expect(row('listen')).toContainText('Command line');
  await expect(row('backup.key')).toContainText('set');
  await expect(row('backup.key')).toContainText('Environment');
  await expect(app.locator('main')).not.toContainText('a7a7a7a7');
  await looked(app, 'settings');
  await app.getByLabel('Find').fill('reads person');
  await expect(app.locator('tr[data-setting]')).toHaveCount(1);
  await expect(app).toHaveURL(/find=reads/);
  const read = row('limits.rates.read');
  await read.getByRole('button', { name: 'Change limits.rates.read' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel('Value').fill('1/h');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await expect(dialog.getByText(/less than a tenth/).first()).toBeVisible();
  await expectAccessible(app, 'changing a setting');
  await dialog.getByLabel('Value').fill('5000/min');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await expect(read).toContainText('Changed here');
  await expect(read).toContainText('5000/min');
  const limit = await app.evaluate(async () =>
    (await fetch('/api/v1/session')).headers.get('x-ratelimit-limit'),
  );
  expect(limit).toBe('5000');
  await read.getByRole('button', { name: /^Take back/ }).click();
  await expect(read).toContainText('1000/min');
  await expect(read).toContainText('Default');
});

test('people choose what they are told of, and are told', async ({ app }) => {
  test.setTimeout(240_000);
  await app.goto('/settings?tab=notifications');
  await expect(app.locator('tr[data-event]')).toHaveCount(8);
  await app.getByLabel('Backtest done or failed: In the page').uncheck();
  await app.getByLabel('Order filled: Sound').check();
  await app.getByRole('checkbox', { name: /^Quiet hours/ }).check();
  await app.getByLabel('From', { exact: true }).fill('08:00');
  await app.getByLabel('To', { exact: true }).fill('08:00');
  await app.getByRole('button', { name: 'Save' }).click();
  await expect(app.getByText(/begin and end are the same/).first()).toBeVisible();
  await app.getByLabel('To', { exact: true }).fill('09:30');
  await app.getByRole('button', { name: 'Save' }).click();
  await expect(app.getByText('Saved', { exact: true })).toBeVisible();
  await looked(app, 'notifications');
  await app.getByRole('button', { name: 'Try them' }).click();
  await expect(app.getByText('This is how it looks')).toBeVisible();
  await app.reload();
  await expect(app.getByLabel('Backtest done or failed: In the page')).not.toBeChecked();
  await expect(app.getByLabel('From', { exact: true })).toHaveValue('08:00');

  // What the hub tells of shows in the page, wherever one is.
  await app.getByRole('button', { name: 'Kill switch' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel(/^Reason/).fill('a drill');
  await dialog.getByRole('button', { name: 'Engage kill switch' }).click();
  const toast = app.locator('.toast').filter({ hasText: 'Kill switch engaged' });
  await expect(toast).toHaveCount(1);
  await expect(toast).toContainText('a drill');
  await app.getByRole('button', { name: 'KILL SWITCH ON' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Lift kill switch' }).click();
  await expect(app.locator('.toast').filter({ hasText: 'Kill switch lifted' })).toHaveCount(1);
});
