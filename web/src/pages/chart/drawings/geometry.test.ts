import { describe, expect, it } from 'vitest';
import {
  distance,
  FIBONACCI,
  fibonacciPrice,
  hit,
  indexOfTime,
  move,
  rayEnd,
  timeOfIndex,
  type Shape,
} from './geometry';

const TIMES = [100, 160, 220, 400];

describe('times and bars', () => {
  it('place a time among bars, between them and beyond the ends', () => {
    expect([100, 130, 310, 400, 520, 40].map((time) => indexOfTime(TIMES, 60, time))).toEqual([
      0, 0.5, 2.5, 3, 5, -1,
    ]);
    expect(indexOfTime([], 60, 5)).toBe(0);
  });
  it('give the time of a bar, also of one to come', () => {
    expect([0, 0.4, 2.6, 3, 5, -2].map((index) => timeOfIndex(TIMES, 60, index))).toEqual([
      100, 100, 400, 400, 520, -20,
    ]);
  });
  it('are each other’s inverse', () => {
    for (let index = -3; index < 8; index += 1)
      expect(indexOfTime(TIMES, 60, timeOfIndex(TIMES, 60, index))).toBe(index);
  });
});

describe('what the pointer is on', () => {
  const shape = (kind: Shape['kind'], text = ''): Shape => ({ kind, anchors: [], text });
  const ends = [
    { x: 10, y: 10 },
    { x: 110, y: 60 },
  ];
  it('is an end before the body, and the body only near it', () => {
    expect(hit(shape('TREND_LINE'), ends, { x: 12, y: 9 }, 500)).toBe(0);
    expect(hit(shape('TREND_LINE'), ends, { x: 109, y: 61 }, 500)).toBe(1);
    expect(hit(shape('TREND_LINE'), ends, { x: 60, y: 37 }, 500)).toBe('body');
    expect(hit(shape('TREND_LINE'), ends, { x: 60, y: 60 }, 500)).toBeNull();
  });
  it('goes on behind the second point of a ray only', () => {
    const beyond = { x: 210, y: 110 };
    expect(hit(shape('RAY'), ends, beyond, 500)).toBe('body');
    expect(hit(shape('TREND_LINE'), ends, beyond, 500)).toBeNull();
    expect(hit(shape('RAY'), ends, { x: -90, y: -40 }, 500)).toBeNull();
  });
  it('is anywhere along a line that crosses the pane', () => {
    const [point] = ends;
    if (!point) throw new Error('the fixture has two');
    expect(hit(shape('HORIZONTAL_LINE'), [point], { x: 400, y: 13 }, 500)).toBe('body');
    expect(hit(shape('VERTICAL_LINE'), [point], { x: 13, y: 300 }, 500)).toBe('body');
    expect(hit(shape('VERTICAL_LINE'), [point], { x: 30, y: 300 }, 500)).toBeNull();
  });
  it('is inside a rectangle, on a text, on a level of a retracement', () => {
    expect(hit(shape('RECTANGLE'), ends, { x: 60, y: 20 }, 500)).toBe('body');
    expect(hit(shape('RECTANGLE'), ends, { x: 60, y: 90 }, 500)).toBeNull();
    expect(hit(shape('TEXT', 'top'), [{ x: 50, y: 50 }], { x: 60, y: 52 }, 500)).toBe('body');
    expect(hit(shape('TEXT', 'top'), [{ x: 50, y: 50 }], { x: 90, y: 52 }, 500)).toBeNull();
    expect(hit(shape('FIBONACCI'), ends, { x: 400, y: 35 }, 500)).toBe('body');
    expect(hit(shape('FIBONACCI'), ends, { x: 400, y: 80 }, 500)).toBeNull();
    expect(hit(shape('FIBONACCI'), ends, { x: 0, y: 35 }, 500)).toBeNull();
  });
  it('is nothing without a place', () => {
    expect(hit(shape('TREND_LINE'), [], { x: 0, y: 0 }, 500)).toBeNull();
  });
});

describe('lines', () => {
  it('measure to the nearest point', () => {
    expect(distance({ x: 0, y: 5 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(5);
    expect(distance({ x: 13, y: 4 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(5);
    expect(distance({ x: 3, y: 4 }, { x: 0, y: 0 }, { x: 0, y: 0 })).toBe(5);
  });
  it('run to the edge of the pane', () => {
    expect(rayEnd({ x: 0, y: 0 }, { x: 1, y: 1 }, 100, 50)).toEqual({ x: 50, y: 50 });
    expect(rayEnd({ x: 50, y: 50 }, { x: 40, y: 50 }, 100, 100)).toEqual({ x: 0, y: 50 });
    expect(rayEnd({ x: 5, y: 5 }, { x: 5, y: 5 }, 100, 100)).toEqual({ x: 5, y: 5 });
  });
  it('retrace from where they end to where they began', () => {
    expect(FIBONACCI.map((ratio) => Number(fibonacciPrice(100, 200, ratio).toFixed(9)))).toEqual([
      200, 176.4, 161.8, 150, 138.2, 121.4, 100,
    ]);
  });
});

describe('moves', () => {
  const anchors = [
    { time: 100, price: 1 },
    { time: 220, price: 2 },
  ];
  it('take all points or one along', () => {
    expect(move(anchors, 'body', 1, 0.5, TIMES, 60)).toEqual([
      { time: 160, price: 1.5 },
      { time: 400, price: 2.5 },
    ]);
    expect(move(anchors, 1, -1, 0, TIMES, 60)).toEqual([
      { time: 100, price: 1 },
      { time: 160, price: 2 },
    ]);
  });
  it('up and down keep a time that lies between two bars', () => {
    expect(move([{ time: 130, price: 1 }], 'body', 0, 1, TIMES, 60)).toEqual([{ time: 130, price: 2 }]);
  });
});
