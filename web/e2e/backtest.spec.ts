/** Backtests: bars taken, a run with its report, a sweep that is stopped and goes on. Against the real binary. */
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { expect, test } from './support/test';

/** Daily bars in waves; an average crosses another now and then. */
function waves(days: number): string {
  const rows = ['ts,open,high,low,close,volume'];
  let last = 100;
  for (let day = 0; day < days; day += 1) {
    const close = Math.round((100 + 10 * Math.sin(day / 9) + 6 * Math.cos(day / 31) + day / 50) * 100) / 100;
    const [high, low] = [Math.max(last, close) + 0.5, Math.min(last, close) - 0.5];
    const figures = [last, high, low, close].map((figure) => figure.toFixed(2));
    rows.push([(20_000 + day) * 86_400, ...figures, 1000].join(','));
    last = close;
  }
  return rows.join('\n') + '\n';
}
const file = (days: number) => ({
  name: 'waves.1d.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(waves(days)),
});

test('a file is sent, a run made, its report looked at, runs compared', async ({ app }) => {
  await app.goto('/backtest?tab=files');
  await app.getByLabel(/^Send files/).setInputFiles(file(1_500));
  await expect(app.locator('tr[data-file="waves.1d.csv"]')).toBeVisible();
  await app.getByRole('button', { name: 'Take them' }).click();
  await expect(app.locator('tr[data-file$="-1m.csv"]')).toBeVisible();
  await expectAccessible(app, 'files');

  await app.getByRole('tab', { name: 'New' }).click();
  await app.getByLabel('Data', { exact: true }).selectOption('waves.1d.csv');
  await expect(app.getByLabel('Instrument', { exact: true })).toHaveValue('WAVES.FILE');
  await app.getByRole('button', { name: 'Write the configuration' }).click();
  const config = app.getByLabel(/^Configuration/);
  await expect(config).toHaveValue(/waves\.1d\.csv/);
  await expectAccessible(app, 'a new backtest');
  const written = await config.inputValue();
  await config.fill(written.replace('cash', 'cahs'));
  await app.getByRole('button', { name: 'Start' }).click();
  await expect(app.getByText(/did you mean `cash`/)).toBeVisible();
  for (const fast of ['5', '12']) {
    await config.fill(written.replace(/fast = \d+/, `fast = ${fast}`));
    await app.getByLabel('Name', { exact: true }).fill(`fast ${fast}`);
    await app.getByRole('button', { name: 'Start' }).click();
    const row = app.locator('tr[data-job]').filter({ hasText: `fast ${fast}` });
    await expect(row).toContainText('COMPLETE');
    if (fast === '5') {
      await app.getByRole('tab', { name: 'New' }).click();
      await app.getByLabel('Data', { exact: true }).selectOption('waves.1d.csv');
    }
  }
  const report = app.frameLocator('iframe[title^="Report of"]');
  await expect(report.getByText(/Sharpe/).first()).toBeVisible();
  for (const name of ['fast 5', 'fast 12']) await app.getByLabel(`Compare ${name}`).check();
  const comparison = app.getByRole('group', { name: 'Comparison' });
  await expect(comparison.locator('tr').filter({ hasText: 'Sharpe ratio' }).locator('td')).toHaveCount(2);
  await expect(comparison).toContainText('fast 5');
  await expectAccessible(app, 'two runs compared');
  await app.screenshot({ path: 'test-results/screens/backtest-run.png', fullPage: true });
});

test('a sweep of a thousand shows how far it is, is stopped, and goes on', async ({ app, demo }) => {
  await app.goto('/backtest?tab=files');
  if ((await app.locator('tr[data-file="waves.1d.csv"]').count()) === 0) {
    await app.getByLabel(/^Send files/).setInputFiles(file(1_500));
  }
  await expect(app.locator('tr[data-file="waves.1d.csv"]')).toBeVisible();
  await app.getByRole('tab', { name: 'New' }).click();
  await app.getByRole('radio', { name: 'Sweep' }).check();
  await app.getByLabel('Data', { exact: true }).selectOption('waves.1d.csv');
  await app.getByRole('button', { name: 'Write the configuration' }).click();
  const thousand = 'fast = { from = 3, to = 27, step = 1 }\nslow = { from = 30, to = 69, step = 1 }\n';
  await app.getByLabel(/^Values to try/).fill(thousand);
  await app.getByLabel('Name', { exact: true }).fill('a thousand');
  await app.getByRole('button', { name: 'Start' }).click();

  const row = app.locator('tr[data-job]').filter({ hasText: 'a thousand' });
  const done = async () =>
    Number(/([\d,]+) of 1,000/.exec(await row.innerText())?.[1]?.replace(',', '') ?? '-1');
  await expect.poll(done).toBeGreaterThan(0);
  const before = await done();
  await expect.poll(done).toBeGreaterThan(before);
  const bar = row.getByRole('progressbar');
  await expect(bar).toBeVisible();
  await expect(app.locator('tr[data-variant]').first()).toBeVisible();
  await row.getByRole('button', { name: 'Cancel a thousand' }).click();
  await expect(row).toContainText('CANCELED');
  const stopped = await done();
  expect(stopped).toBeLessThan(1_000);
  await expectAccessible(app, 'a stopped sweep');
  await expectNoSidewaysScroll(app, 'a stopped sweep');

  await row.getByRole('button', { name: 'Resume a thousand' }).click();
  await expect.poll(done).toBeGreaterThan(stopped);
  // Killed under way: at its next start the program goes on by itself, and the open page with it.
  const killed = await done();
  await demo.restart('SIGKILL');
  await expect.poll(done, { timeout: 60_000 }).toBeGreaterThanOrEqual(killed);
  await expect(row).toContainText('COMPLETE', { timeout: 90_000 });
  await expect(app.locator('tr[data-variant]').nth(99)).toBeVisible();
  await expect(app.getByText(/1,000 variants are done/)).toBeVisible();
  await app.screenshot({ path: 'test-results/screens/backtest-sweep.png' });
});
