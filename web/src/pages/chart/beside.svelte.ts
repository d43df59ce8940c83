/**
 * What is drawn beside a chart's candles: indicators as the engine computes them, compared instruments, and arrows of
 * fills and patterns. Puts their values onto the bars and hands them to the drawing.
 */
import type { Bar } from '$/api/types';
import { topics, type Lease } from '$/live/live.svelte';
import type { Topic } from '$/live/topics.svelte';
import { toDrawingNumber } from '$/money/decimal';
import { asOf, baseIndex, fromHigher, onBars, rebased } from './align';
import { lowerBound } from './sorted-times';
import type { ChartView } from './chart-view.svelte';
import { CompareFeed } from './compare-feed.svelte';
import { readId } from './indicator-id';
import { IndicatorFeed } from './indicator-feed.svelte';
import { intervalSeconds } from './intervals';
import { marksOf } from './mark-list';
import { Pace } from './pace';
import { colourOf, labelOf, plotsOf, type OutputPlot } from './plots';
import type { Plot } from './plot';
import { PlotLayer } from './plot-layer';
import type { PriceChart } from './price-chart';
import { COLOURS, keyOf, type ShownIndicator } from './shown-indicators';

/** A view that moved is settled after so long; compared lines then start at its first bar. */
const SETTLED_MS = 150;
/** Bars before the newest whose values a live update may change. */
const TAIL = 8;

/** A figure of the legend. */
export interface LegendValue {
  output: string;
  value: number | null;
  colour: number;
}

interface Compared {
  feed: CompareFeed;
  release: () => void;
  values: Float64Array;
  /** The bar that its change counts from. */
  base: number;
}

export class Beside {
  readonly feed: IndicatorFeed;
  readonly #view: ChartView;
  #layer: { chart: PriceChart; plots: PlotLayer } | null = null;
  /** One column per output of an indicator, one value per bar of the window. */
  readonly #placed = new Map<string, Float64Array[]>();
  /** The same list for the same column, so that the drawing can tell that nothing changed. */
  readonly #singles = new WeakMap<Float64Array, Float64Array[]>();
  readonly #leases = new Map<string, Lease<Topic>>();
  readonly #compared = new Map<string, Compared>();
  /** What is still to be drawn: of these indicators from a bar on, and these compared instruments. */
  readonly #newer = { keys: new Set<string>(), from: Number.POSITIVE_INFINITY, compared: new Set<string>() };
  readonly #pace: Pace;
  #settle: ReturnType<typeof setTimeout> | null = null;

  constructor(view: ChartView) {
    this.#view = view;
    this.#pace = new Pace(
      () => view.count,
      () => this.#drawNewest(),
    );
    this.feed = new IndicatorFeed(view.window, (keys, newest) => this.#values(keys, newest));
  }

  /** The window shows something else than before: everything is read again. */
  restart(): void {
    this.#placed.clear();
    this.#subscribe();
    void this.feed.restart(this.#view.selection, this.#view.shown);
    this.#stopComparing(() => true);
    this.compare();
  }

  /** The window grew to the left, or its past was amended. */
  grown(): void {
    // Onto the bars of now; drawn when the values of the new ones have come, for drawing all of them is dear.
    this.#placeAll();
    this.drawMarks();
    void this.feed.older();
    for (const { feed } of this.#compared.values()) void feed.reach(this.#view.window.times[0] ?? 0);
  }

  /** A bar of the hub. */
  bar(bar: Bar): void {
    const { shown, compared } = this.#view;
    this.#pace.ask();
    if (bar.closed && shown.length > 0 && !this.#hubTellsAll()) void this.feed.refresh();
    if (shown.length > 0 || compared.length > 0) this.#view.version += 1;
  }

  show(): void {
    this.#subscribe();
    void this.feed.show(this.#view.shown);
    this.#plots();
    this.drawMarks();
  }

  compare(): void {
    const { compared, selection, window } = this.#view;
    this.#stopComparing((id) => !compared.includes(id));
    for (const id of compared) {
      if (this.#compared.has(id) || id === selection.instrument) continue;
      const feed = new CompareFeed(id, selection.interval, () => {
        this.#newer.compared.add(id);
        this.#pace.ask();
      });
      const lease = topics.bars(id, selection.interval);
      const stop = lease.topic.listen((bar) => feed.live(bar));
      const release = () => {
        stop();
        lease.release();
        feed.close();
      };
      this.#compared.set(id, { feed, release, values: new Float64Array(), base: -1 });
      void feed.reach(window.times[0] ?? 0);
    }
    this.#plots();
  }

  /** Places and draws everything: the bars that show are others than before. */
  draw(): void {
    // Values of running bars of higher intervals come and go with a replay.
    this.#placeAll();
    this.#plots();
    this.drawMarks();
  }
  #placeAll(): void {
    for (const shown of this.#view.shown) this.#place(shown);
    for (const id of this.#compared.keys()) this.#placeCompared(id);
  }

  /** A replay went on from so many bars. */
  stepped(before: number): void {
    for (const plot of this.#plotsOf()) this.#drawing?.extend(plot, before);
    this.drawMarks();
  }

  moved(): void {
    this.#pace.moved();
    if (this.#compared.size === 0) return;
    if (this.#settle) clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      for (const id of this.#compared.keys()) this.#placeCompared(id);
      this.#plots();
      this.#view.version += 1;
    }, SETTLED_MS);
  }

  close(): void {
    this.#pace.close();
    for (const lease of this.#leases.values()) lease.release();
    this.#leases.clear();
    this.#stopComparing(() => true);
    if (this.#settle) clearTimeout(this.#settle);
  }

  /** Figures at a bar that shows, by default the newest. */
  valuesAt(shown: ShownIndicator, time: number | null): LegendValue[] {
    const known = readId(shown.id, this.#view.registry());
    if (!known) return [];
    const columns = this.#placed.get(keyOf(shown)) ?? [];
    const index = this.#indexAt(time);
    return plotsOf(known.indicator).map((plot, at) => {
      const value = columns[at]?.[index];
      return {
        output: plot.output,
        value: value === undefined || Number.isNaN(value) ? null : value,
        colour: colourOf(shown.colour, plot, at, COLOURS),
      };
    });
  }

  /** Change since the first bar in view as a fraction: of a compared instrument, or with `null` of the own. */
  changeAt(id: string | null, time: number | null): number | null {
    const { bars } = this.#view.window;
    const index = this.#indexAt(time);
    const compared = id === null ? [...this.#compared.values()][0] : this.#compared.get(id);
    const own = (at: number) => toDrawingNumber(bars[at]?.close);
    const now = id === null ? own(index) : (compared?.values[index] ?? Number.NaN);
    const change = now / own(compared?.base ?? -1) - 1;
    return Number.isFinite(change) ? change : null;
  }
  compareError(id: string): string | null {
    return this.#compared.get(id)?.feed.error ?? null;
  }

  drawMarks(): void {
    const { chart, window, count, fills, shown } = this.#view;
    if (!chart) return;
    const patterns = shown.flatMap((entry) => {
      const known = entry.hidden ? null : readId(entry.id, this.#view.registry());
      const columns = this.#placed.get(keyOf(entry)) ?? [];
      const outputs = known ? plotsOf(known.indicator) : [];
      const name = entry.id.replace(/^(CDL|PATTERN_)/, '');
      return outputs.flatMap((plot, at) => {
        const values = columns[at];
        return plot.kind === 'marks' && values ? [{ name, values }] : [];
      });
    });
    const { bars, times } = window;
    this.#drawing?.setMarks(marksOf({ bars, times, count }, fills, patterns, chart.palette));
  }

  /** Of the chart that is drawn now: it is another after the table was shown. */
  get #drawing(): PlotLayer | null {
    const { chart } = this.#view;
    if (!chart) this.#layer = null;
    else if (this.#layer?.chart !== chart) this.#layer = { chart, plots: new PlotLayer(chart) };
    return this.#layer?.plots ?? null;
  }

  #indexAt(time: number | null): number {
    const last = this.#view.count - 1;
    return time === null ? last : Math.min(lowerBound(this.#view.window.times, time + 0.5) - 1, last);
  }

  /** Whether every indicator comes over the hub; if not, closes are a reason to ask. */
  #hubTellsAll(): boolean {
    const live = [...this.#leases.values()].every((lease) => lease.topic.status === 'live');
    return live && !this.feed.needsCloses;
  }

  #subscribe(): void {
    const { instrument, interval } = this.#view.selection;
    if (!instrument) return;
    const wanted = new Map(
      this.#view.shown.map((shown) => [`${instrument} ${interval} ${keyOf(shown)}`, shown]),
    );
    for (const [name, lease] of this.#leases) {
      if (wanted.has(name)) continue;
      lease.release();
      this.#leases.delete(name);
    }
    for (const [name, shown] of wanted) {
      if (this.#leases.has(name)) continue;
      const lease = topics.indicator(instrument, shown.interval ?? interval, shown.id);
      const stop = lease.topic.listen((series) => this.feed.live(keyOf(shown), series));
      const release = () => {
        stop();
        lease.release();
      };
      this.#leases.set(name, { topic: lease.topic, release });
    }
  }

  /** Values of indicators came. */
  #values(keys: readonly string[], newest: boolean): void {
    const { shown: list, count, live } = this.#view;
    const changed = list.filter((entry) => keys.includes(keyOf(entry)));
    if (changed.length === 0) return;
    for (const shown of changed) if (!newest || !this.#placeTail(shown)) this.#place(shown);
    this.#view.version += 1;
    if (newest) {
      if (!live) return;
      for (const shown of changed) this.#newer.keys.add(keyOf(shown));
      this.#newer.from = Math.min(this.#newer.from, Math.max(0, count - TAIL));
      this.#pace.ask();
      return;
    }
    this.#plots();
    if (changed.some((shown) => this.#isMarked(shown))) this.drawMarks();
  }

  /** What came since it was drawn last: bars first, for they make the places of the values. */
  #drawNewest(): void {
    this.#view.drawNewest();
    const { keys, from, compared } = this.#newer;
    const changed = this.#view.shown.filter((shown) => keys.has(keyOf(shown)));
    for (const id of compared) this.#placeCompared(id);
    // Values of a higher interval may stand at all bars anew.
    if (compared.size > 0 || changed.some((shown) => shown.interval !== null)) this.#plots();
    for (const plot of changed.flatMap((shown) => this.#plotsOf(shown))) this.#drawing?.extend(plot, from);
    if (changed.some((shown) => this.#isMarked(shown))) this.drawMarks();
    if (compared.size > 0) this.#view.version += 1;
    keys.clear();
    compared.clear();
    this.#newer.from = Number.POSITIVE_INFINITY;
  }
  #isMarked(shown: ShownIndicator): boolean {
    const known = readId(shown.id, this.#view.registry());
    return known !== null && plotsOf(known.indicator).some((plot) => plot.kind === 'marks');
  }

  /** The newest values into the columns that are there: ten times a second, so not over all bars. */
  #placeTail(shown: ShownIndicator): boolean {
    const { times } = this.#view.window;
    const data = this.feed.get(keyOf(shown))?.data;
    const columns = this.#placed.get(keyOf(shown));
    const whole = columns?.length === data?.values.length && columns?.[0]?.length === times.length;
    if (!data || !columns || !whole || shown.interval !== null) return false;
    for (let index = Math.max(0, times.length - TAIL); index < times.length; index += 1) {
      const time = times[index] ?? 0;
      const at = lowerBound(data.times, time);
      columns.forEach((column, output) => {
        const value = data.times[at] === time ? data.values[output]?.[at] : null;
        column[index] = value ?? Number.NaN;
      });
    }
    return true;
  }

  #place(shown: ShownIndicator): void {
    const data = this.feed.get(keyOf(shown))?.data;
    if (!data) return;
    const { window, interval_s, selection, live } = this.#view;
    const { times } = window;
    const { interval } = shown;
    const columns = data.values.map((_, output) =>
      interval === null || interval === selection.interval
        ? onBars(times, data, output)
        : fromHigher(times, interval_s, data, output, intervalSeconds(interval), live),
    );
    this.#placed.set(keyOf(shown), columns);
  }

  #plots(): void {
    this.#drawing?.set(this.#plotsOf());
  }

  /** What is drawn of one indicator, or of all with what is compared. */
  #plotsOf(only?: ShownIndicator): Plot[] {
    const list = only ? [only] : this.#view.shown;
    const indicators = list.flatMap((shown) => this.#indicatorPlots(shown));
    return only ? indicators : [...indicators, ...this.#comparedPlots()];
  }

  #indicatorPlots(shown: ShownIndicator): Plot[] {
    const known = readId(shown.id, this.#view.registry());
    const key = keyOf(shown);
    const columns = this.#placed.get(key);
    if (!known || !columns) return [];
    const outputs = plotsOf(known.indicator, shown.interval !== null);
    return outputs.flatMap((plot, at) => this.#outputPlot(shown, plot, at, columns));
  }

  #outputPlot(shown: ShownIndicator, plot: OutputPlot, at: number, columns: Float64Array[]): Plot[] {
    const { kind, output, onPrice } = plot;
    const values = columns[at];
    const candles = kind === 'candles';
    // The four prices of a candle are one plot.
    if (kind === 'none' || kind === 'marks' || !values || (candles && at > 0)) return [];
    const key = keyOf(shown);
    return [
      {
        key: `${key} ${output}`,
        owner: key,
        title: key,
        label: kind === 'levels' ? labelOf(plot) : null,
        kind,
        onPrice,
        colour: colourOf(shown.colour, plot, at, COLOURS),
        dashed: output === 'middle',
        heavy: shown.interval !== null,
        hidden: shown.hidden,
        times: this.#view.window.times,
        values: candles ? columns.slice(0, 4) : this.#single(values),
        count: this.#view.count,
        percentBase: null,
      },
    ];
  }

  #comparedPlots(): Plot[] {
    const { window, count } = this.#view;
    return [...this.#compared].flatMap(([id, { values, base }], index): Plot[] => {
      const percentBase = toDrawingNumber(window.bars[base]?.close);
      if (!Number.isFinite(percentBase)) return [];
      const key = `compare ${id}`;
      const style = { colour: compareColour(index), dashed: false, heavy: true, hidden: false };
      const lined = { key, owner: key, title: id, label: null, kind: 'line', onPrice: true } as const;
      return [{ ...lined, ...style, times: window.times, values: this.#single(values), count, percentBase }];
    });
  }

  #single(column: Float64Array): Float64Array[] {
    let list = this.#singles.get(column);
    if (!list) this.#singles.set(column, (list = [column]));
    return list;
  }

  #stopComparing(which: (id: string) => boolean): void {
    for (const [id, { release }] of this.#compared) {
      if (!which(id)) continue;
      release();
      this.#compared.delete(id);
    }
  }
  #placeCompared(id: string): void {
    const compared = this.#compared.get(id);
    if (!compared) return;
    const { times, bars } = this.#view.window;
    const closes = asOf(times, compared.feed.times, compared.feed.closes);
    const own = bars.map((bar) => toDrawingNumber(bar.close));
    compared.base = baseIndex(closes, this.#view.from);
    compared.values = rebased(closes, own, compared.base);
  }
}

/** Compared instruments take the theme's colours from the end. */
export function compareColour(index: number): number {
  return COLOURS - index;
}
