/** Backtests: bars taken, a run with its report, a sweep that is stopped and goes on. Against the real binary. */
import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { expect, test } from './support/test';

/** Bars in waves; an average crosses another now and then. */
function waves(bars: number, step_s: number): string {
  const rows = ['ts,open,high,low,close,volume'];
  let last = 100;
  for (let bar = 0; bar < bars; bar += 1) {
    const close = Math.round((100 + 10 * Math.sin(bar / 9) + 6 * Math.cos(bar / 31) + bar / 50) * 100) / 100;
    const [high, low] = [Math.max(last, close) + 0.5, Math.min(last, close) - 0.5];
    const figures = [last, high, low, close].map((figure) => figure.toFixed(2));
    rows.push([20_000 * 86_400 + bar * step_s, ...figures, 1000].join(','));
    last = close;
  }
  return rows.join('\n') + '\n';
}
const DAYS = { name: 'waves.1d.csv', bars: 1_500, step_s: 86_400 };
/** Long enough that a sweep of a thousand can be seen to move, and stopped. */
const HOURS = { name: 'waves.1h.csv', bars: 6_000, step_s: 3_600 };
const file = ({ name, bars, step_s }: typeof DAYS) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(waves(bars, step_s)),
});

/** The file of waves is there, whichever test came first. */
async function haveFile(app: Page, of = DAYS): Promise<void> {
  await app.goto('/backtest?tab=files');
  const panel = app.getByRole('tabpanel');
  await expect(panel.locator(':is(tbody tr, .empty)').first()).toBeVisible();
  const row = app.locator(`tr[data-file="${of.name}"]`);
  if ((await row.count()) === 0) await app.getByLabel(/^Send files/).setInputFiles(file(of));
  await expect(row).toBeVisible();
}

/** The same on a phone: nothing sticks out, and nothing that is wider than the screen lacks its own scrolling. */
async function expectFitsPhone(app: Page, what: string): Promise<void> {
  const desk = app.viewportSize() ?? { width: 1440, height: 900 };
  await app.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(app, `${what} on a phone`);
  const wide = await app
    .locator('main > *, main section')
    .evaluateAll((all) =>
      all.filter((one) => one.getBoundingClientRect().right > 361).map((one) => one.className),
    );
  expect.soft(wide, `${what} on a phone`).toEqual([]);
  await expectAccessible(app, `${what} on a phone`);
  await app.screenshot({ path: `test-results/screens/backtest-phone-${what.replaceAll(' ', '-')}.png` });
  await app.setViewportSize(desk);
}

test('a file is sent, a run made, its report looked at, runs compared', async ({ app }) => {
  await haveFile(app);
  await app.getByRole('button', { name: 'Take them' }).click();
  await expect(app.locator('tr[data-file$="-1m.csv"]')).toBeVisible();
  await expectAccessible(app, 'files');

  await app.getByRole('tab', { name: 'New' }).click();
  await app.getByRole('combobox', { name: 'Data', exact: true }).selectOption('waves.1d.csv');
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
      await app.getByRole('combobox', { name: 'Data', exact: true }).selectOption('waves.1d.csv');
    }
  }
  const report = app.frameLocator('iframe[title^="Report of"]');
  await expect(report.getByText(/Sharpe/).first()).toBeVisible();
  for (const name of ['fast 5', 'fast 12']) await app.getByLabel(`Compare ${name}`).check();
  const comparison = app.getByRole('group', { name: 'Comparison' });
  await expect(comparison.locator('tr').filter({ hasText: 'Sharpe ratio' }).locator('td')).toHaveCount(2);
  for (const name of ['fast 5', 'fast 12'])
    await expect(comparison.getByRole('columnheader', { name, exact: true })).toBeVisible();
  await expectAccessible(app, 'two runs compared');
  await app.screenshot({ path: 'test-results/screens/backtest-run.png', fullPage: true });
  await expectFitsPhone(app, 'two runs compared');
});

test('every example runs as it is, and a variant of a sweep becomes a run', async ({ app }) => {
  await haveFile(app);
  for (const title of [
    'Average cross',
    'RSI reversion with a stop-loss',
    'Breakout, and what it costs',
    'Buy and hold',
    'A script of one’s own',
    'Sweep over two averages',
    'Walk-forward',
  ]) {
    await test.step(title, async () => {
      await app.getByRole('tab', { name: 'New' }).click();
      await app.getByRole('combobox', { name: 'Data', exact: true }).selectOption('waves.1d.csv');
      await app.getByRole('combobox', { name: 'Example' }).selectOption({ label: title });
      const script = app.getByRole('button', { name: 'Put cross.rhai among the files' });
      if (title.startsWith('A script') && (await script.isVisible())) {
        await script.click();
        await expect(script).toHaveCount(0);
      }
      await app.getByRole('button', { name: 'Use the example' }).click();
      await app.getByLabel('Name', { exact: true }).fill(`example: ${title}`);
      await app.getByRole('button', { name: 'Start' }).click();
      const row = app.locator('tr[data-job]').filter({ hasText: `example: ${title}` });
      await expect(row).toContainText('COMPLETE', { timeout: 60_000 });
      // It traded: nothing of it was denied as a whole.
      await expect(row.locator('td').nth(5)).toHaveText(/[1-9].* %/);
    });
  }
  // The walk-forward is shown; its windows are there.
  await expect(app.getByRole('group', { name: 'Windows' }).locator('tbody tr').first()).toBeVisible();
  await expectAccessible(app, 'windows');
  await expectNoSidewaysScroll(app, 'windows');
  await app.screenshot({ path: 'test-results/screens/backtest-walk.png' });
  await expectFitsPhone(app, 'windows');

  await app.getByRole('link', { name: 'example: Sweep over two averages' }).click();
  await app
    .getByRole('button', { name: /^Run it: fast/ })
    .first()
    .click();
  await expect(app.getByLabel(/^Configuration/)).toHaveValue(/fast = \d+, slow = \d+/);
  await expect(app.getByRole('radio', { name: 'Run' })).toBeChecked();
  await app.getByRole('button', { name: 'Start' }).click();
  const best = app.locator('tr[data-job]').filter({ hasText: /Sweep over two averages: fast \d+, slow \d+/ });
  await expect(best).toContainText('COMPLETE');
});

test('what is wrong is said before anything is sent, and what was typed stays', async ({ app }) => {
  await app.goto('/backtest?tab=files');
  const files = app.getByLabel(/^Send files/);
  await files.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await expect(app.getByText(/notes\.txt must end in/)).toBeVisible();
  await haveFile(app);
  await files.setInputFiles(file(DAYS));
  await expect(app.getByText(/There is a waves\.1d\.csv already/)).toBeVisible();

  await app.getByRole('tab', { name: 'New' }).click();
  await app.getByRole('combobox', { name: 'Data', exact: true }).selectOption('waves.1d.csv');
  await app.getByLabel('Cash').fill('much');
  await app.getByRole('button', { name: 'Write the configuration' }).click();
  await expect(app.getByText('A number above 0, e.g. 100000')).toBeVisible();
  await expectAccessible(app, 'a field that is wrong');
  await app.getByLabel('Cash').fill('5000');
  await app.getByRole('button', { name: 'Write the configuration' }).click();
  const config = app.getByLabel(/^Configuration/);
  await expect(config).toHaveValue(/cash = "5000"/);
  await config.press('End');
  await config.fill(`${await config.inputValue()}# mine\n`);
  await app.getByRole('tab', { name: 'Files' }).click();
  await app.getByRole('tab', { name: 'New' }).click();
  await expect(config).toHaveValue(/# mine/);
  await app.getByRole('button', { name: 'Use the example' }).click();
  await expect(app.getByRole('dialog')).toContainText('What you changed in its text is lost');
  await app.keyboard.press('Escape');
  await expect(config).toHaveValue(/# mine/);

  await app.getByRole('radio', { name: 'Walk-forward' }).check();
  await app.getByLabel('Bars to choose on').fill('1.5');
  await expect(app.getByText('A whole number, 1 or more')).toBeVisible();
  await expect(app.getByRole('button', { name: 'Start' })).toBeDisabled();

  await app.goto('/backtest?job=bt-nothing');
  await expect(app.getByText(/This backtest is not there/)).toBeVisible();
});

test('a sweep of a thousand shows how far it is, is stopped, and goes on', async ({ app, demo }) => {
  test.setTimeout(300_000);
  await haveFile(app, HOURS);
  await app.getByRole('tab', { name: 'New' }).click();
  await app.getByRole('radio', { name: 'Sweep' }).check();
  await app.getByRole('combobox', { name: 'Data', exact: true }).selectOption(HOURS.name);
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
  await expect(row).toContainText('COMPLETE', { timeout: 180_000 });
  await expect(app.locator('tr[data-variant]').nth(99)).toBeVisible();
  await expect(app.getByText(/1,000 variants are done/)).toBeVisible();
  await app.screenshot({ path: 'test-results/screens/backtest-sweep.png' });
  await expectFitsPhone(app, 'a sweep');
});
