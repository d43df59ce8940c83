import { describe, expect, it } from 'vitest';
import type { Weights } from '$/api/types';
import { linesOf, mergeHistory, stepPath, timeSpan } from './weights';

const entry = (minute: number, weights: Record<string, string>): Weights => ({
  ts: `2026-11-22T10:0${minute}:00Z`,
  weights: Object.entries(weights).map(([strategy, weight]) => ({ strategy, weight, trades: 0 })),
});

describe('weights over time', () => {
  const history = mergeHistory(
    [entry(5, { fast: '0.5', slow: '0.5' })],
    [entry(5, { fast: '0.5', slow: '0.5' }), entry(0, { fast: '0.4', slow: '0.6' })],
  );

  it('are in order, each moment once', () => {
    expect(history.map((h) => h.ts.slice(14, 16))).toEqual(['00', '05']);
  });
  it('become one line per strategy, in the order of their names', () => {
    const lines = linesOf(history, ['slow', 'fast', 'unheard-of']);
    expect(lines.map((line) => [line.strategy, line.colour, line.points.length])).toEqual([
      ['slow', 1, 2],
      ['fast', 2, 2],
    ]);
    expect(lines[1]?.points.map((p) => p.text)).toEqual(['0.4', '0.5']);
  });
  it('are drawn as steps', () => {
    const lines = linesOf(history, ['fast']);
    const line = lines[0];
    if (!line) throw new Error('no line');
    const path = stepPath(line, timeSpan(lines), { width: 100, height: 50, left: 0, bottom: 0 });
    expect(path).toBe('M0.0 30.0H100.0V25.0H100');
  });
  it('of a single moment still have a span', () => {
    const [from, to] = timeSpan(linesOf([entry(1, { fast: '1' })], []));
    expect(to).toBeGreaterThan(from);
  });
});
