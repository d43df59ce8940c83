/** Which arrows stand at which bars: fills of the account, and patterns that an indicator found. */
import type { Bar, Fill } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import { lowerBound } from './sorted-times';
import type { Mark } from './marks';

/** Values of a pattern, not zero where it was found: above for bullish, below for bearish. */
export interface Pattern {
  name: string;
  values: Float64Array;
}
export interface Shown {
  bars: readonly Bar[];
  times: readonly number[];
  /** So many of the bars show. */
  count: number;
}

/** Sorted by time. */
export function marksOf(
  { bars, times, count }: Shown,
  fills: readonly Fill[],
  patterns: readonly Pattern[],
  colours: { up: string; down: string },
): Mark[] {
  const marks: Mark[] = [];
  const mark = (index: number, up: boolean, text: string) => {
    const [bar, time] = [bars[index], times[index]];
    if (!bar || time === undefined || index >= count) return;
    const price = toDrawingNumber(up ? bar.low : bar.high);
    marks.push({ time, price, up, colour: up ? colours.up : colours.down, text });
  };
  for (const { name, values } of patterns) {
    values.forEach((value, index) => {
      if (Number.isFinite(value) && value !== 0) mark(index, value > 0, name);
    });
  }
  for (const fill of fills) {
    // One that is older than the window has no bar here: its index is -1.
    const index = lowerBound(times, Date.parse(fill.ts) / 1_000 + 1e-6) - 1;
    mark(index, fill.side === 'BUY', fill.quantity);
  }
  return marks.sort((a, b) => a.time - b.time);
}
