/** Drawing of prices with lightweight-charts. Takes bars, knows nothing of where they come from. */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Bar, Instrument } from '$/api/types';
import { toDrawingNumber } from '$/money/decimal';
import { formatTime } from '$/time/format';
import { barTime } from './bar-window';
import { readPalette, type Palette } from './palette';

const VOLUME_SHARE = 0.18;
/** Bars shown at first: as many as stay legible, but no more than a useful stretch. */
const BARS_SHOWN_MAX = 140;
const BAR_WIDTH_PX = 8;

const at = (ts: string) => barTime(ts) as UTCTimestamp;

export interface ChartEvents {
  /** The left edge comes into view. */
  needOlder(): void;
  /** The pointer is on this bar, or on none. */
  hover(time: number | null): void;
  /** Other bars are in view; the index of the first. */
  moved(from: number): void;
  clicked(time: number): void;
}

export class PriceChart {
  readonly api: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  #palette: Palette = readPalette();
  /** Decimals of the instrument's prices. */
  precision = 2;

  constructor(element: HTMLElement, events: ChartEvents) {
    this.api = createChart(element, {
      autoSize: true, // Attribution stands below the chart: the library's own logo needs an inline style.
      layout: { attributionLogo: false },
      crosshair: { mode: CrosshairMode.Normal },
    });
    this.candles = this.api.addSeries(CandlestickSeries, { wickVisible: true });
    this.#volume = this.api.addSeries(HistogramSeries, {
      priceScaleId: '',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME_SHARE, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: VOLUME_SHARE + 0.04 } });
    this.api.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range) return;
      if (range.from < 10) events.needOlder();
      events.moved(range.from);
    });
    this.api.subscribeCrosshairMove((event) => {
      // A crosshair that another chart set has no pointer behind it.
      if (event.sourceEvent || !event.point) events.hover(typeof event.time === 'number' ? event.time : null);
    });
    this.api.subscribeClick((event) => typeof event.time === 'number' && events.clicked(event.time));
    this.paint(undefined);
  }

  get palette(): Palette {
    return this.#palette;
  }

  /** Takes the theme's colours and the person's time zone. */
  paint(zone: string | undefined): void {
    this.#palette = readPalette();
    const p = this.#palette;
    const format = (time: Time, style: 'time' | 'datetime' | 'date') =>
      formatTime(Number(time) * 1000, style, zone);
    this.api.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: p.surface },
        textColor: p.text2,
        fontSize: 11,
        fontFamily: p.font,
        attributionLogo: false,
        panes: { separatorColor: p.line, separatorHoverColor: p.grid },
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
        // A bar that is narrower than a pixel can not be told from its neighbours.
        minBarSpacing: 1,
        tickMarkFormatter: (time: Time, kind: number) => format(time, kind <= 2 ? 'date' : 'time'),
      },
      localization: { timeFormatter: (time: Time) => format(time, 'datetime') },
    });
    this.candles.applyOptions(this.candleColours());
  }

  /** Scale and steps of the instrument. */
  describe(instrument: Instrument): void {
    this.precision = instrument.price_scale;
    const priceFormat = {
      type: 'price',
      precision: instrument.price_scale,
      minMove: toDrawingNumber(instrument.tick),
    } as const;
    this.candles.applyOptions({ priceFormat });
  }

  setBars(bars: readonly Bar[], fresh: boolean): void {
    this.candles.setData(bars.map(candle));
    this.#volume.setData(bars.map((bar) => this.#volumeOf(bar)));
    if (fresh) this.showNewest(bars.length);
  }

  showNewest(count: number): void {
    this.api.timeScale().setVisibleLogicalRange({ from: count - this.#barsShown(), to: count + 4 });
    this.candles.priceScale().applyOptions({ autoScale: true });
  }

  updateBar(bar: Bar): void {
    this.candles.update(candle(bar));
    this.#volume.update(this.#volumeOf(bar));
  }

  /** The crosshair of another chart, at a time of this one; `null` takes it away. */
  pointAt(time: number | null, price: number): void {
    if (time === null) this.api.clearCrosshairPosition();
    else this.api.setCrosshairPosition(price, time as UTCTimestamp, this.candles);
  }

  destroy(): void {
    this.api.remove();
  }

  // Up is hollow, down is filled: the shape tells what the colour tells.
  candleColours() {
    const p = this.#palette;
    return {
      upColor: p.surface,
      borderUpColor: p.upFill,
      wickUpColor: p.upFill,
      downColor: p.downFill,
      borderDownColor: p.downFill,
      wickDownColor: p.downFill,
    };
  }

  #barsShown(): number {
    return Math.min(
      BARS_SHOWN_MAX,
      Math.round(this.api.timeScale().width() / BAR_WIDTH_PX) || BARS_SHOWN_MAX,
    );
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

function candle(bar: Bar) {
  return {
    time: at(bar.ts),
    open: toDrawingNumber(bar.open),
    high: toDrawingNumber(bar.high),
    low: toDrawingNumber(bar.low),
    close: toDrawingNumber(bar.close),
  };
}
