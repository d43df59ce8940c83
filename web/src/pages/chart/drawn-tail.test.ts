import { beforeEach, describe, expect, it } from 'vitest';
import { DrawnTail, KEPT } from './drawn-tail';

const point = (time: number, value = time) => ({ time, value });
const points = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => point(from + at));

describe('the newest points of a plot', () => {
  let tail: DrawnTail<{ time: number; value: number }>;
  beforeEach(() => {
    tail = new DrawnTail();
    tail.reset(points(1, 100));
  });

  it('are drawn again only where they changed', () => {
    expect(tail.take(93, points(93, 100))).toEqual([]);
    const moved = [...points(93, 97), point(98, 1), point(99), point(100, 2)];
    expect(tail.take(93, moved)).toEqual([
      { point: point(98, 1), past: true },
      { point: point(100, 2), past: false },
    ]);
    expect(tail.take(93, moved)).toEqual([]);
  });
  it('go on with new ones, for longer than the tail is', () => {
    for (let time = 101; time <= 100 + 2 * KEPT; time += 1)
      expect(tail.take(time - 7, points(time - 7, time))).toEqual([{ point: point(time), past: false }]);
    // A replay draws what comes after all that is there.
    expect(tail.take(200, points(200, 202))).toHaveLength(3);
  });
  it('are all drawn when one is missing in between, has gone, or lies before what is known', () => {
    tail.reset([...points(1, 97), ...points(99, 100)]);
    expect(tail.take(95, points(95, 100))).toBeNull();
    expect(tail.take(98, [point(99)])).toBeNull();
    expect(tail.take(10, points(10, 100))).toBeNull();
    // What could not be drawn is not taken for drawn.
    expect(tail.take(98, points(99, 100))).toEqual([]);
  });
  it('may be few, or none yet', () => {
    tail.reset([]);
    expect(tail.take(1, [point(1)])).toEqual([{ point: point(1), past: false }]);
    expect(tail.take(0, points(1, 2))).toEqual([{ point: point(2), past: false }]);
  });
});
