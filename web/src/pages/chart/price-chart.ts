/** Drawing of prices with lightweight-charts. Takes bars and lines, knows nothing of where they come from. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Bar, Bars, Fill, Instrument, Order } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import { formatTime } from '$/time/format';
import { readPalette, type Palette } from './palette';
import { barTime, type BarWindow, type Overlays } from './bar-window';
import { choiceOf } from './overlays';

const VOLUME_SHARE = 0.18;
/** Bars shown at first: as many as stay legible, but no more than a useful stretch. */
const BARS_SHOWN_MAX = 140;
const BAR_WIDTH_PX = 8;

const at = (ts: string) => barTime(ts) as UTCTimestamp;

/** A gap where the engine has no value yet. */
function linePoint(time: number, value: number | null | undefined) {
  return typeof value === 'number' ? { time: time as UTCTimestamp, value } : { time: time as UTCTimestamp };
}

export interface ChartEvents {
  /** The left edge comes into view. */
  needOlder(): void;
  /** The pointer is on this bar, or on none. */
  hover(time: number | null): void;
}

export class PriceChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  readonly #lines = new Map<string, ISeriesApi<'Line'>>();
  #orderLines: IPriceLine[] = [];
  #palette: Palette = readPalette();

  constructor(element: HTMLElement, events: ChartEvents) {
    this.#chart = createChart(element, {
      autoSize: true, // Attribution stands below the chart: the library's own logo needs an inline style.
      layout: { attributionLogo: false },
      crosshair: { mode: CrosshairMode.Normal },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { wickVisible: true });
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: '',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME_SHARE, bottom: 0 } });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: VOLUME_SHARE + 0.04 } });
    this.#markers = createSeriesMarkers(this.#candles, []);
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 10) events.needOlder();
    });
    this.#chart.subscribeCrosshairMove((event) =>
      events.hover(typeof event.time === 'number' ? event.time : null),
    );
    this.paint(undefined);
  }

  /** Takes the theme's colours and the person's time zone. */
  paint(zone: string | undefined): void {
    this.#palette = readPalette();
    const p = this.#palette;
    const format = (time: Time, style: 'time' | 'datetime' | 'date') =>
      formatTime(Number(time) * 1000, style, zone);
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: p.surface },
        textColor: p.text2,
        fontSize: 11,
        fontFamily: p.font,
        attributionLogo: false,
      },
      grid: { vertLines: { color: p.grid }, horzLines: { color: p.grid } },
      crosshair: {
        vertLine: { color: p.lineStrong, labelBackgroundColor: p.accent },
        horzLine: { color: p.lineStrong, labelBackgroundColor: p.accent },
      },
      rightPriceScale: { borderColor: p.line },
      timeScale: {
        borderColor: p.line,
        timeVisible: true,
        secondsVisible: true,
        rightOffset: 4,
        tickMarkFormatter: (time: Time, kind: number) => format(time, kind <= 2 ? 'date' : 'time'),
      },
      localization: { timeFormatter: (time: Time) => format(time, 'datetime') },
    });
    // Up is hollow, down is filled: the shape tells what the colour tells.
    this.#candles.applyOptions({
      upColor: p.surface,
      borderUpColor: p.upFill,
      wickUpColor: p.upFill,
      downColor: p.downFill,
      borderDownColor: p.downFill,
      wickDownColor: p.downFill,
    });
    for (const [line, series] of this.#lines) series.applyOptions({ color: this.#colour(line) });
  }

  /** Scale and steps of the instrument. */
  describe(instrument: Instrument): void {
    const priceFormat = {
      type: 'price',
      precision: instrument.price_scale,
      minMove: toDrawingNumber(instrument.tick),
    } as const;
    this.#candles.applyOptions({ priceFormat });
    for (const series of this.#lines.values()) series.applyOptions({ priceFormat });
  }

  setBars(window: BarWindow, fresh: boolean): void {
    const bars = window.bars;
    this.#candles.setData(bars.map((bar) => this.#candle(bar)));
    this.#volume.setData(bars.map((bar) => this.#volumeOf(bar)));
    if (!fresh) return;
    const count = window.count;
    this.#chart.timeScale().setVisibleLogicalRange({ from: count - this.#barsShown(), to: count + 4 });
    this.#candles.priceScale().applyOptions({ autoScale: true });
  }

  updateBar(bar: Bar): void {
    this.#candles.update(this.#candle(bar));
    this.#volume.update(this.#volumeOf(bar));
  }

  setOverlays(overlays: Overlays): void {
    for (const [line, series] of this.#lines) {
      if (overlays.has(line)) continue;
      this.#chart.removeSeries(series);
      this.#lines.delete(line);
    }
    for (const [line, points] of overlays) {
      const sorted = [...points].sort(([a], [b]) => a - b);
      const data = sorted.map(([time, { value }]) => linePoint(time, value));
      this.#line(line).setData(data);
    }
  }

  /** Draws points at and after the newest one of each line. */
  extendOverlays(overlays: Bars['overlays']): void {
    for (const [line, points] of Object.entries(overlays)) {
      const series = this.#line(line);
      const drawn = Number(series.data().at(-1)?.time ?? 0);
      const fresh = points.filter((point) => barTime(point.ts) >= drawn);
      for (const point of fresh) series.update(linePoint(barTime(point.ts), point.value));
    }
  }

  setOrders(orders: Order[]): void {
    for (const line of this.#orderLines) this.#candles.removePriceLine(line);
    const p = this.#palette;
    this.#orderLines = orders
      .filter((order) => order.price)
      .map((order) =>
        this.#candles.createPriceLine({
          price: toDrawingNumber(order.price),
          color: order.side === 'BUY' ? p.upFill : p.downFill,
          lineStyle: LineStyle.Dashed,
          lineWidth: 1,
          axisLabelVisible: true,
          title: `${order.side === 'BUY' ? '▲' : '▼'} ${order.side} ${order.leaves}`,
        }),
      );
  }

  setFills(fills: Fill[], interval_s: number): void {
    const markers = fills.map((fill): SeriesMarker<Time> => {
      const buy = fill.side === 'BUY';
      return {
        time: (Math.floor(barTime(fill.ts) / interval_s) * interval_s) as UTCTimestamp,
        position: buy ? 'belowBar' : 'aboveBar',
        shape: buy ? 'arrowUp' : 'arrowDown',
        color: buy ? this.#palette.up : this.#palette.down,
        text: fill.quantity,
        size: 1,
      };
    });
    this.#markers.setMarkers(markers.sort((a, b) => Number(a.time) - Number(b.time)));
  }

  /** By keyboard: bars to the left or right, and zoom. */
  scroll(bars: number): void {
    const scale = this.#chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + bars, false);
  }
  zoom(factor: number): void {
    const scale = this.#chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range)
      scale.setVisibleLogicalRange({ from: range.to - (range.to - range.from) * factor, to: range.to });
  }

  destroy(): void {
    this.#chart.remove();
  }

  #barsShown(): number {
    return Math.min(
      BARS_SHOWN_MAX,
      Math.round(this.#chart.timeScale().width() / BAR_WIDTH_PX) || BARS_SHOWN_MAX,
    );
  }
  #line(name: string): ISeriesApi<'Line'> {
    const known = this.#lines.get(name);
    if (known) return known;
    const middle = name.endsWith('.middle');
    const series = this.#chart.addSeries(LineSeries, {
      color: this.#colour(name),
      lineWidth: 1,
      lineStyle: middle ? LineStyle.Dotted : LineStyle.Solid,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
      priceFormat: this.#candles.options().priceFormat,
    });
    this.#lines.set(name, series);
    return series;
  }

  #colour(line: string): string {
    return this.#palette.series[(choiceOf(line)?.colour ?? 1) - 1] ?? this.#palette.accent;
  }
  #candle(bar: Bar) {
    return {
      time: at(bar.ts),
      open: toDrawingNumber(bar.open),
      high: toDrawingNumber(bar.high),
      low: toDrawingNumber(bar.low),
      close: toDrawingNumber(bar.close),
    };
  }
  #volumeOf(bar: Bar) {
    const up = toDrawingNumber(bar.close) >= toDrawingNumber(bar.open);
    const volume = toDrawingNumber(bar.volume);
    return {
      time: at(bar.ts),
      value: Number.isNaN(volume) ? 0 : volume,
      color: up ? this.#palette.upSoft : this.#palette.downSoft,
    };
  }
}
