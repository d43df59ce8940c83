/**
 * The bars and overlay points that the chart holds, by opening time: pages of history, live bars as they form and
 * close, amendments. Pure bookkeeping; drawing and loading are elsewhere.
 */
import type { Bar, Bars, OverlayPoint } from '$/api/types';

export function barTime(ts: string): number {
  return Math.floor(Date.parse(ts) / 1000);
}

export type Overlays = Map<string, Map<number, OverlayPoint>>;
export type Change = 'none' | 'last' | 'past';

/** Bars kept; beyond it the oldest go. More than a screen can show, less than a browser minds. */
export const BARS_MAX = 20_000;

interface Entry {
  time: number;
  bar: Bar;
}

export class BarWindow {
  #entries: Entry[] = [];
  readonly overlays: Overlays = new Map();

  get bars(): Bar[] {
    return this.#entries.map((entry) => entry.bar);
  }
  get count(): number {
    return this.#entries.length;
  }
  get last(): Bar | null {
    return this.#entries.at(-1)?.bar ?? null;
  }
  get oldest(): Bar | null {
    return this.#entries[0]?.bar ?? null;
  }

  at(time: number): Bar | null {
    const entry = this.#entries[this.#indexOf(time)];
    return entry?.time === time ? entry.bar : null;
  }

  /** Takes in a page, in whatever order pages come. What a page says about a bar wins unless ours is newer. */
  take(page: Bars): void {
    const byTime = new Map(page.bars.map((bar) => [barTime(bar.ts), bar]));
    for (const { time, bar } of this.#entries) {
      const other = byTime.get(time);
      if (!other || newer(bar, other)) byTime.set(time, bar);
    }
    const entries = [...byTime].map(([time, bar]) => ({ time, bar }));
    this.#entries = entries.sort((a, b) => a.time - b.time).slice(-BARS_MAX);
    this.takeOverlays(page);
  }

  takeOverlays(page: Pick<Bars, 'overlays'>): void {
    for (const [line, points] of Object.entries(page.overlays)) {
      const known = this.overlays.get(line) ?? new Map<number, OverlayPoint>();
      for (const point of points) known.set(barTime(point.ts), point);
      this.overlays.set(line, known);
    }
  }

  /** A live bar. Tells whether it was the newest, an amendment of an older one, or nothing new. */
  apply(bar: Bar): Change {
    const time = barTime(bar.ts);
    const last = this.#entries.at(-1);
    if (!last || time > last.time) {
      this.#entries.push({ time, bar });
      if (this.#entries.length <= BARS_MAX) return 'last';
      this.#trim();
      return 'past';
    }
    const entry = this.#entries[this.#indexOf(time)];
    if (entry?.time !== time || newer(entry.bar, bar)) return 'none';
    entry.bar = bar;
    return entry === last ? 'last' : 'past';
  }

  clear(): void {
    this.#entries = [];
    this.overlays.clear();
  }

  /** Drops a tenth at once, so that a full window is not redrawn with every bar. */
  #trim(): void {
    this.#entries.splice(0, BARS_MAX / 10);
    const from = this.#entries[0]?.time ?? 0;
    for (const points of this.overlays.values()) {
      for (const time of points.keys()) if (time < from) points.delete(time);
    }
  }

  /** Index of the first bar that opens at `time` or later. */
  #indexOf(time: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.time ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether `a` says more than `b` about the same bar: closed over forming, a later revision over an earlier. */
function newer(a: Bar, b: Bar): boolean {
  if (a.closed !== b.closed) return a.closed;
  return a.revision !== b.revision ? a.revision > b.revision : a.trades > b.trades;
}
