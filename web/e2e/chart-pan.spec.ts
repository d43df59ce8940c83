/**
 * The chart with 20,000 bars and five indicators of the real engine, panned: work of the main thread per frame.
 * `npm run pan` runs this alone and prints the figures.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { BINARY, Demo } from './support/demo';
import { frameWork, type FrameWork } from './support/frames';
import { enter, live } from './support/test';

const INSTRUMENT = 'BTC-USD.COINBASE';
const BARS = 20_000;
const INDICATORS = 'EMA_20,BBANDS_20_2,RSI_14,MACD_12_26_9,ATR_14';
/** Main-thread work per frame, 95th percentile. */
const WORK_MAX_MS = 16;
const STEPS = 120;
/** Of so many passes the best counts: what other programs take from the processor's caches is not the page's work. */
const PASSES = 3;

/** SplitMix64, as the program's own tests have it: the same bars every time. */
function uniform(seed: bigint): () => number {
  const MASK = (1n << 64n) - 1n;
  let state = seed;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
}

interface Row {
  ts: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}
/** A walk of minutes that ends a day ago. */
function walk(): Row[] {
  const next = uniform(7n);
  const end = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
  let last = 60_000;
  return Array.from({ length: BARS }, (_, index) => {
    const [first, now] = [last, last * (1 + (next() - 0.5) / 500)];
    last = now;
    const [top, bottom] = [Math.max(first, now) * 1.0004, Math.min(first, now) * 0.9996];
    const [open = '', high = '', low = '', close = ''] = [first, top, bottom, now].map((v) => v.toFixed(2));
    const ts = new Date(end - (BARS - index) * 60_000).toISOString();
    return { ts, open, high, low, close, volume: (next() * 5).toFixed(4) };
  });
}

/** Takes the walk into the catalogue, where the chart and the engine's indicators read what is older than the engine. */
function importBars(data: string, rows: readonly Row[]): void {
  const lines = rows.map((row) => [row.ts, row.open, row.high, row.low, row.close, row.volume].join());
  const file = join(data, 'bars.csv');
  writeFileSync(file, `ts,open,high,low,close,volume\n${lines.join('\n')}\n`);
  const place = ['--data', data, '--instrument', INSTRUMENT, '--interval', '1m'];
  execFileSync(BINARY, ['catalog', 'import', file, ...place]);
}

test('20,000 bars with five indicators pan within a frame', async ({ browser }) => {
  test.setTimeout(240_000);
  const demo = await Demo.start((data) => importBars(data, walk()));
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(demo.href);
    await enter(page, demo);
    await page.goto(`${demo.url}/chart?instrument=${INSTRUMENT}&interval=1m&indicators=${INDICATORS}`);
    await live(page);
    const chart = page.locator('[data-bars]');
    await expect(chart.locator('canvas').first()).toBeVisible();
    await chart.focus();
    // The left edge in view loads more, page by page, until the window is full.
    await expect(async () => {
      await page.keyboard.press('Home');
      expect(Number(await chart.getAttribute('data-bars'))).toBeGreaterThan(BARS * 0.99);
    }).toPass({ timeout: 90_000 });
    for (const id of INDICATORS.split(','))
      await expect(page.locator(`[data-indicator="${id}"] [data-output]`).first()).toHaveText(/\d/);
    // In the middle, where there is something on both sides.
    for (let press = 0; press < 20; press += 1) await page.keyboard.press('PageDown');
    const box = await chart.boundingBox();
    if (!box) throw new Error('the chart has no place');

    const pan = async () => {
      const y = box.y + box.height * 0.3;
      const [left, right] = [box.x + box.width * 0.15, box.x + box.width * 0.75];
      await page.mouse.move(left, y);
      await page.mouse.down();
      for (let step = 0; step <= STEPS; step += 1) {
        // There and back, so that new bars come in at both sides.
        const way = step <= STEPS / 2 ? step : STEPS - step;
        await page.mouse.move(left + ((right - left) * way) / (STEPS / 2), y);
      }
      await page.mouse.up();
    };
    const measured: Record<string, number> = {};
    // From the usual view to as many as the chart can show at once: a bar then has a pixel.
    for (const view of ['usual view', 'ten times as many', 'as many as can be']) {
      const passes: FrameWork[] = [];
      for (let pass = 0; pass < PASSES; pass += 1) passes.push(await frameWork(page, pan));
      const [work] = passes.sort((a, b) => a.cpu_p95 - b.cpu_p95);
      if (!work) throw new Error('there is at least one pass');
      measured[view] = work.cpu_p95;
      console.log(
        `${view}: p95 ${work.cpu_p95.toFixed(1)} ms of main-thread work per frame ` +
          `(wall ${work.wall_p95.toFixed(1)} ms, most ${work.cpu_max.toFixed(1)} ms, ${work.frames} frames)`,
      );
      expect(work.frames).toBeGreaterThan(STEPS / 6);
      await chart.focus();
      for (let press = 0; press < 10; press += 1) await page.keyboard.press('-');
    }
    for (const [view, work] of Object.entries(measured))
      expect.soft(work, view).toBeLessThanOrEqual(WORK_MAX_MS);
  } finally {
    await context.close();
    await demo.dispose();
  }
});
