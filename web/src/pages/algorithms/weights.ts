/** The history of weights as lines: one per strategy, a point per adaptation. */
import type { Weights } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import { newestFirst } from '$/time/order';

export interface WeightLine {
  strategy: string;
  /** Which of the theme's series colours, 1 to 5. */
  colour: number;
  points: { time_ms: number; weight: number; text: string; ts: string }[];
}

/** Oldest first, each moment once. */
export function mergeHistory(past: Weights[], fresh: Weights[]): Weights[] {
  const byTime = new Map([...past, ...fresh].map((entry) => [entry.ts, entry]));
  return [...byTime.values()].sort((a, b) => newestFirst(b.ts, a.ts));
}

/** Colours follow the order of `names`, so that a strategy keeps its own; strangers come after. */
export function linesOf(history: Weights[], names: string[]): WeightLine[] {
  const strangers = history.flatMap((entry) => entry.weights.map((weight) => weight.strategy));
  const all = [...new Set([...names, ...strangers])];
  const lines = all.map((strategy, index) => ({
    strategy,
    colour: (index % 5) + 1,
    points: history.flatMap((entry) => {
      const weight = entry.weights.find((candidate) => candidate.strategy === strategy)?.weight;
      if (weight === undefined) return [];
      return [{ time_ms: Date.parse(entry.ts), weight: toDrawingNumber(weight), text: weight, ts: entry.ts }];
    }),
  }));
  return lines.filter((line) => line.points.length > 0);
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  bottom: number;
}

/** The extent in time of all lines, never empty. */
export function timeSpan(lines: WeightLine[]): [number, number] {
  const times = lines.flatMap((line) => line.points.map((point) => point.time_ms));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return from === to ? [from - 60_000, to + 60_000] : [from, to];
}

/** An SVG path that holds each weight until the next adaptation: weights jump, they don't glide. */
export function stepPath(line: WeightLine, [from, to]: [number, number], frame: Frame): string {
  const x = (time: number) => frame.left + ((time - from) / (to - from)) * (frame.width - frame.left);
  const y = (weight: number) => (1 - weight) * (frame.height - frame.bottom);
  const [first] = line.points;
  if (!first) return '';
  const steps = line.points
    .slice(1)
    .map((point) => `H${x(point.time_ms).toFixed(1)}V${y(point.weight).toFixed(1)}`);
  return `M${x(first.time_ms).toFixed(1)} ${y(first.weight).toFixed(1)}${steps.join('')}H${frame.width}`;
}
