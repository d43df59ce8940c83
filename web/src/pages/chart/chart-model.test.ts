import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BarsOf } from '$/api';
import type { Bar, Bars } from '$/api/types';
import { BARS_MAX, LIVE_BEYOND_MAX } from './bar-window';
import { ChartModel, type Drawing } from './chart-model.svelte';

/** Pages are answered by hand, so that bars can come before, between and after them. */
interface Asked {
  before: string | undefined;
  answer: (bars: Bar[], next_before?: string) => void;
  fail: (error: unknown) => void;
}
const asked: Asked[] = [];
vi.mock('$/api', () => ({
  market: {
    bars: (_: string, { before }: BarsOf) =>
      new Promise<Bars>((resolve, reject) => {
        const answer = (bars: Bar[], next_before: string | null = null) =>
          resolve({
            instrument: 'A.X',
            interval: '1m',
            state: 'VALID',
            simulated: true,
            bars,
            overlays: {},
            next_before,
          });
        asked.push({ before, answer, fail: reject });
      }),
  },
}));

const bar = (minute: number, change: Partial<Bar> = {}): Bar => ({
  ts: `2026-11-22T10:0${minute}:00Z`,
  open: '1',
  high: '2',
  low: '0.5',
  close: '1.5',
  volume: '3',
  trades: 1,
  source: 'TRADES',
  complete: true,
  revision: 0,
  closed: true,
  ...change,
});
const drawn: number[] = [];
const drawing: Drawing = {
  setBars: (window) => drawn.push(window.count),
  updateBar: () => undefined,
};
const minutes = (model: ChartModel) => model.bars.map((b) => Number(b.ts.slice(15, 16)));
const selection = { instrument: 'A.X', interval: '1m' };

describe('the chart', () => {
  beforeEach(() => {
    asked.length = 0;
    drawn.length = 0;
  });

  it('keeps the bars that come while its page is under way', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    model.live(bar(3));
    model.live(bar(4, { closed: false }));
    asked[0]?.answer([bar(1), bar(2)]);
    await selected;
    expect(minutes(model)).toEqual([1, 2, 3, 4]);
    expect(model.last?.closed).toBe(false);
    expect(drawn).toEqual([4]);
  });

  it('reads an empty window again when the first bar shows', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([]);
    await selected;
    expect(minutes(model)).toEqual([]);
    model.live(bar(5, { closed: false }));
    expect(asked).toHaveLength(2);
    asked[1]?.answer([bar(3), bar(4)]);
    await vi.waitFor(() => expect(minutes(model)).toEqual([3, 4, 5]));
  });

  it('shows the first bar even when there is no history', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([]);
    await selected;
    model.live(bar(5, { closed: false }));
    asked[1]?.answer([]);
    await vi.waitFor(() => expect(minutes(model)).toEqual([5]));
    model.live(bar(5));
    model.live(bar(6, { closed: false }));
    expect(asked).toHaveLength(2);
    expect(model.last?.ts).toBe(bar(6).ts);
  });

  it('does not ask again by itself after an error', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.fail(new Error('no'));
    await selected;
    model.live(bar(5));
    expect(asked).toHaveLength(1);
    expect(model.error).toBeInstanceOf(Error);
  });

  it('pages back from where the page before said, until there is nothing older', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    expect(await model.older()).toBe(false);
    asked[0]?.answer([bar(6), bar(7)], bar(6).ts);
    await selected;
    const [first, second] = [model.older(), model.older()];
    expect(await second).toBe(false);
    expect(asked.map((one) => one.before)).toEqual([undefined, bar(6).ts]);
    asked[1]?.answer([bar(4)], bar(2).ts);
    expect(await first).toBe(true);
    const last = model.older();
    expect(asked[2]?.before).toBe(bar(2).ts);
    asked[2]?.answer([bar(1)]);
    expect(await last).toBe(true);
    expect(minutes(model)).toEqual([1, 4, 6, 7]);
    expect(drawn).toEqual([2, 3, 4]);
    expect(await model.older()).toBe(false);
    expect(asked).toHaveLength(3);
  });

  it('pages a window full, and no further; bars that it lets go leave it full', async () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const second = (n: number) => bar(0, { ts: new Date(start + n * 1000).toISOString() });
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([second(BARS_MAX + 9)], second(BARS_MAX + 9).ts);
    await selected;
    const first = model.older();
    const page = Array.from({ length: BARS_MAX - 1 }, (_, n) => second(n + 10));
    asked[1]?.answer(page, second(10).ts);
    expect(await first).toBe(true);
    expect(model.window.count).toBe(BARS_MAX);
    expect(await model.older()).toBe(false);
    for (let n = 0; n <= LIVE_BEYOND_MAX; n += 1) model.live(second(BARS_MAX + 10 + n));
    expect(model.window.count).toBe(BARS_MAX);
    expect(drawn.at(-1)).toBe(BARS_MAX);
    expect(await model.older()).toBe(false);
    expect(asked).toHaveLength(2);
  });

  it('shows nothing of a page that came after another choice', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([bar(8)], bar(8).ts);
    await selected;
    const older = model.older();
    const other = model.select({ ...selection, interval: '5m' });
    asked[1]?.answer([bar(7)]);
    expect(await older).toBe(false);
    asked[2]?.answer([bar(5)], bar(5).ts);
    await other;
    expect(minutes(model)).toEqual([5]);
    const page = model.older();
    asked[3]?.answer([bar(4)]);
    expect(await page).toBe(true);
    expect(minutes(model)).toEqual([4, 5]);
  });

  it('asks again for an older page that failed, but not for ever', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([bar(6)], bar(6).ts);
    await selected;
    for (let tries = 1; tries <= 3; tries += 1) {
      const older = model.older();
      expect(asked[tries]?.before).toBe(bar(6).ts);
      asked[tries]?.fail(new Error('no'));
      expect(await older).toBe(false);
    }
    expect(await model.older()).toBe(false);
    expect(asked).toHaveLength(4);
  });

  it('counts failures of older pages anew after one that came', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([bar(9)], bar(9).ts);
    await selected;
    const fails = async () => {
      const older = model.older();
      asked.at(-1)?.fail(new Error('no'));
      await older;
    };
    await fails();
    await fails();
    const came = model.older();
    asked.at(-1)?.answer([bar(8)], bar(8).ts);
    expect(await came).toBe(true);
    await fails();
    const before = asked.length;
    const older = model.older();
    expect(asked).toHaveLength(before + 1);
    asked.at(-1)?.answer([bar(7)]);
    expect(await older).toBe(true);
  });

  it('has closed bars in its table', async () => {
    const model = new ChartModel(drawing);
    const selected = model.select(selection);
    asked[0]?.answer([bar(1)]);
    await selected;
    model.live(bar(2, { closed: false }));
    model.live(bar(2));
    expect(minutes(model)).toEqual([1, 2]);
  });
});
