/**
 * Drawings as geometry: which points a kind has, where they are on the screen, what the pointer is on, and how
 * they move. Times in seconds, prices as numbers for drawing, screen places in pixels of the price pane.
 */
import type { DrawingKind } from '$/api/charts';
import { lowerBound } from '../sorted-times';

export interface Anchor {
  time: number;
  price: number;
}
export interface Place {
  x: number;
  y: number;
}
export interface Shape {
  kind: DrawingKind;
  anchors: readonly Anchor[];
  text: string;
}

export const TOOLS: readonly { kind: DrawingKind; title: string; points: 1 | 2 }[] = [
  { kind: 'TREND_LINE', title: 'Trend line', points: 2 },
  { kind: 'RAY', title: 'Ray', points: 2 },
  { kind: 'HORIZONTAL_LINE', title: 'Horizontal line', points: 1 },
  { kind: 'VERTICAL_LINE', title: 'Vertical line', points: 1 },
  { kind: 'RECTANGLE', title: 'Rectangle', points: 2 },
  { kind: 'FIBONACCI', title: 'Fibonacci retracement', points: 2 },
  { kind: 'TEXT', title: 'Text', points: 1 },
];

export function pointsOf(kind: DrawingKind): 1 | 2 {
  return TOOLS.find((tool) => tool.kind === kind)?.points ?? 2;
}
export function titleOf(kind: DrawingKind): string {
  return TOOLS.find((tool) => tool.kind === kind)?.title ?? kind;
}

/** Ratios of a retracement: 0 is where it was drawn to, 1 where it began. */
export const FIBONACCI = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1] as const;

export function fibonacciPrice(from: number, to: number, ratio: number): number {
  return to + (from - to) * ratio;
}

/** Where a time is among bars: their index, with a fraction between two of them and beyond either end. */
export function indexOfTime(times: readonly number[], interval_s: number, time: number): number {
  const last = times.length - 1;
  const [first, newest] = [times[0], times[last]];
  if (first === undefined || newest === undefined) return 0;
  if (time <= first) return (time - first) / interval_s;
  if (time >= newest) return last + (time - newest) / interval_s;
  const after = lowerBound(times, time);
  const [low, high] = [times[after - 1] ?? first, times[after] ?? newest];
  return after - 1 + (time - low) / (high - low);
}

/** The opening time of the bar nearest to an index; beyond the bars it goes on in steps of the interval. */
export function timeOfIndex(times: readonly number[], interval_s: number, index: number): number {
  const nearest = Math.round(index);
  const last = times.length - 1;
  if (nearest < 0) return (times[0] ?? 0) + nearest * interval_s;
  if (nearest > last) return (times[last] ?? 0) + (nearest - last) * interval_s;
  return times[nearest] ?? 0;
}

/** Distance of a place from a segment, or from a ray that goes on behind `b`. */
export function distance(at: Place, a: Place, b: Place, ray = false): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((at.x - a.x) * dx + (at.y - a.y) * dy) / length;
  const clamped = Math.max(0, ray ? along : Math.min(1, along));
  return Math.hypot(at.x - (a.x + clamped * dx), at.y - (a.y + clamped * dy));
}

/** Where a ray from `a` through `b` leaves a pane. */
export function rayEnd(a: Place, b: Place, width: number, height: number): Place {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  if (dx === 0 && dy === 0) return b;
  const reach = (from: number, step: number, size: number) =>
    step > 0 ? (size - from) / step : step < 0 ? -from / step : Number.POSITIVE_INFINITY;
  const steps = Math.max(1, Math.min(reach(a.x, dx, width), reach(a.y, dy, height)));
  return { x: a.x + dx * steps, y: a.y + dy * steps };
}

const HANDLE_PX = 8;
const NEAR_PX = 6;
/** A text is about so wide for each letter. */
export const LETTER_PX = 7;
export const TEXT_HEIGHT_PX = 16;

/** The anchor that a place is on, the body of the shape, or nothing. */
export function hit(
  shape: Shape,
  places: readonly Place[],
  at: Place,
  width: number,
): number | 'body' | null {
  const [a, b] = places;
  if (!a) return null;
  const { kind, text } = shape;
  if (kind === 'HORIZONTAL_LINE') return Math.abs(at.y - a.y) <= NEAR_PX ? 'body' : null;
  if (kind === 'VERTICAL_LINE') return Math.abs(at.x - a.x) <= NEAR_PX ? 'body' : null;
  if (kind === 'TEXT') {
    const inside = at.x >= a.x - 4 && at.x <= a.x + text.length * LETTER_PX + 4;
    return inside && Math.abs(at.y - a.y) <= TEXT_HEIGHT_PX / 2 + 2 ? 'body' : null;
  }
  const handle = places.findIndex((place) => Math.hypot(place.x - at.x, place.y - at.y) <= HANDLE_PX);
  if (handle >= 0) return handle;
  if (!b) return null;
  if (kind === 'TREND_LINE') return distance(at, a, b) <= NEAR_PX ? 'body' : null;
  if (kind === 'RAY') return distance(at, a, b, true) <= NEAR_PX ? 'body' : null;
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  if (kind === 'RECTANGLE') {
    const within = at.x >= left - NEAR_PX && at.x <= right + NEAR_PX;
    return within && at.y >= top - NEAR_PX && at.y <= bottom + NEAR_PX ? 'body' : null;
  }
  // Lines of a retracement go from its left end to the right edge.
  if (at.x < left - NEAR_PX || at.x > width) return null;
  const near = FIBONACCI.some((ratio) => Math.abs(at.y - fibonacciPrice(a.y, b.y, ratio)) <= NEAR_PX);
  return near ? 'body' : null;
}

/** The anchors after a move of one of them, or of all, by bars and by price. */
export function move(
  anchors: readonly Anchor[],
  part: number | 'body',
  bars: number,
  price: number,
  times: readonly number[],
  interval_s: number,
): Anchor[] {
  return anchors.map((anchor, index) => {
    if (part !== 'body' && part !== index) return { ...anchor };
    const from = indexOfTime(times, interval_s, anchor.time);
    // A time between bars (drawn on a shorter interval) stays itself unless it moves sideways.
    const time = bars === 0 ? anchor.time : timeOfIndex(times, interval_s, from + bars);
    return { time, price: anchor.price + price };
  });
}
