/**
 * The bars that the chart holds, by opening time: pages of history, live bars as they form and close, amendments.
 * Pure bookkeeping; drawing and loading are elsewhere.
 */
import type { Bar, Bars } from '$/api/types';
import { lowerBound } from './sorted-times';

export function barTime(ts: string): number {
  return Math.floor(Date.parse(ts) / 1000);
}

export type Change = 'none' | 'last' | 'past';

/** Pages of history fill the window to here. More than a screen can show, less than a browser minds. */
export const BARS_MAX = 20_000;
/** So many live bars more before the oldest go, all at once: a full window is not redrawn with every bar. */
export const LIVE_BEYOND_MAX = BARS_MAX / 10;

export class BarWindow {
  #times: number[] = [];
  #bars: Bar[] = [];

  /** Oldest first. Changes in place with live bars. */
  get bars(): readonly Bar[] {
    return this.#bars;
  }
  /** Opening times of the bars in seconds. */
  get times(): readonly number[] {
    return this.#times;
  }
  get count(): number {
    return this.#bars.length;
  }
  /** There is no room for older bars: it keeps its newest. */
  get full(): boolean {
    return this.count >= BARS_MAX;
  }
  get last(): Bar | null {
    return this.#bars.at(-1) ?? null;
  }
  get oldest(): Bar | null {
    return this.#bars[0] ?? null;
  }

  at(time: number): Bar | null {
    const index = lowerBound(this.#times, time);
    return this.#times[index] === time ? (this.#bars[index] ?? null) : null;
  }

  /** Takes in a page, in whatever order pages come. What a page says about a bar wins unless ours is newer. */
  take(page: Pick<Bars, 'bars'>): void {
    const byTime = new Map(page.bars.map((bar) => [barTime(bar.ts), bar]));
    this.#times.forEach((time, at) => {
      const [bar, other] = [this.#bars[at], byTime.get(time)];
      if (bar && (!other || newer(bar, other))) byTime.set(time, bar);
    });
    const entries = [...byTime].sort(([a], [b]) => a - b).slice(-BARS_MAX);
    this.#times = entries.map(([time]) => time);
    this.#bars = entries.map(([, bar]) => bar);
  }

  /** A live bar. Tells whether it was the newest, an amendment of an older one, or nothing new. */
  apply(bar: Bar): Change {
    const time = barTime(bar.ts);
    const last = this.#times.at(-1);
    if (last === undefined || time > last) {
      this.#times.push(time);
      this.#bars.push(bar);
      const beyond = this.count - BARS_MAX;
      if (beyond <= LIVE_BEYOND_MAX) return 'last';
      this.#times.splice(0, beyond);
      this.#bars.splice(0, beyond);
      return 'past';
    }
    const index = lowerBound(this.#times, time);
    const known = this.#bars[index];
    if (this.#times[index] !== time || !known || newer(known, bar)) return 'none';
    this.#bars[index] = bar;
    return time === last ? 'last' : 'past';
  }

  clear(): void {
    this.#times = [];
    this.#bars = [];
  }
}

/** Whether `a` says more than `b` about the same bar: closed over forming, a later revision over an earlier. */
function newer(a: Bar, b: Bar): boolean {
  if (a.closed !== b.closed) return a.closed;
  return a.revision !== b.revision ? a.revision > b.revision : a.trades > b.trades;
}
