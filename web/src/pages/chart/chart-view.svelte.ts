/**
 * A chart as a whole, live or at a moment of a replay: the bars themselves, and when their code has come what is
 * drawn beside them. Hands everything to the drawing; nothing is computed here.
 */
import type { Indicator } from '$/api/charts';
import type { Bar, Fill } from '$/api/types';
import { closedBy } from './sorted-times';
import type { BarWindow } from './bar-window';
import type { Beside } from './beside.svelte';
import { ChartModel, type Selection } from './chart-model.svelte';
import { intervalSeconds } from './intervals';
import type { PriceChart } from './price-chart';
import type { ShownIndicator } from './shown-indicators';

/** Steps of a replay up to so many bars are drawn one by one. */
const STEP_MAX = 5;

export class ChartView {
  readonly model: ChartModel;
  /** Changes when a figure of the legend may have. */
  version: number = $state(0);
  /** A chunk of its own, that loads when the candles are there. */
  beside: Beside | null = $state.raw(null);
  readonly registry: () => readonly Indicator[];
  chart: PriceChart | null = null;
  selection: Selection = { instrument: '', interval: '1m' };
  shown: readonly ShownIndicator[] = [];
  compared: readonly string[] = [];
  fills: readonly Fill[] = [];
  /** So many of the window's bars show. */
  count = 0;
  /** Index of the first bar in view. */
  from = 0;
  #moment: number | null = null;
  #asked = false;
  /** So many of the bars are drawn. */
  #drawn = 0;

  constructor(registry: () => readonly Indicator[]) {
    this.registry = registry;
    this.model = new ChartModel({
      setBars: (_, fresh) => this.#bars(fresh),
      updateBar: (bar) => this.#bar(bar),
    });
  }

  get window(): BarWindow {
    return this.model.window;
  }
  get interval_s(): number {
    return intervalSeconds(this.selection.interval);
  }
  get live(): boolean {
    return this.#moment === null;
  }
  /** Opening times of the bars that show. */
  get shownTimes(): readonly number[] {
    return this.window.times.slice(0, this.count);
  }
  /** The newest bar that shows. */
  get newest(): Bar | null {
    return this.window.bars[this.count - 1] ?? null;
  }

  attach(chart: PriceChart): void {
    const fresh = this.chart !== chart;
    this.chart = chart;
    this.redraw(fresh);
    if (!this.#asked) void this.#loadBeside();
  }
  async #loadBeside(): Promise<void> {
    this.#asked = true;
    const { Beside } = await import('./beside.svelte');
    this.beside = new Beside(this);
    this.beside.restart();
    this.redraw(false);
  }
  detach(): void {
    this.chart = null;
  }
  close(): void {
    this.detach();
    this.beside?.close();
  }

  select(selection: Selection): Promise<void> {
    this.selection = selection;
    return this.model.select(selection);
  }
  /** Shows these indicators and no others. */
  show(list: readonly ShownIndicator[]): void {
    this.shown = list;
    this.beside?.show();
  }
  /** Draws these instruments beside the own one. */
  compare(list: readonly string[]): void {
    this.compared = list;
    this.beside?.compare();
  }
  setFills(fills: readonly Fill[]): void {
    this.fills = fills;
    this.beside?.drawMarks();
  }
  /** Another part of the bars is in view. */
  moved(from: number): void {
    this.from = from;
    this.beside?.moved();
  }

  /** Shows what had closed by a moment, or with `null` what is. */
  replay(moment: number | null): void {
    const [before, was] = [this.count, this.#moment];
    if (moment === was) return;
    this.#moment = moment;
    const steps = this.#shownCount() - before;
    if (was === null || moment === null) {
      this.redraw(false);
      this.chart?.showNewest(this.count);
    } else if (steps < 0 || steps > STEP_MAX) {
      this.redraw(false);
    } else if (steps > 0) {
      this.count = before + steps;
      for (const bar of this.window.bars.slice(before, this.count)) this.chart?.updateBar(bar);
      this.beside?.stepped(before);
    }
    this.version += 1;
  }

  redraw(fresh: boolean): void {
    this.#drawBars(fresh);
    this.beside?.draw();
  }
  #drawBars(fresh: boolean): void {
    this.count = this.#shownCount();
    this.#drawn = this.count;
    this.chart?.setBars(this.window.bars.slice(0, this.count), fresh);
  }
  /** The newest of the bars, as they are now. */
  drawNewest(): void {
    if (!this.live) return;
    for (const bar of this.window.bars.slice(Math.max(0, this.#drawn - 1))) this.chart?.updateBar(bar);
    this.#drawn = this.count;
  }

  #shownCount(): number {
    if (this.#moment === null) return this.window.count;
    return closedBy(this.window.times, this.interval_s, this.#moment);
  }

  #bars(fresh: boolean): void {
    if (fresh) {
      this.beside?.restart();
      this.redraw(true);
    } else {
      this.#drawBars(false);
      this.beside?.grown();
    }
    this.version += 1;
  }

  #bar(bar: Bar): void {
    if (this.live) {
      this.count = this.window.count;
      if (!this.beside) this.drawNewest();
    }
    this.beside?.bar(bar);
  }
}
