import { describe, expect, it } from 'vitest';
import type { Bar, Bars } from '$/api/types';
import { BARS_MAX, BarWindow, barTime, LIVE_BEYOND_MAX } from './bar-window';

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
const page = (bars: Bar[]): Bars => ({
  instrument: 'A.X',
  interval: '1m',
  state: 'VALID',
  simulated: true,
  bars,
  overlays: {},
});
const minutes = (window: BarWindow) => window.bars.map((b) => Number(b.ts.slice(15, 16)));

describe('the window of bars', () => {
  it('joins pages in any order, without doubles', () => {
    const window = new BarWindow();
    window.take(page([bar(3), bar(4)]));
    window.take(page([bar(1), bar(2), bar(3)]));
    expect(minutes(window)).toEqual([1, 2, 3, 4]);
  });
  it('follows a bar as it forms and closes', () => {
    const window = new BarWindow();
    window.take(page([bar(1)]));
    expect(window.apply(bar(2, { closed: false, close: '7' }))).toBe('last');
    expect(window.apply(bar(2, { closed: false, close: '8', trades: 2 }))).toBe('last');
    expect(window.apply(bar(2, { closed: true, close: '9' }))).toBe('last');
    expect(window.last?.close).toBe('9');
    expect(minutes(window)).toEqual([1, 2]);
  });
  it('never turns a closed bar back into a forming one', () => {
    const window = new BarWindow();
    window.take(page([bar(1), bar(2)]));
    expect(window.apply(bar(2, { closed: false, close: '0' }))).toBe('none');
    window.take(page([bar(2, { closed: false, close: '0' })]));
    expect(window.last?.close).toBe('1.5');
  });
  it('takes an amendment of an older bar', () => {
    const window = new BarWindow();
    window.take(page([bar(1), bar(2)]));
    expect(window.apply(bar(1, { revision: 1, close: '6' }))).toBe('past');
    expect(window.at(barTime('2026-11-22T10:01:00Z'))?.close).toBe('6');
    expect(window.apply(bar(0, { revision: 1 }))).toBe('none');
  });
  it('is bounded: a full one lets its oldest go, many at once, and stays full', () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const at = (n: number) => ({ ...bar(0), ts: new Date(start + n * 1000).toISOString() });
    const window = new BarWindow();
    window.take(page(Array.from({ length: BARS_MAX - 1 }, (_, n) => at(n))));
    expect(window.full).toBe(false);
    window.take(page([at(BARS_MAX - 1)]));
    expect(window.full).toBe(true);
    for (let n = 0; n < LIVE_BEYOND_MAX; n += 1) expect(window.apply(at(BARS_MAX + n))).toBe('last');
    expect(window.oldest?.ts).toBe(at(0).ts);
    const newest = at(BARS_MAX + LIVE_BEYOND_MAX);
    expect(window.apply(newest)).toBe('past');
    expect(window.count).toBe(BARS_MAX);
    expect(window.full).toBe(true);
    expect(window.oldest?.ts).toBe(at(LIVE_BEYOND_MAX + 1).ts);
    expect(window.last?.ts).toBe(newest.ts);
    expect(window.times).toHaveLength(window.count);
  });
  it('takes no more of a page than there is room for: the newest', () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const at = (n: number) => ({ ...bar(0), ts: new Date(start + n * 1000).toISOString() });
    const window = new BarWindow();
    window.take(page(Array.from({ length: BARS_MAX - 5 }, (_, n) => at(n + 10))));
    window.take(page(Array.from({ length: 10 }, (_, n) => at(n))));
    expect(window.count).toBe(BARS_MAX);
    expect(window.oldest?.ts).toBe(at(5).ts);
  });
});
