/** Puts series of values onto the bars of a chart, by time and without looking ahead. Times in seconds. */
import { lowerBound } from './sorted-times';

/** Values of one indicator as they came: opening times, and one list per output. */
export interface ValueSeries {
  times: number[];
  values: (number | null)[][];
}

export const EMPTY: ValueSeries = { times: [], values: [] };

/** One value per bar from a series of the same interval; NaN where there is none. */
export function onBars(bars: readonly number[], series: ValueSeries, output: number): Float64Array {
  const column = series.values[output] ?? [];
  const placed = new Float64Array(bars.length).fill(Number.NaN);
  let from = lowerBound(series.times, bars[0] ?? 0);
  bars.forEach((time, at) => {
    while (from < series.times.length && (series.times[from] ?? 0) < time) from += 1;
    if (series.times[from] === time) placed[at] = column[from] ?? Number.NaN;
  });
  return placed;
}

/**
 * One value per bar from a series of a higher interval: that of its last bar that had closed when the chart's bar
 * closed. The running one's value stands only at the chart's newest bar, where it is known, and not at all in a
 * replay, where its end lies ahead.
 */
export function fromHigher(
  bars: readonly number[],
  interval_s: number,
  series: ValueSeries,
  output: number,
  higher_s: number,
  live: boolean,
): Float64Array {
  const { times } = series;
  const column = series.values[output] ?? [];
  const placed = new Float64Array(bars.length).fill(Number.NaN);
  const closesAt = (at: number) =>
    Math.min((times[at] ?? 0) + higher_s, times[at + 1] ?? Number.POSITIVE_INFINITY);
  let closed = -1;
  bars.forEach((time, at) => {
    while (closed + 1 < times.length && closesAt(closed + 1) <= time + interval_s) closed += 1;
    if (closed >= 0) placed[at] = column[closed] ?? Number.NaN;
  });
  const newest = column.at(-1);
  if (live && bars.length > 0 && newest !== null && newest !== undefined) placed[bars.length - 1] = newest;
  return placed;
}

/** Another instrument's closes at the times of these bars: its last at or before each; NaN before its first. */
export function asOf(
  bars: readonly number[],
  times: readonly number[],
  closes: readonly number[],
): Float64Array {
  const placed = new Float64Array(bars.length).fill(Number.NaN);
  let last = -1;
  bars.forEach((time, at) => {
    while (last + 1 < times.length && (times[last + 1] ?? 0) <= time) last += 1;
    if (last >= 0) placed[at] = closes[last] ?? Number.NaN;
  });
  return placed;
}

/**
 * A compared series at the scale of the chart's own: both have the same value at bar `base`, so that equal heights
 * are equal changes in percent. NaN all over when one has no value there.
 */
export function rebased(other: Float64Array, own: ArrayLike<number>, base: number): Float64Array {
  const factor = (own[base] ?? Number.NaN) / (other[base] ?? Number.NaN);
  return other.map((value) => value * factor);
}

/** The first bar at or after `from` where the compared series has a value. */
export function baseIndex(other: Float64Array, from: number): number {
  const start = Math.max(0, Math.ceil(from));
  const found = other.findIndex((value, at) => at >= start && Number.isFinite(value) && value !== 0);
  return found;
}

/** Joins a part to what is there: the part wins where they overlap, and what is before and after it stays. */
export function merged(known: ValueSeries, part: ValueSeries): ValueSeries {
  const [first, last] = [part.times[0], part.times.at(-1)];
  if (first === undefined || last === undefined) return known;
  const before = lowerBound(known.times, first);
  const after = lowerBound(known.times, last + 0.5);
  const join = <T>(old: readonly T[], fresh: readonly T[]) => [
    ...old.slice(0, before),
    ...fresh,
    ...old.slice(after),
  ];
  const values = part.values.map((column, at) => join(known.values[at] ?? [], column));
  return { times: join(known.times, part.times), values };
}

/** Takes newest values into a series in place, which is cheaper than joining copies with every bar. */
export function extend(known: ValueSeries, part: ValueSeries): ValueSeries {
  const [first, last] = [part.times[0], part.times.at(-1)];
  if (first === undefined || last === undefined) return known;
  if (last < (known.times.at(-1) ?? last)) return merged(known, part);
  const at = lowerBound(known.times, first);
  known.times.splice(at, known.times.length, ...part.times);
  part.values.forEach((column, output) => {
    const old = (known.values[output] ??= []);
    old.splice(at, old.length, ...column);
  });
  return known;
}

/** How far values of the same bar may differ between two readings: what averages still weigh of older bars. */
const TOLERANCE = 1e-6;
/** Bars at the end of a series whose values may still have been changing when they were read. */
export const RUNNING = 2;

/**
 * Whether a part says the same as what is known about bars that are settled. It does not where a figure adds up from
 * a first bar that is another for each reading (OBV), or where a late trade amended the past.
 */
export function agrees(known: ValueSeries, part: ValueSeries): boolean {
  const settled = known.times.length - RUNNING;
  return part.times.every((time, at) => {
    const index = lowerBound(known.times, time);
    if (index >= settled || known.times[index] !== time) return true;
    return part.values.every((column, output) => {
      const [a, b] = [known.values[output]?.[index] ?? null, column[at] ?? null];
      if (a === null || b === null) return a === b;
      return Math.abs(a - b) <= TOLERANCE * Math.max(1e-12, Math.abs(a), Math.abs(b));
    });
  });
}
