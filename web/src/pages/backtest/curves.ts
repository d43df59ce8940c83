/** Equity of several runs on one drawing: each in parts of what it began with, over the time that any of them covers. */

export interface EquityOf {
  name: string;
  ts: string[];
  equity: number[];
}
export interface Curve {
  name: string;
  /** Time in ms, and equity ÷ equity at the beginning. */
  points: [time_ms: number, part: number][];
}
export interface Extent {
  from: number;
  to: number;
  low: number;
  high: number;
}

/** More than a screen has columns is not drawn. */
const POINTS_MAX = 1_500;

export function curveOf({ name, ts, equity }: EquityOf): Curve {
  const first = equity[0];
  const points: Curve['points'] = [];
  if (first !== undefined && first > 0) {
    const step = Math.max(1, Math.ceil(ts.length / POINTS_MAX));
    ts.forEach((time, at) => {
      const value = equity[at];
      const wanted = at % step === 0 || at === ts.length - 1;
      if (wanted && value !== undefined) points.push([Date.parse(time), value / first]);
    });
  }
  return { name, points };
}

/** `null` when there is nothing to draw. */
export function extentOf(curves: readonly Curve[]): Extent | null {
  const extent = { from: Infinity, to: -Infinity, low: Infinity, high: -Infinity };
  for (const [time, part] of curves.flatMap((curve) => curve.points)) {
    extent.from = Math.min(extent.from, time);
    extent.to = Math.max(extent.to, time);
    extent.low = Math.min(extent.low, part);
    extent.high = Math.max(extent.high, part);
  }
  if (!(extent.from < extent.to)) return null;
  const room = (extent.high - extent.low) * 0.05 || 0.01;
  return { ...extent, low: extent.low - room, high: extent.high + room };
}

/** Round values between the two, 2 to 6 of them. */
export function levels(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((of) => of * power).find((of) => of >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => (first + at) * step);
}

export function pathOf(curve: Curve, extent: Extent, width: number, height: number): string {
  const x = (time: number) => ((time - extent.from) / (extent.to - extent.from)) * width;
  const y = (part: number) => ((extent.high - part) / (extent.high - extent.low)) * height;
  return curve.points
    .map(([time, part], at) => `${at === 0 ? 'M' : 'L'}${x(time).toFixed(1)} ${y(part).toFixed(1)}`)
    .join('');
}
