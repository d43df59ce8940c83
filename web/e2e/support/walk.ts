/** Bars of a random walk, the same ones every time, and how they get into a catalogue. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINARY } from './demo';

export interface Row {
  ts: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

/** SplitMix64, as the program's own tests have it. */
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

/** So many bars, `step_ms` long, the last of which closes at `end_ms`. */
export function walk(bars: number, step_ms: number, end_ms: number): Row[] {
  const next = uniform(7n);
  let last = 60_000;
  return Array.from({ length: bars }, (_, index) => {
    const [first, now] = [last, last * (1 + (next() - 0.5) / 500)];
    last = now;
    const [top, bottom] = [Math.max(first, now) * 1.0004, Math.min(first, now) * 0.9996];
    const [open = '', high = '', low = '', close = ''] = [first, top, bottom, now].map((v) => v.toFixed(2));
    const ts = new Date(end_ms - (bars - index) * step_ms).toISOString();
    return { ts, open, high, low, close, volume: (next() * 5).toFixed(4) };
  });
}

/** Takes bars into the catalogue of a data folder that no program uses. */
export function importBars(data: string, series: readonly [string, string], rows: readonly Row[]): void {
  const [instrument, interval] = series;
  const lines = rows.map((row) => [row.ts, row.open, row.high, row.low, row.close, row.volume].join());
  const file = join(data, 'bars.csv');
  writeFileSync(file, `ts,open,high,low,close,volume\n${lines.join('\n')}\n`);
  const place = ['--data', data, '--instrument', instrument, '--interval', interval];
  execFileSync(BINARY, ['catalog', 'import', file, ...place]);
}
