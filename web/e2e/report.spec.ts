/** The report of `tradewind backtest run --report`: one file, opened from the disk, without a server or a network. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { BINARY } from './support/demo';
import { watch } from './support/test';

let folder = '';
let file = '';
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradewind-report-'));
  file = join(folder, 'report.html');
  const config = '../examples/backtests/ema_cross.toml';
  execFileSync(BINARY, ['backtest', 'run', '--config', config, '--report', file, '--quiet']);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(page: Page, hash = ''): Promise<string[]> {
  const complaints = watch(page);
  page.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href + hash);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('EMA cross on a synthetic series');
  return complaints;
}

for (const look of [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'phone', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const) {
  test(`a report is one small file with everything in it (${look.name})`, async ({ browser }) => {
    expect(statSync(file).size).toBeLessThan(1_000_000);
    const { colorScheme, viewport } = look;
    const page = await browser.newPage({ colorScheme, viewport, offline: true });
    const complaints = await open(page);
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
    for (const title of ['Equity', 'Drawdown', 'Returns by month', 'Monte Carlo', 'Assumptions', 'Checks'])
      await expect(page.getByRole('heading', { name: title, exact: true })).toBeVisible();
    expect(await page.locator('canvas').count()).toBeGreaterThan(0);
    await expect(page.getByText(/decisions are the same without the data that follows/)).toBeVisible();
    await page.screenshot({ path: `test-results/screens/report-${look.name}.png`, fullPage: true });
    await expectAccessible(page, `report (${look.name})`);
    await expectNoSidewaysScroll(page, `report (${look.name})`);
    expect(complaints).toEqual([]);
    await page.close();
  });
}

test('a report answers: trades sort, attribution changes, a chart tells what is under the cursor', async ({
  browser,
}) => {
  const page = await browser.newPage({ offline: true, colorScheme: 'dark' });
  const complaints = await open(page, '#light');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');

  const trades = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Closed trades' }) });
  await trades.getByRole('button', { name: 'Result' }).click();
  const results = await trades.locator('tbody tr td:nth-child(8)').allInnerTexts();
  const numbers = results.map((text) => Number(text.replaceAll(',', '').replace('−', '-')));
  expect(numbers.length).toBeGreaterThan(3);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));

  const origin = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Where the result came from' }) });
  await origin.getByRole('combobox').selectOption('by_weekday');
  await expect(origin.locator('tbody')).toContainText('MONDAY');

  const equity = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Equity', exact: true }) });
  const last = await equity.locator('.legend b').first().innerText();
  await equity.scrollIntoViewIfNeeded();
  const box = await equity.locator('canvas').first().boundingBox();
  if (!box) throw new Error('the chart has no size');
  await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2);
  await expect(equity.locator('.legend b').first()).not.toHaveText(last);
  expect(complaints).toEqual([]);
  await page.close();
});
