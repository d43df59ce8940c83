import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from './pace';

let drawn: number;
const paced = (bars: number) =>
  new Pace(
    () => bars,
    () => (drawn += 1),
  );

describe('the pace of live drawing', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    drawn = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws the first at once and gathers the next, the longer the more bars there are', () => {
    for (const [bars, rest_ms] of [
      [500, 10],
      [20_000, 400],
    ] as const) {
      drawn = 0;
      const pace = paced(bars);
      pace.ask();
      expect(drawn).toBe(1);
      for (let n = 0; n < 5; n += 1) pace.ask();
      vi.advanceTimersByTime(rest_ms - 1);
      expect(drawn).toBe(1);
      vi.advanceTimersByTime(1);
      expect(drawn).toBe(2);
      vi.advanceTimersByTime(10_000);
      expect(drawn, 'nothing new, nothing drawn').toBe(2);
      pace.ask();
      expect(drawn).toBe(3);
    }
  });

  it('waits while the chart is being moved, and draws when it rests', () => {
    const pace = paced(500);
    pace.moved();
    pace.ask();
    expect(drawn).toBe(0);
    for (let frame = 0; frame < 20; frame += 1) {
      vi.advanceTimersByTime(16);
      pace.moved();
      pace.ask();
    }
    expect(drawn).toBe(0);
    vi.advanceTimersByTime(300);
    expect(drawn).toBe(1);
  });

  it('waits a second at most, however long it is moved', () => {
    const pace = paced(500);
    for (let frame = 0; frame < 300; frame += 1) {
      pace.moved();
      pace.ask();
      vi.advanceTimersByTime(16);
    }
    // 4.8 s of moving.
    expect(drawn).toBeGreaterThanOrEqual(3);
    expect(drawn).toBeLessThanOrEqual(5);
  });

  it('draws nothing any more when it is closed', () => {
    const pace = paced(20_000);
    pace.ask();
    pace.ask();
    pace.close();
    vi.advanceTimersByTime(10_000);
    expect(drawn).toBe(1);
  });
});
