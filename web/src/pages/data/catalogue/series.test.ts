import { describe, expect, it } from 'vitest';
import type { SeriesQuality as Quality } from '$/api/catalogue';
import { consequences, policyText } from './retention';
import { barsOf, scoreText, scoreTone, seriesKey, shareText } from './series';

describe('a series in the address', () => {
  it('is found again, when it is one of bars', () => {
    const key = seriesKey({ kind: 'bars', instrument: 'BTC-USD.COINBASE', interval: '1m' });
    expect(barsOf(key)).toEqual({ instrument: 'BTC-USD.COINBASE', interval: '1m' });
  });
  it('is none otherwise', () => {
    const trades = seriesKey({ kind: 'trades', instrument: 'BTC-USD.COINBASE', interval: null });
    for (const text of [trades, null, '', 'bars~', 'bars~A.X~', 'bars~~1m', 'nonsense'])
      expect(barsOf(text)).toBeNull();
  });
});

describe('figures of quality', () => {
  it('never show more than there is', () => {
    expect([1, 0.9999, 0.98765, 0].map(scoreText)).toEqual(['1.000', '0.999', '0.987', '0.000']);
    expect([0, 0.00001, 0.0012, 1].map(shareText)).toEqual(['0 %', '< 0.01 %', '0.12 %', '100.00 %']);
  });
  it('are good only when no check found anything', () => {
    const check = (count: number) => ({
      name: 'gaps',
      title: 'Gaps',
      count,
      share: 0,
      penalty: 0,
      examples: [],
    });
    const quality = (...counts: number[]): Quality => ({
      instrument: 'A.X',
      interval: '1m',
      bars: 10,
      score: 1,
      checks: counts.map(check),
    });
    expect(scoreTone(quality(0, 0))).toBe('good');
    expect(scoreTone(quality(0, 1))).toBe('warn');
  });
});

describe('retention in words', () => {
  const due = (rows: number, into: string | null = null) => ({
    series: 'A.X',
    file: 'bars/X/A.parquet',
    from: '2020-01-01T00:00:00Z',
    to: '2020-02-01T00:00:00Z',
    rows,
    bytes: rows * 100,
    into,
  });
  it('says how long things stay', () => {
    expect(policyText({ kind: 'bars', keep_days: null })).toBe('for ever');
    expect(policyText({ kind: 'trades', keep_days: 30 })).toBe('30 days');
    expect(policyText({ kind: 'bars', keep_days: 1830, into: 'D' })).toBe(
      '1,830 days, then made into D bars',
    );
  });
  it('says before it is done how much goes and what stays of it', () => {
    const [going, made] = consequences([due(1_000), due(500, 'D')]);
    expect(going).toBe('Files that go: 2 (1,500 rows, 150.0 kB).');
    expect(made).toBe('Made into coarser bars first, which stay: 1.');
    expect(consequences([due(1)]).join()).not.toContain('coarser');
  });
});
