/** The chart page with the real engine: indicators, templates, intervals, compare, drawings, replay, grid. */
import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { expect, live, test } from './support/test';

const MINUTES = '/chart?interval=1m';
const chart = (page: Page, index = 0) => page.locator(`[data-cell="${index}"] [data-last]`);
const row = (page: Page, key: string) => page.locator(`[data-indicator="${key}"]`);

/** A page whose candles are drawn and whose indicators have come. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await live(page);
  await expect(chart(page).locator('canvas').first()).toBeVisible();
}

/** Where a place of the price pane is on the screen, as fractions of the chart. */
async function place(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  const box = await chart(page).boundingBox();
  if (!box) throw new Error('the chart has no place');
  return { x: box.x + box.width * x, y: box.y + box.height * y };
}
async function click(page: Page, x: number, y: number): Promise<void> {
  const at = await place(page, x, y);
  await page.mouse.click(at.x, at.y);
}
async function drag(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  const [a, b] = [await place(page, ...from), await place(page, ...to)];
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2);
  await page.mouse.move(b.x, b.y);
  await page.mouse.up();
}

interface Kept {
  id: string;
  kind: string;
  points: { time: string; price: string }[];
  style: { color?: string; text?: string };
}
/** The drawings as the server has them. */
function kept(page: Page, instrument?: string): Promise<Kept[]> {
  return page.evaluate(async (given) => {
    const shown = document.querySelector<HTMLSelectElement>('select[aria-label^="Instrument"]')?.value;
    const answer = await fetch(`/api/v1/chart/drawings?instrument=${given ?? shown}`);
    return (await answer.json()).drawings;
  }, instrument);
}

test('an indicator is found, set, recoloured, hidden and removed', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=none`);
  await app.getByRole('button', { name: 'Indicators' }).click();
  const dialog = app.getByRole('dialog');
  // The whole registry is on offer.
  await expect(dialog.getByRole('status')).toContainText(/2\d\d of 2\d\d indicators/);
  await dialog.getByRole('combobox').fill('bollinger bands');
  await expectAccessible(app, 'indicator search');
  await app.keyboard.press('Enter');
  await expect(dialog.getByLabel('period')).toHaveValue('20');
  await expectAccessible(app, 'indicator form');
  await dialog.getByLabel('period').fill('99999');
  await dialog.getByRole('button', { name: 'Add to the chart' }).click();
  await expect(dialog.getByLabel('period')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('period').fill('10');
  await dialog.getByRole('radio', { name: 'Green' }).check();
  await dialog.getByRole('button', { name: 'Add to the chart' }).click();
  await expect(app).toHaveURL(/indicators=BBANDS_10_2(~|%7E)4/);
  await expect(row(app, 'BBANDS_10_2').locator('[data-output=upper]')).toHaveText(/\d/);

  await row(app, 'BBANDS_10_2').getByRole('button', { name: 'BBANDS_10_2', exact: true }).click();
  await dialog.getByLabel('period').fill('12');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await expect(row(app, 'BBANDS_12_2')).toBeVisible();
  await expect(row(app, 'BBANDS_10_2')).toHaveCount(0);
  await row(app, 'BBANDS_12_2').getByRole('button', { name: 'Hide BBANDS_12_2' }).click();
  await expect(app).toHaveURL(/BBANDS_12_2(~|%7E)4(!|%21)/);
  await row(app, 'BBANDS_12_2').getByRole('button', { name: 'Remove BBANDS_12_2' }).click();
  await expect(row(app, 'BBANDS_12_2')).toHaveCount(0);
});

test('figures are those of the engine, over the candles, below them and of higher intervals', async ({
  app,
}) => {
  const path = `${MINUTES}&indicators=EMA_20,RSI_14,MACD_12_26_9,CPR_1,EMA_20@5m,CDLDOJI,OBV`;
  await open(app, path);
  for (const key of ['EMA_20', 'RSI_14', 'MACD_12_26_9', 'CDLDOJI', 'OBV', 'EMA_20@5m'])
    await expect(row(app, key).locator('[data-output]').first(), key).toHaveText(/\d/);
  // A bar in the middle is closed, so its value is settled.
  const at = await place(app, 0.5, 0.2);
  await app.mouse.move(at.x, at.y);
  const ts = await chart(app).getAttribute('data-last-ts');
  const engine = await app.evaluate(async (from) => {
    const instrument = document.querySelector<HTMLSelectElement>('select[aria-label^="Instrument"]')?.value;
    const to = new Date(Date.parse(from ?? '') + 1_000).toISOString();
    const requests = [{ instrument, interval: '1m', indicators: ['EMA_20', 'RSI_14'], from, to }];
    const session = await (await fetch('/api/v1/session')).json();
    const answer = await fetch('/api/v1/indicators/query', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf_token as string },
      body: JSON.stringify({ requests }),
    });
    const { results } = await answer.json();
    return results.map((result: { values: number[][] }) => result.values[0]?.[0]);
  }, ts);
  for (const [index, key] of ['EMA_20', 'RSI_14'].entries()) {
    const shown = Number(await row(app, key).locator('[data-output]').innerText());
    expect(shown / engine[index], key).toBeCloseTo(1, 3);
  }
  await expectAccessible(app, 'chart with many indicators');
});

test('an indicator moves on with its bars', async ({ app }) => {
  await open(app, '/chart?interval=1s&indicators=EMA_3');
  const figure = row(app, 'EMA_3').locator('[data-output]');
  await expect(figure).toHaveText(/\d/);
  const before = await figure.innerText();
  await expect(figure).not.toHaveText(before);
});

test('a template brings its indicators back', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=RSI_7~2,VWAP~5`);
  await app.getByRole('button', { name: 'Templates' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox').fill('Evening look');
  await dialog.getByLabel(/with the interval/).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.locator('[data-template="Evening look"]')).toContainText('RSI_7, VWAP');
  await expectAccessible(app, 'templates');

  await open(app, '/chart?interval=5m&indicators=none');
  await app.getByRole('button', { name: 'Templates' }).click();
  await dialog.getByRole('button', { name: 'Use Evening look' }).click();
  await expect(app).toHaveURL(/interval=1m/);
  await expect(row(app, 'RSI_7').locator('[data-output]')).toHaveText(/\d/);
  await app.getByRole('button', { name: 'Templates' }).click();
  await dialog.getByRole('button', { name: 'Delete Evening look' }).click();
  await expect(dialog.getByText('No templates yet.')).toBeVisible();
});

test('drawings are made, moved, kept and deleted with the mouse', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=none`);
  await app.getByRole('button', { name: 'Draw', exact: true }).click();
  const tool = async (name: string) => {
    await app.getByRole('button', { name, exact: true }).click();
    await expect(app.getByRole('button', { name, exact: true })).toHaveAttribute('aria-pressed', 'true');
  };
  const count = (n: number) => expect(chart(app)).toHaveAttribute('data-drawings', String(n));
  await count(0);
  await tool('Trend line');
  await click(app, 0.2, 0.3);
  await click(app, 0.4, 0.45);
  await count(1);
  await tool('Ray');
  await drag(app, [0.3, 0.6], [0.4, 0.5]);
  await count(2);
  await tool('Horizontal line');
  await click(app, 0.5, 0.15);
  await count(3);
  await tool('Vertical line');
  await click(app, 0.75, 0.5);
  await count(4);
  await tool('Rectangle');
  await drag(app, [0.45, 0.25], [0.55, 0.4]);
  await count(5);
  await tool('Fibonacci retracement');
  await drag(app, [0.84, 0.25], [0.88, 0.6]);
  await count(6);
  await tool('Text');
  await click(app, 0.6, 0.6);
  await count(7);
  await app.getByLabel('Text of the drawing').fill('Watch this');
  await app.getByLabel('Text of the drawing').press('Enter');
  await expect
    .poll(async () => (await kept(app)).find((one) => one.kind === 'TEXT')?.style.text)
    .toBe('Watch this');
  expect((await kept(app)).map((one) => one.kind).sort()).toEqual(
    ['FIBONACCI', 'HORIZONTAL_LINE', 'RAY', 'RECTANGLE', 'TEXT', 'TREND_LINE', 'VERTICAL_LINE'].sort(),
  );
  await expectAccessible(app, 'drawing bar');
  await app.screenshot({ path: 'test-results/screens/light-drawings.png' });

  // A drag of the horizontal line moves its price and nothing else; the chart stays where it is.
  const price = async () => (await kept(app)).find((one) => one.kind === 'HORIZONTAL_LINE')?.points[0]?.price;
  const before = Number(await price());
  await drag(app, [0.9, 0.15], [0.9, 0.22]);
  await expect.poll(async () => Number(await price())).toBeLessThan(before);

  await app.reload();
  await live(app);
  await count(7);
  await click(app, 0.3, 0.375);
  await app.keyboard.press('Delete');
  await count(6);
  await expect.poll(async () => (await kept(app)).some((one) => one.kind === 'TREND_LINE')).toBe(false);
  // Nothing stays for the tests that follow.
  await app.getByRole('button', { name: 'Draw', exact: true }).click();
  for (let left = 6; left > 0; left -= 1) {
    await app.getByLabel(/^Drawings of/).selectOption({ index: 1 });
    await app.getByRole('button', { name: 'Delete drawing' }).click();
    await count(left - 1);
  }
  await expect.poll(() => kept(app)).toEqual([]);
});

test('drawings are made, moved and deleted with the keyboard alone', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=none`);
  await app.getByLabel('Instrument', { exact: true }).selectOption({ index: 1 });
  await expect(chart(app)).toHaveAttribute('data-drawings', '0');
  await app.getByRole('button', { name: 'Draw', exact: true }).press('Enter');
  await app.getByRole('button', { name: 'Trend line' }).press('Enter');
  await chart(app).focus();
  await app.keyboard.press('Enter');
  await expect(chart(app)).toHaveAttribute('data-drawings', '1');
  const [made] = await kept(app);
  await app.keyboard.press('ArrowRight');
  await app.keyboard.press('ArrowUp');
  await expect
    .poll(async () => {
      const [moved] = await kept(app);
      const [a, b] = [made?.points[0], moved?.points[0]];
      return (
        Date.parse(b?.time ?? '') - Date.parse(a?.time ?? '') === 60_000 &&
        Number(b?.price) > Number(a?.price)
      );
    })
    .toBe(true);
  await app.keyboard.press('Escape');
  await expect(chart(app)).not.toHaveAttribute('data-drawing');
  await app.keyboard.press(']');
  await expect(chart(app)).toHaveAttribute('data-drawing', made?.id ?? '');
  await app.keyboard.press('Delete');
  await expect(chart(app)).toHaveAttribute('data-drawings', '0');
  await expect.poll(() => kept(app)).toEqual([]);
});

test('a replay shows the past as it was', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=EMA_5`);
  await expect(row(app, 'EMA_5').locator('[data-output]')).toHaveText(/\d/);
  await app.getByRole('button', { name: 'Replay', exact: true }).click();
  await app.getByRole('button', { name: 'Start in the middle' }).click();
  const ts = () => chart(app).getAttribute('data-last-ts');
  const first = (await ts()) ?? '';
  await expect(app.getByText('REPLAY', { exact: true })).toBeVisible();

  // What shows at the moment is what the engine says with bars up to it only.
  const closed = await app.evaluate(async (from) => {
    const instrument = document.querySelector<HTMLSelectElement>('select[aria-label^="Instrument"]')?.value;
    const to = new Date(Date.parse(from) + 60_000).toISOString();
    const answer = await fetch(
      `/api/v1/instruments/${instrument}/indicators/EMA_5?interval=1m&limit=1&to=${to}`,
    );
    const { times, values } = await answer.json();
    return { time: times[0] as string, value: values[0][0] as number };
  }, first);
  expect(Date.parse(closed.time)).toBe(Date.parse(first));
  const shown = Number(await row(app, 'EMA_5').locator('[data-output]').innerText());
  expect(shown / closed.value).toBeCloseTo(1, 5);

  await app.getByRole('button', { name: 'One bar on' }).click();
  await expect.poll(async () => Date.parse((await ts()) ?? '') - Date.parse(first)).toBe(60_000);
  await app.getByRole('button', { name: 'One bar back' }).click();
  await expect.poll(ts).toBe(first);
  await app.getByLabel('Speed in bars a second').selectOption('10');
  await app.getByRole('button', { name: 'Play', exact: true }).click();
  await expect.poll(async () => Date.parse((await ts()) ?? '') - Date.parse(first)).toBeGreaterThan(300_000);
  await app.getByRole('button', { name: 'Pause' }).click();
  const paused = await ts();
  await expectAccessible(app, 'replay');
  expect(await ts()).toBe(paused);
  await app.getByRole('button', { name: 'Back to live' }).click();
  await expect(app.getByText('REPLAY', { exact: true })).toHaveCount(0);
  await expect.poll(async () => Date.parse((await ts()) ?? '')).toBeGreaterThan(Date.parse(paused ?? ''));
});

test('a replay starts at the bar that is clicked, and hears keys', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=none`);
  await app.getByRole('button', { name: 'Replay', exact: true }).click();
  await expect(app.getByText('click on the bar to start from')).toBeVisible();
  const live = Date.parse((await chart(app).getAttribute('data-last-ts')) ?? '');
  await click(app, 0.5, 0.4);
  await expect(app.getByText('REPLAY', { exact: true })).toBeVisible();
  await app.mouse.move(0, 0);
  const ts = async () => Date.parse((await chart(app).getAttribute('data-last-ts')) ?? '');
  const first = await ts();
  expect(first).toBeLessThan(live);
  await chart(app).focus();
  await app.keyboard.press('.');
  await expect.poll(ts).toBe(first + 60_000);
  await app.keyboard.press(',');
  await expect.poll(ts).toBe(first);
});

test('another instrument is compared in percent', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=none`);
  await app.getByRole('button', { name: 'Compare' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('searchbox').fill('ETH');
  await dialog.getByRole('checkbox').first().check();
  await expectAccessible(app, 'compare');
  await app.keyboard.press('Escape');
  await expect(app.locator('[data-change^=ETH]')).toHaveText(/^[+-]?\d+\.\d\d%$/);
  await app.screenshot({ path: 'test-results/screens/light-compare.png' });
  await app.getByRole('button', { name: /^Stop comparing/ }).click();
  await expect(app.locator('[data-change]')).toHaveCount(0);
});

test('several charts share instrument and crosshair, each with its own interval', async ({ app }) => {
  await open(app, `${MINUTES}&indicators=EMA_20`);
  await app.getByLabel('Charts on the page').selectOption('4');
  for (const index of [0, 1, 2, 3]) await expect(chart(app, index).locator('canvas').first()).toBeVisible();
  await app.getByLabel('Interval of chart 2').selectOption('5m');
  await app.getByLabel('Instrument of chart 3').selectOption({ index: 1 });
  const wanted = await app.getByLabel('Instrument of chart 3').inputValue();
  await expect(app.getByLabel('Instrument of chart 1')).toHaveValue(wanted);
  await expect(chart(app, 1)).toHaveAttribute('data-last-ts', /\d/);

  // The pointer on the first chart stands at the same time on the second.
  const newest = await chart(app, 1).getAttribute('data-last-ts');
  const at = await place(app, 0.4, 0.3);
  await app.mouse.move(at.x, at.y);
  await expect(chart(app, 1)).not.toHaveAttribute('data-last-ts', newest ?? '');
  const times = await Promise.all([0, 1].map((index) => chart(app, index).getAttribute('data-last-ts')));
  const [minute = 0, five = 0] = times.map((ts) => Date.parse(ts ?? ''));
  expect(minute - five).toBeGreaterThanOrEqual(0);
  expect(minute - five).toBeLessThan(300_000);

  await app.getByLabel('Same instrument').uncheck();
  await app.getByLabel('Instrument of chart 2').selectOption({ index: 2 });
  await expect(app.getByLabel('Instrument of chart 1')).not.toHaveValue(
    await app.getByLabel('Instrument of chart 2').inputValue(),
  );
  await expectAccessible(app, 'four charts');
  await app.screenshot({ path: 'test-results/screens/light-grid.png', fullPage: true });
});

for (const look of [
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 740 } },
] as const) {
  test.describe(look.name, () => {
    test.use({ contextOptions: { colorScheme: look.colorScheme, viewport: look.viewport } });

    test(`charts, drawings and replay fit and are accessible (${look.name})`, async ({ app }) => {
      await open(app, `${MINUTES}&indicators=BBANDS_20_2,RSI_14,MACD_12_26_9,PIVOT_CLASSIC_1`);
      await expect(row(app, 'RSI_14').locator('[data-output]')).toHaveText(/\d/);
      await app.getByRole('button', { name: 'Draw', exact: true }).click();
      await app.getByRole('button', { name: 'Replay', exact: true }).click();
      await app.getByRole('button', { name: 'Start in the middle' }).click();
      await expectAccessible(app, `chart (${look.name})`);
      await expectNoSidewaysScroll(app, `chart (${look.name})`);
      await app.screenshot({ path: `test-results/screens/${look.name}-chart-tools.png`, fullPage: true });
      await app.getByRole('button', { name: 'Back to live' }).click();
      await app.getByLabel('Charts on the page').selectOption('2');
      await expect(chart(app, 1).locator('canvas').first()).toBeVisible();
      await expectNoSidewaysScroll(app, `two charts (${look.name})`);
      await app.screenshot({ path: `test-results/screens/${look.name}-chart-grid.png`, fullPage: true });
    });
  });
}
