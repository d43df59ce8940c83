import { describe, expect, it } from 'vitest';
import { curveOf, extentOf, levels, pathOf } from './curves';

const day = (n: number) => new Date(Date.UTC(2024, 0, n)).toISOString();

describe('curves', () => {
  it('begin at one, whatever the cash', () => {
    const curve = curveOf({ name: 'a', ts: [day(1), day(2)], equity: [50_000, 55_000] });
    expect(curve.points.map(([, part]) => part)).toEqual([1, 1.1]);
    expect(curveOf({ name: 'ruined', ts: [day(1)], equity: [0] }).points).toEqual([]);
  });
  it('cover the time of all, with some room above and below', () => {
    const a = curveOf({ name: 'a', ts: [day(1), day(3)], equity: [100, 120] });
    const b = curveOf({ name: 'b', ts: [day(2), day(5)], equity: [100, 80] });
    const extent = extentOf([a, b]);
    expect([extent?.from, extent?.to]).toEqual([Date.parse(day(1)), Date.parse(day(5))]);
    expect(extent?.low).toBeCloseTo(0.78);
    expect(extent?.high).toBeCloseTo(1.22);
    expect(pathOf(a, { from: 0, to: 1, low: 1, high: 2 }, 10, 10)).toMatch(/^M.*L/);
    expect(extentOf([])).toBeNull();
  });
  it('of many points keep the first and the last', () => {
    const ts = Array.from({ length: 10_000 }, (_, at) => new Date(at * 1_000).toISOString());
    const { points } = curveOf({ name: 'long', ts, equity: ts.map((_, at) => 100 + at) });
    expect(points.length).toBeLessThanOrEqual(1_502);
    expect([points[0]?.[1], points.at(-1)?.[1]]).toEqual([1, 100.99]);
  });
  it('have a few round levels', () => {
    expect(levels(0.78, 1.22).map((level) => Number(level.toFixed(6)))).toEqual([0.8, 0.9, 1, 1.1, 1.2]);
    for (const [low, high] of [
      [0.999, 1.001],
      [0.1, 9],
      [1, 250],
    ] as const) {
      expect(levels(low, high).length).toBeGreaterThanOrEqual(2);
      expect(levels(low, high).length).toBeLessThanOrEqual(6);
    }
  });
});
