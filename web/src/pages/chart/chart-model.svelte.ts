/** What the chart shows and where it comes from: pages of history over REST, live bars over the hub. */
import { market } from '$/api';
import type { Bar, Bars, DataState } from '$/api/types';
import { BarWindow } from './bar-window';

const PAGE = 500;
/** Overlay points asked for after a close; older ones don't change. */
const TAIL = 30;

export interface Drawing {
  setBars(window: BarWindow, fresh: boolean): void;
  updateBar(bar: Bar): void;
  setOverlays(overlays: BarWindow['overlays']): void;
  /** Newest points only. */
  extendOverlays(overlays: Bars['overlays']): void;
}

export interface Selection {
  instrument: string;
  interval: string;
  overlays: string[];
}

export class ChartModel {
  loading: boolean = $state(false);
  error: unknown = $state.raw(null);
  dataState: DataState | null = $state(null);
  simulated: boolean = $state(false);
  last: Bar | null = $state.raw(null);
  /** Changes with every page, for the table form. */
  bars: readonly Bar[] = $state.raw([]);
  readonly window = new BarWindow();
  #selection: Selection | null = null;
  #abort: AbortController | null = null;
  #older: 'possible' | 'loading' | 'none' = 'possible';
  #tailBusy = false;
  /** Bars that came while a page was under way; they are newer than the page or say the same. */
  #waiting: Bar[] = [];
  readonly #drawing: Drawing;

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
  }

  /** Starts over with another instrument, interval or set of overlays. */
  async select(selection: Selection): Promise<void> {
    this.#selection = selection;
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#waiting = [];
    this.#older = 'possible';
    this.loading = true;
    this.error = null;
    try {
      const page = await this.#load({ limit: PAGE });
      this.window.clear();
      this.#take(page);
      for (const bar of this.#waiting) this.window.apply(bar);
      this.#show();
      this.#drawing.setBars(this.window, true);
      this.#drawing.setOverlays(this.window.overlays);
      this.#loaded();
    } catch (error) {
      if (this.#isAborted(error)) return;
      this.error = error;
      this.#loaded();
    }
  }

  #loaded(): void {
    this.#waiting = [];
    this.loading = false;
  }

  async older(): Promise<void> {
    const oldest = this.window.oldest;
    if (this.#older !== 'possible' || !oldest || this.loading) return;
    this.#older = 'loading';
    try {
      const page = await this.#load({ limit: PAGE, before: oldest.ts });
      this.#older = page.bars.length === 0 ? 'none' : 'possible';
      if (page.bars.length === 0) return;
      this.#take(page);
      this.#drawing.setBars(this.window, false);
      this.#drawing.setOverlays(this.window.overlays);
    } catch (error) {
      if (!this.#isAborted(error)) this.#older = 'none';
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
    if (!bar.closed) return;
    this.bars = this.window.bars;
    void this.#refreshTail();
  }

  #again(bar: Bar): void {
    if (!this.#selection || this.error !== null) return;
    void this.select(this.#selection);
    this.#waiting.push(bar);
  }

  /** The engine computes overlays; after a close their newest points are fetched. */
  async #refreshTail(): Promise<void> {
    if (this.#tailBusy || !this.#selection?.overlays.length) return;
    this.#tailBusy = true;
    try {
      const tail = await this.#load({ limit: TAIL });
      this.window.takeOverlays(tail);
      this.#drawing.extendOverlays(tail.overlays);
    } catch {
      // The next close tries again; the connection state says what is wrong.
    } finally {
      this.#tailBusy = false;
    }
  }

  #load(query: { limit: number; before?: string }): Promise<Bars> {
    const { instrument = '', interval = '', overlays = [] } = this.#selection ?? {};
    return market.bars(instrument, { interval, overlays: overlays.join(','), ...query }, this.#abort?.signal);
  }

  #take(page: Bars): void {
    this.window.take(page);
    this.dataState = page.state;
    this.simulated = page.simulated;
    this.#show();
  }

  #show(): void {
    this.last = this.window.last;
    this.bars = this.window.bars;
  }

  #isAborted(error: unknown): boolean {
    return error instanceof DOMException && error.name === 'AbortError';
  }
}
