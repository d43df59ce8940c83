/** The bars that a chart shows and where they come from: pages of history over REST, live bars over the hub. */
import { market } from '$/api';
import type { Bar, Bars, DataState } from '$/api/types';
import { BarWindow } from './bar-window';

const PAGE = 500;
const OLDER_PAGE = 2_000;
/** An older page that failed is asked for again with the next move of the chart, but not for ever. */
const FAILURES_MAX = 3;

export interface Drawing {
  /** The window has other bars; `fresh` when it is about something else than before. */
  setBars(window: BarWindow, fresh: boolean): void;
  /** The newest bar moved, or is a new one. */
  updateBar(bar: Bar): void;
}

export interface Selection {
  instrument: string;
  interval: string;
}

export class ChartModel {
  loading: boolean = $state(false);
  error: unknown = $state.raw(null);
  dataState: DataState | null = $state(null);
  simulated: boolean = $state(false);
  last: Bar | null = $state.raw(null);
  /** Changes with every page and close, for the table form. */
  bars: readonly Bar[] = $state.raw([]);
  readonly window = new BarWindow();
  #selection: Selection | null = null;
  #abort: AbortController | null = null;
  /** Where the page before the oldest bar ends; `null` when there is none. A full window, which stays full, asks no more. */
  #before: string | null = null;
  /** An older page is under way, and this would stop it. */
  #paging: AbortController | null = null;
  #failures = 0;
  /** Bars that came while a page was under way; they are newer than the page or say the same. */
  #waiting: Bar[] = [];
  readonly #drawing: Drawing;

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
  }

  /** Starts over with another instrument or interval. */
  async select(selection: Selection): Promise<void> {
    this.#selection = selection;
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#waiting = [];
    this.#before = null;
    this.#failures = 0;
    this.loading = true;
    this.error = null;
    try {
      const page = await this.#load({ limit: PAGE });
      this.window.clear();
      this.#take(page);
      for (const bar of this.#waiting) this.window.apply(bar);
      this.#show();
      this.#drawing.setBars(this.window, true);
      this.#loaded();
    } catch (error) {
      if (isAborted(error)) return;
      this.error = error;
      this.#loaded();
    }
  }

  #loaded(): void {
    this.#waiting = [];
    this.loading = false;
  }

  /** Loads what is before the oldest bar. False when there is nothing, or no room for it. */
  async older(): Promise<boolean> {
    const [before, abort] = [this.#before, this.#abort];
    if (before === null || this.loading || this.#paging === abort) return false;
    if (this.window.full || this.#failures >= FAILURES_MAX) return false;
    this.#paging = abort;
    const count = this.window.count;
    try {
      const page = await this.#load({ limit: OLDER_PAGE, before });
      if (abort?.signal.aborted) return false;
      this.#take(page);
      this.#failures = 0;
      if (this.window.count === count) return false;
      this.#drawing.setBars(this.window, false);
      return true;
    } catch (error) {
      if (!isAborted(error)) this.#failures += 1;
      return false;
    } finally {
      if (this.#paging === abort) this.#paging = null;
    }
  }

  /** A bar from the hub. */
  live(bar: Bar): void {
    if (this.loading) {
      this.#waiting.push(bar);
      return;
    }
    if (this.window.count === 0) {
      // The page was read before there was anything; now there is, and maybe the history too.
      this.#again(bar);
      return;
    }
    const change = this.window.apply(bar);
    if (change === 'none') return;
    if (change === 'last') this.#drawing.updateBar(bar);
    else this.#drawing.setBars(this.window, false);
    this.last = this.window.last;
    this.dataState = 'VALID';
    if (bar.closed) this.bars = [...this.window.bars];
  }

  #again(bar: Bar): void {
    if (!this.#selection || this.error !== null) return;
    void this.select(this.#selection);
    this.#waiting.push(bar);
  }

  #load(query: { limit: number; before?: string }): Promise<Bars> {
    const { instrument = '', interval = '' } = this.#selection ?? {};
    return market.bars(instrument, { interval, overlays: '', ...query }, this.#abort?.signal);
  }

  #take(page: Bars): void {
    this.window.take(page);
    this.#before = page.next_before ?? null;
    this.dataState = page.state;
    this.simulated = page.simulated;
    this.#show();
  }

  #show(): void {
    this.last = this.window.last;
    this.bars = [...this.window.bars];
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
