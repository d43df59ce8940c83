/**
 * The chart with 20,000 bars and five indicators of the real engine, panned: work of the main thread per frame.
 * `npm run pan` runs this alone and prints the figures.
 */
import { expect, test, type Request } from '@playwright/test';
import { Demo } from './support/demo';
import { frameWork, type FrameWork } from './support/frames';
import { enter, live } from './support/test';
import { importBars, walk } from './support/walk';

const INSTRUMENT = 'BTC-USD.COINBASE';
const BARS = 20_000;
const INDICATORS = 'EMA_20,BBANDS_20_2,RSI_14,MACD_12_26_9,ATR_14';
/** Main-thread work per frame, 95th percentile. */
const WORK_MAX_MS = 16;
const STEPS = 120;
/** Of so many passes the best counts: what other programs take from the processor's caches is not the page's work. */
const PASSES = 3;

// Playwright's recording copies the page with every move of the mouse: work on the same thread that is not the page's.
test.use({ trace: 'off', screenshot: 'off' });

test('20,000 bars with five indicators pan within a frame', async ({ browser }) => {
  test.setTimeout(240_000);
  // Minutes that end a day ago; what is older than the engine's bars comes from the catalogue.
  const end = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
  const demo = await Demo.start((data) => importBars(data, [INSTRUMENT, '1m'], walk(BARS, 60_000, end)));
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const open = new Set<Request>();
    page.on('request', (request) => request.url().includes('/indicators/query') && open.add(request));
    page.on('requestfinished', (request) => open.delete(request));
    page.on('requestfailed', (request) => open.delete(request));
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
    // Values that are still on their way would be drawn while it is measured.
    await expect.poll(() => open.size, { timeout: 60_000 }).toBe(0);
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
