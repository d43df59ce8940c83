import { describe, expect, it } from 'vitest';
import {
  agrees,
  asOf,
  baseIndex,
  extend,
  fromHigher,
  merged,
  onBars,
  rebased,
  type ValueSeries,
} from './align';
import { closedBy } from './sorted-times';

const series = (times: number[], ...values: (number | null)[][]): ValueSeries => ({ times, values });
const list = (column: Float64Array) => [...column].map((value) => (Number.isNaN(value) ? null : value));

describe('values of the chart’s own interval', () => {
  it('stand at their bars, and nowhere else', () => {
    const placed = onBars([60, 120, 240], series([0, 60, 180, 240], [1, 2, 3, 4]), 0);
    expect(list(placed)).toEqual([2, null, 4]);
  });
  it('are missing where the engine had none', () => {
    expect(list(onBars([0, 60], series([0, 60], [null, 7]), 0))).toEqual([null, 7]);
  });
});

describe('values of a higher interval', () => {
  // Five bars of a minute, bars of two minutes; the last of those, at 240, still runs.
  const bars = [0, 60, 120, 180, 240];
  const higher = series([0, 120, 240], [10, 20, 30]);
  it('show from the close of their bar on, never before', () => {
    expect(list(fromHigher(bars, 60, higher, 0, 120, false))).toEqual([null, 10, 10, 20, 20]);
  });
  it('show the running value at the newest bar only', () => {
    expect(list(fromHigher(bars, 60, higher, 0, 120, true))).toEqual([null, 10, 10, 20, 30]);
  });
  it('wait for a close that a gap postpones no longer than the interval', () => {
    expect(list(fromHigher([0, 60, 600], 60, series([0, 600], [1, 2]), 0, 120, false))).toEqual([null, 1, 1]);
  });
});

describe('a replay', () => {
  it('shows bars that have closed, the one closing at the moment included', () => {
    const times = [0, 60, 120];
    expect([59, 60, 119, 120, 999].map((moment) => closedBy(times, 60, moment))).toEqual([0, 1, 1, 2, 3]);
  });
});

describe('a compared instrument', () => {
  it('has its last close at or before each bar', () => {
    expect(list(asOf([0, 60, 120, 180], [60, 150], [5, 6]))).toEqual([null, 5, 5, 6]);
  });
  it('has the same height at the base, and equal percents are equal heights', () => {
    const other = Float64Array.from([2, 4, 3]);
    expect(list(rebased(other, [100, 200, 50], 1))).toEqual([100, 200, 150]);
    expect(baseIndex(Float64Array.from([Number.NaN, Number.NaN, 3]), 0)).toBe(2);
    expect(baseIndex(Float64Array.from([1, 2, 3]), 0.4)).toBe(1);
    expect(list(rebased(Float64Array.from([1, 2]), [1, 1], -1))).toEqual([null, null]);
  });
});

describe('parts', () => {
  const known = () => series([10, 20, 30], [1, 2, 3], [4, 5, 6]);
  it('join before, after and over what is there', () => {
    expect(merged(known(), series([0], [0], [9]))).toEqual(
      series([0, 10, 20, 30], [0, 1, 2, 3], [9, 4, 5, 6]),
    );
    expect(merged(known(), series([20], [7], [8]))).toEqual(series([10, 20, 30], [1, 7, 3], [4, 8, 6]));
    expect(merged(known(), series([], [], []))).toEqual(known());
    expect(merged(series([]), known())).toEqual(known());
  });
  it('extend the end in place', () => {
    const data = known();
    expect(extend(data, series([30, 40], [33, 44], [66, 77]))).toBe(data);
    expect(data).toEqual(series([10, 20, 30, 40], [1, 2, 33, 44], [4, 5, 66, 77]));
    // An old answer that comes late must not cut off what is newer.
    expect(extend(data, series([20], [0], [0])).times).toEqual([10, 20, 30, 40]);
  });
  it('agree when what is settled is the same, and only then', () => {
    const data = series([10, 20, 30, 40], [100, 200, 300, 400]);
    expect(agrees(data, series([20, 30, 40, 50], [200.00001, 333, 444, 555]))).toBe(true);
    expect(agrees(data, series([20, 30], [201, 300]))).toBe(false);
    expect(agrees(data, series([20], [null]))).toBe(false);
    expect(agrees(data, series([15, 60], [1, 2]))).toBe(true);
    expect(agrees(series([]), data)).toBe(true);
  });
});
