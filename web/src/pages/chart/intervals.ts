/** Intervals on offer and their lengths. */

export const INTERVALS = [
  '1s',
  '5s',
  '10s',
  '30s',
  '1m',
  '5m',
  '15m',
  '30m',
  '1h',
  '4h',
  'D',
  'W',
  'M',
] as const;
export const INTERVAL_DEFAULT = '10s';

const UNIT_S: Record<string, number> = { s: 1, m: 60, h: 3_600, D: 86_400, W: 604_800, M: 2_678_400 };

/** Seconds of an interval's name, e.g. `5m`; of a month those of the longest. */
export function intervalSeconds(interval: string): number {
  const match = /^(\d*)([smhDWM])$/.exec(interval);
  return match ? Number(match[1] || 1) * (UNIT_S[match[2] ?? ''] ?? 60) : 60;
}

/** The intervals that an indicator may be computed on for a chart of this one: those above it. */
export function higherIntervals(interval: string): string[] {
  return INTERVALS.filter((name) => intervalSeconds(name) > intervalSeconds(interval));
}
