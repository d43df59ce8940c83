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

export class BarWindow {
  #bars: Bar[] = [];
  readonly overlays: Overlays = new Map();

  get bars(): readonly Bar[] {
    return this.#bars;
  }
  get last(): Bar | null {
    return this.#bars.at(-1) ?? null;
  }
  get oldest(): Bar | null {
    return this.#bars[0] ?? null;
  }

  at(time: number): Bar | null {
    return this.#bars.find((bar) => barTime(bar.ts) === time) ?? null;
  }

  /** Takes in a page, in whatever order pages come. What a page says about a bar wins unless ours is newer. */
  take(page: Bars): void {
    const byTime = new Map(page.bars.map((bar) => [barTime(bar.ts), bar]));
    for (const bar of this.#bars) {
      const other = byTime.get(barTime(bar.ts));
      if (!other || newer(bar, other)) byTime.set(barTime(bar.ts), bar);
    }
    this.#bars = [...byTime.entries()].sort(([a], [b]) => a - b).map(([, bar]) => bar);
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
    const last = this.last;
    if (!last || time > barTime(last.ts)) {
      this.#bars.push(bar);
      return 'last';
    }
    const index = this.#bars.findLastIndex((other) => barTime(other.ts) === time);
    const known = this.#bars[index];
    if (!known || newer(known, bar)) return 'none';
    this.#bars[index] = bar;
    return index === this.#bars.length - 1 ? 'last' : 'past';
  }

  clear(): void {
    this.#bars = [];
    this.overlays.clear();
  }
}

/** Whether `a` says more than `b` about the same bar: closed over forming, a later revision over an earlier. */
function newer(a: Bar, b: Bar): boolean {
  if (a.closed !== b.closed) return a.closed;
  return a.revision !== b.revision ? a.revision > b.revision : a.trades > b.trades;
}
