import { describe, expect, it } from 'vitest';
import { count, openEnded, percent, progressOf, ratio } from './figures-text';

describe('progress', () => {
  it('is a part where the whole is known', () => {
    expect(progressOf(null)).toEqual({ text: 'starting', part: null });
    expect(progressOf({ stage: 'VARIANTS', done: 250, total: 1000 })).toEqual({
      text: '250 of 1,000 variants',
      part: 0.25,
    });
    expect(progressOf({ stage: 'RUNNING', done: 16_384 }).part).toBeNull();
  });
});

describe('a figure', () => {
  it('has a dash where it is not defined', () => {
    expect([percent(null), percent(-0.1234), ratio(undefined), ratio(1), count(null), count(12_345)]).toEqual(
      ['–', '-12.34 %', '–', '1.00', '–', '12,345'],
    );
  });
  it('of time without an end is told from one with', () => {
    expect(openEnded('2554-07-21T23:34:33.709551615Z')).toBe(true);
    expect(openEnded('2028-11-12T00:00:00Z')).toBe(false);
  });
});
