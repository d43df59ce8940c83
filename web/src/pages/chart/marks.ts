/** Arrows above and below bars, for fills and patterns: a primitive of ours, smaller than the library's plugin. */
import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from 'lightweight-charts';
import { lowerBound } from './sorted-times';

export interface Mark {
  /** Opening time of its bar. */
  time: number;
  /** The bar's low for what points up, its high for what points down. */
  price: number;
  up: boolean;
  colour: string;
  text: string;
}

const SIZE_PX = 5;
const GAP_PX = 4;
const FONT_PX = 10;
/** With bars closer than this there is no room for words. */
const TEXT_SPACING_MIN_PX = 14;

export class Marks implements ISeriesPrimitive<Time>, IPrimitivePaneView, IPrimitivePaneRenderer {
  #chart: IChartApiBase<Time> | null = null;
  #series: ISeriesApi<SeriesType> | null = null;
  #update: () => void = () => undefined;
  #marks: Mark[] = [];
  #times: number[] = [];
  readonly #views: readonly IPrimitivePaneView[] = [this];
  font = '';

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
    this.#series = series as ISeriesApi<SeriesType>;
    this.#update = requestUpdate;
  }

  /** Sorted by time. */
  set(marks: Mark[]): void {
    this.#marks = marks;
    this.#times = marks.map((mark) => mark.time);
    this.#update();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
  renderer(): IPrimitivePaneRenderer | null {
    return this.#marks.length > 0 ? this : null;
  }

  draw(target: Parameters<IPrimitivePaneRenderer['draw']>[0]): void {
    const scale = this.#chart?.timeScale();
    const range = scale?.getVisibleRange();
    if (!scale || !range) return;
    const from = lowerBound(this.#times, Number(range.from));
    const to = lowerBound(this.#times, Number(range.to) + 0.5);
    const words = scale.options().barSpacing >= TEXT_SPACING_MIN_PX;
    target.useMediaCoordinateSpace(({ context }) => {
      context.font = `${FONT_PX}px ${this.font}`;
      context.textAlign = 'center';
      for (const mark of this.#marks.slice(from, to)) {
        const x = scale.timeToCoordinate(mark.time as Time);
        const y = this.#series?.priceToCoordinate(mark.price) ?? null;
        if (x === null || y === null) continue;
        const side = mark.up ? 1 : -1;
        const tip = y + side * GAP_PX;
        context.fillStyle = mark.colour;
        context.beginPath();
        context.moveTo(x, tip);
        context.lineTo(x - SIZE_PX, tip + side * 1.6 * SIZE_PX);
        context.lineTo(x + SIZE_PX, tip + side * 1.6 * SIZE_PX);
        context.fill();
        if (!words || !mark.text) continue;
        context.textBaseline = mark.up ? 'top' : 'bottom';
        context.fillText(mark.text, x, tip + side * (1.6 * SIZE_PX + 2));
      }
    });
  }
}
