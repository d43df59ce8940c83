/** Closes of another instrument over the range of a chart's window. */
import { market } from '$/api';
import { describeError } from '$/api/problem';
import type { Bar } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import { BarWindow } from './bar-window';

const PAGE = 2_000;

export class CompareFeed {
  error: string | null = $state(null);
  readonly instrument: string;
  readonly #interval: string;
  readonly #window = new BarWindow();
  readonly #changed: () => void;
  #closes: number[] | null = null;
  #busy = false;
  #gone = false;

  constructor(instrument: string, interval: string, changed: () => void) {
    this.instrument = instrument;
    this.#interval = interval;
    this.#changed = changed;
  }

  get times(): readonly number[] {
    return this.#window.times;
  }
  get closes(): readonly number[] {
    this.#closes ??= this.#window.bars.map((bar) => toDrawingNumber(bar.close));
    return this.#closes;
  }

  /** Loads until the range reaches back to a moment (seconds), or there is nothing more. */
  async reach(from: number): Promise<void> {
    if (this.#busy || this.#gone) return;
    this.#busy = true;
    try {
      for (;;) {
        const oldest = this.#window.oldest;
        if (oldest && (this.#window.times[0] ?? 0) <= from) break;
        const page = await market.bars(this.instrument, {
          interval: this.#interval,
          overlays: '',
          limit: PAGE,
          ...(oldest && { before: oldest.ts }),
        });
        const count = this.#window.count;
        this.#window.take(page);
        if (this.#window.count === count || this.#gone) break;
      }
      this.error = null;
      this.#tell();
    } catch (error) {
      this.error = describeError(error);
    } finally {
      this.#busy = false;
    }
  }

  live(bar: Bar): void {
    if (this.#window.count > 0 && this.#window.apply(bar) !== 'none') this.#tell();
  }

  close(): void {
    this.#gone = true;
  }

  #tell(): void {
    this.#closes = null;
    if (!this.#gone) this.#changed();
  }
}
