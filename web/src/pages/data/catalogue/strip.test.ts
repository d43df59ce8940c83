import { describe, expect, it } from 'vitest';
import type { CatalogueGap as Gap } from '$/api/catalogue';
import { barsMissing, pieces } from './strip';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 1, hour)).toISOString();
const gap = (from: number, to: number, bars = (to - from) * 60): Gap => ({
  from: at(from),
  to: at(to),
  bars,
});
const strip = (...gaps: Gap[]) => pieces({ from: at(0), to: at(100), gaps });

describe('the strip of gaps', () => {
  it('has each gap where it is, in order', () => {
    expect(strip(gap(50, 75), gap(10, 20))).toEqual([
      { start: 0.1, width: 0.1, gaps: 1 },
      { start: 0.5, width: 0.25, gaps: 1 },
    ]);
  });
  it('shows what is too short to be seen, also at the very end', () => {
    const short: Gap = { from: at(40), to: '2026-11-02T16:01:00Z', bars: 1 };
    const last: Gap = { from: '2026-11-05T03:59:00Z', to: at(100), bars: 1 };
    const [middle, end] = strip(short, last);
    expect(middle?.width).toBeCloseTo(0.003);
    expect(end && end.start + end.width).toBeCloseTo(1);
  });
  it('draws gaps that would touch as one', () => {
    const found = strip(
      ...Array.from({ length: 50 }, (_, minute) => gap(20 + minute / 100, 20.005 + minute / 100)),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.gaps).toBe(50);
    expect(strip(gap(10, 30), gap(15, 20))).toEqual([
      { start: 0.1, width: expect.closeTo(0.2) as number, gaps: 2 },
    ]);
  });
  it('cuts what reaches beyond it and leaves out what is outside', () => {
    expect(strip(gap(-10, 10), gap(90, 120), gap(-20, -10), gap(110, 120))).toEqual([
      { start: 0, width: 0.1, gaps: 1 },
      { start: 0.9, width: expect.closeTo(0.1) as number, gaps: 1 },
    ]);
  });
  it('is empty for a time without length', () => {
    expect(pieces({ from: at(1), to: at(1), gaps: [gap(1, 1)] })).toEqual([]);
  });
  it('counts the bars', () => {
    expect(barsMissing([gap(1, 2), gap(5, 7, 3)])).toBe(63);
  });
});
