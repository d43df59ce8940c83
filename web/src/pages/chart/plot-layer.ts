/** Draws what stands beside the candles: lines, levels, histograms, panes of their own, arrows. */
import {
  CandlestickSeries,
  customSeriesDefaultOptions,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type IChartApi,
  type ISeriesApi,
  type SeriesType,
  type UTCTimestamp,
} from 'lightweight-charts';
import { ChangeLabel } from './change-label';
import { DrawnTail } from './drawn-tail';
import { figure, percent } from './figures';
import { LevelsView } from './levels-series';
import { Marks, type Mark } from './marks';
import type { Palette } from './palette';
import { PaneTitles } from './pane-titles';
import type { Plot } from './plot';
import type { PriceChart } from './price-chart';

/** The price pane is so many times as high as another. */
const PRICE_STRETCH = 3;
const OWN_STRETCH = 1;

type Series = ISeriesApi<SeriesType>;
type PlotPoint = NonNullable<ReturnType<typeof pointOf>>;
interface Drawn {
  series: Series;
  plot: Plot;
  /** The options that it has. */
  look: string;
  tail: DrawnTail<PlotPoint>;
  /** Of a compared instrument. */
  change: ChangeLabel | null;
}

export class PlotLayer {
  readonly #chart: PriceChart;
  readonly #marks = new Marks();
  readonly #drawn = new Map<string, Drawn>();
  readonly #titles = new PaneTitles();

  constructor(chart: PriceChart) {
    this.#chart = chart;
    chart.candles.attachPrimitive(this.#marks);
  }

  get #api(): IChartApi {
    return this.#chart.api;
  }

  /** Draws these plots and no others; those whose values are the same array stay as they are. */
  set(plots: readonly Plot[]): void {
    const keys = new Set(plots.map((plot) => plot.key));
    for (const [key, { series }] of this.#drawn) {
      if (keys.has(key)) continue;
      this.#api.removeSeries(series);
      this.#drawn.delete(key);
    }
    for (const plot of plots) this.#draw(plot);
    this.#arrangePanes();
  }

  /** New values at and after bar `from` only. */
  extend(plot: Plot, from: number): void {
    const drawn = this.#drawn.get(plot.key);
    if (!drawn) return;
    drawn.plot = plot;
    if (drawn.change) this.#label(drawn.change, plot);
    const changes = drawn.tail.take(plot.times[from] ?? 0, this.#points(plot, from));
    if (changes === null) this.#drawAll(drawn);
    else for (const { point, past } of changes) drawn.series.update(point as never, past);
  }

  /** Sorted by time. */
  setMarks(marks: Mark[]): void {
    this.#marks.font = this.#chart.palette.font;
    this.#marks.set(marks);
  }

  #draw(plot: Plot): void {
    let drawn = this.#drawn.get(plot.key);
    if (drawn && drawn.plot.kind !== plot.kind) {
      this.#api.removeSeries(drawn.series);
      drawn = undefined;
    }
    const series = drawn?.series ?? this.#create(plot);
    const options = {
      visible: !plot.hidden,
      ...(plot.kind === 'candles' ? this.#chart.candleColours() : { color: this.#colour(plot) }),
      ...(plot.kind !== 'candles' && plot.onPrice && { priceFormat: this.#formatOf(plot) }),
    };
    // The library goes over all points for options, changed or not.
    const look = JSON.stringify(options);
    if (drawn?.look !== look) series.applyOptions(options);
    const same = drawn?.plot.values === plot.values && drawn.plot.count === plot.count;
    const change = drawn?.change ?? (plot.percentBase === null ? null : new ChangeLabel(series));
    const next = { series, plot, look, change, tail: drawn?.tail ?? new DrawnTail<PlotPoint>() };
    this.#drawn.set(plot.key, next);
    if (change) this.#label(change, plot);
    if (!same) this.#drawAll(next);
  }

  #drawAll({ series, plot, tail }: Drawn): void {
    const points = this.#points(plot, 0);
    series.setData(points as never);
    tail.reset(points);
  }

  /** Those of bar `from` and after it, where there is a value. */
  #points(plot: Plot, from: number): PlotPoint[] {
    const points: PlotPoint[] = [];
    for (let index = from; index < plot.count; index += 1) {
      const point = pointOf(plot, index, this.#chart.palette);
      if (point) points.push(point);
    }
    return points;
  }

  #create(plot: Plot): Series {
    const pane = plot.onPrice ? 0 : this.#paneOf(plot.owner);
    const quiet = {
      lastValueVisible: (plot.label !== null || !plot.onPrice) && plot.percentBase === null,
      priceLineVisible: false,
      ...(plot.label !== null && { title: plot.label }),
      priceFormat: this.#formatOf(plot),
    };
    if (plot.kind === 'candles')
      return this.#api.addSeries(CandlestickSeries, { ...quiet, ...this.#chart.candleColours() }, pane);
    if (plot.kind === 'histogram') return this.#api.addSeries(HistogramSeries, quiet, pane);
    if (plot.kind === 'levels')
      return this.#api.addCustomSeries(new LevelsView(customSeriesDefaultOptions), quiet, pane);
    const line = this.#api.addSeries(
      LineSeries,
      {
        ...quiet,
        lineWidth: plot.heavy ? 2 : 1,
        lineType: plot.kind === 'steps' ? 1 : 0,
        lineStyle: plot.dashed ? LineStyle.Dotted : LineStyle.Solid,
        crosshairMarkerVisible: false,
        ...(plot.kind === 'dots' && {
          lineVisible: false,
          pointMarkersVisible: true,
          pointMarkersRadius: 1.5,
        }),
      },
      pane,
    );
    return line;
  }

  #label(label: ChangeLabel, plot: Plot): void {
    const value = plot.values[0]?.subarray(0, plot.count).findLast((entry) => !Number.isNaN(entry));
    label.value = value ?? null;
    const change =
      value === undefined || plot.percentBase === null ? '' : percent(value / plot.percentBase - 1);
    label.label = `${plot.title.split('.')[0]} ${change}`;
    label.background = this.#colour(plot);
    label.foreground = this.#chart.palette.surface;
  }

  /** Where the owner's other plots are, or a new pane below all. */
  #paneOf(owner: string): number {
    for (const { series, plot } of this.#drawn.values())
      if (plot.owner === owner && !plot.onPrice) return series.getPane().paneIndex();
    return this.#api.panes().length;
  }

  #arrangePanes(): void {
    const titles = new Map<number, string>();
    for (const { series, plot } of this.#drawn.values())
      if (!plot.onPrice) titles.set(series.getPane().paneIndex(), plot.title);
    const panes = this.#api.panes();
    panes.forEach((pane, index) => pane.setStretchFactor(index === 0 ? PRICE_STRETCH : OWN_STRETCH));
    this.#titles.colour = this.#chart.palette.text2;
    this.#titles.font = this.#chart.palette.font;
    this.#titles.set(panes, titles);
  }

  #formatOf(plot: Plot) {
    if (plot.onPrice)
      return {
        type: 'price',
        precision: this.#chart.precision,
        minMove: 10 ** -this.#chart.precision,
      } as const;
    const formatter = (value: number) => figure(value);
    return { type: 'custom', formatter, minMove: 1e-6 } as const;
  }

  #colour(plot: Plot): string {
    return this.#chart.palette.series[plot.colour - 1] ?? this.#chart.palette.accent;
  }
}

/** What the library is given for a bar; nothing where there is no value. */
function pointOf(plot: Plot, index: number, palette: Palette) {
  const time = plot.times[index] as UTCTimestamp;
  const value = plot.values[0]?.[index] ?? Number.NaN;
  if (Number.isNaN(value)) return null;
  if (plot.kind === 'candles') {
    const [open, high, low, close] = plot.values.map((column) => column[index] ?? value);
    return { time, open, high, low, close };
  }
  if (plot.kind === 'histogram') return { time, value, color: value < 0 ? palette.downFill : palette.upFill };
  return { time, value };
}
