/** Stored series in words and in the address. */
import type { BarSeries, CatalogueSeries, SeriesQuality } from '$/api/catalogue';
import type { Tone } from '$/ui/Badge.svelte';

export const KINDS = ['bars', 'trades', 'quotes', 'options'] as const;

export type SeriesName = Pick<CatalogueSeries, 'kind' | 'instrument' | 'interval'>;

/** As the address holds it: `bars~BTC-USD.COINBASE~1m`. */
export function seriesKey({ kind, instrument, interval }: SeriesName): string {
  return [kind, instrument, interval ?? ''].join('~');
}

/** The bars that a key names; `null` for other kinds and for what is no key. */
export function barsOf(key: string | null): BarSeries | null {
  const [kind, instrument = '', interval = ''] = (key ?? '').split('~');
  return kind === 'bars' && instrument && interval ? { instrument, interval } : null;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Cut, not rounded: only a series without a finding has 1. */
export function scoreText(score: number): string {
  return (Math.floor(score * 1_000) / 1_000).toFixed(3);
}

/** A series is good when no check found anything. */
export function scoreTone(quality: SeriesQuality): Tone {
  return quality.checks.every((check) => check.count === 0) ? 'good' : 'warn';
}

/** `0.12 %`; what is there but would show as nothing says so. */
export function shareText(share: number): string {
  if (share === 0) return '0 %';
  return share < 0.0001 ? '< 0.01 %' : `${(share * 100).toFixed(2)} %`;
}
