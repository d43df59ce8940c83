import { beforeEach, describe, expect, it } from 'vitest';
import type { BarSeries, SeriesQuality as Quality } from '$/api/catalogue';
import { Scores } from './scores.svelte';

const series = (instrument: string): BarSeries => ({ instrument, interval: '1m' });
/** Answered by hand. */
let asked: { instrument: string; answer: () => void; fail: (error: unknown) => void }[];
let scores: Scores;

beforeEach(() => {
  asked = [];
  const load = ({ instrument, interval }: BarSeries) =>
    new Promise<Quality>((resolve, reject) => {
      const answer = () => resolve({ instrument, interval, bars: 1, score: 1, checks: [] });
      asked.push({ instrument, answer, fail: reject });
    });
  scores = new Scores(load, () => 42);
});
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('quality scores', () => {
  it('are known when the server has answered', async () => {
    expect(scores.of(series('A.X'))).toBeNull();
    const computing = scores.compute(series('A.X'));
    expect(scores.of(series('A.X'))).toEqual({ state: 'computing' });
    asked[0]?.answer();
    await computing;
    expect(scores.of(series('A.X'))).toMatchObject({ state: 'known', at: 42, quality: { score: 1 } });
    expect(scores.of({ instrument: 'A.X', interval: '1h' })).toBeNull();
  });
  it('are computed once more when they are asked for while they are under way', async () => {
    const computing = scores.compute(series('A.X'));
    await scores.compute(series('A.X'));
    await scores.compute(series('A.X'));
    expect(asked).toHaveLength(1);
    asked[0]?.fail(new Error('no'));
    await settled();
    expect(asked).toHaveLength(2);
    expect(scores.of(series('A.X'))?.state).toBe('computing');
    // A run over many leaves it alone: it tells by itself.
    await scores.computeAll([series('A.X')]);
    asked[1]?.answer();
    await computing;
    expect(scores.of(series('A.X'))?.state).toBe('known');
    expect(asked).toHaveLength(2);
  });
  it('are asked for one after the other, past failures, and not twice', async () => {
    const first = scores.compute(series('B.X'));
    asked[0]?.answer();
    await first;
    const run = scores.computeAll(['A.X', 'B.X', 'C.X'].map(series));
    expect(scores.run).toEqual({ done: 0, of: 2 });
    expect(asked.map((one) => one.instrument)).toEqual(['B.X', 'A.X']);
    asked[1]?.fail(new Error('no'));
    await settled();
    expect(scores.of(series('A.X'))?.state).toBe('failed');
    expect(scores.run).toEqual({ done: 1, of: 2 });
    asked[2]?.answer();
    await run;
    expect(scores.of(series('C.X'))?.state).toBe('known');
    expect(scores.run).toBeNull();
  });
  it('stop after the one that is under way', async () => {
    const run = scores.computeAll(['A.X', 'B.X'].map(series));
    scores.stop();
    asked[0]?.answer();
    await run;
    expect(asked).toHaveLength(1);
    expect(scores.of(series('A.X'))?.state).toBe('known');
  });
});
