/** A series of horizontal segments, one per run of equal values: pivots hold for a day, then jump without a riser. */
import type {
  CustomData,
  CustomSeriesOptions,
  CustomSeriesPricePlotValues,
  CustomSeriesWhitespaceData,
  ICustomSeriesPaneRenderer,
  ICustomSeriesPaneView,
  PaneRendererCustomData,
  PriceToCoordinateConverter,
  Time,
} from 'lightweight-charts';

export interface LevelPoint extends CustomData {
  value: number;
}

export class LevelsView
  implements ICustomSeriesPaneView<Time, LevelPoint, CustomSeriesOptions>, ICustomSeriesPaneRenderer
{
  #data: PaneRendererCustomData<Time, LevelPoint> | null = null;
  #colour = '';
  readonly #defaults: CustomSeriesOptions;

  constructor(defaults: CustomSeriesOptions) {
    this.#defaults = defaults;
  }

  renderer(): ICustomSeriesPaneRenderer {
    return this;
  }
  update(data: PaneRendererCustomData<Time, LevelPoint>, options: CustomSeriesOptions): void {
    this.#data = data;
    this.#colour = options.color;
  }
  priceValueBuilder(point: LevelPoint): CustomSeriesPricePlotValues {
    return [point.value];
  }
  isWhitespace(
    point: LevelPoint | CustomSeriesWhitespaceData<Time>,
  ): point is CustomSeriesWhitespaceData<Time> {
    return !('value' in point);
  }
  defaultOptions(): CustomSeriesOptions {
    return this.#defaults;
  }

  draw(target: Parameters<ICustomSeriesPaneRenderer['draw']>[0], toY: PriceToCoordinateConverter): void {
    const { bars = [], barSpacing = 1, visibleRange } = this.#data ?? {};
    if (!visibleRange) return;
    target.useMediaCoordinateSpace(({ context }) => {
      context.strokeStyle = this.#colour;
      context.lineWidth = 1.5;
      context.beginPath();
      const half = barSpacing / 2;
      let start: { x: number; value: number } | null = null;
      let last = 0;
      const finish = () => {
        const y = start && toY(start.value);
        if (!start || y === null) return;
        context.moveTo(start.x - half, y);
        context.lineTo(last + half, y);
      };
      for (let at = visibleRange.from; at < visibleRange.to; at += 1) {
        const bar = bars[at];
        if (!bar) continue;
        const { value } = bar.originalData;
        // A run ends with another value, or where bars have none.
        if (start && (value !== start.value || bar.x - last > barSpacing * 1.5)) {
          finish();
          start = null;
        }
        start ??= { x: bar.x, value };
        last = bar.x;
      }
      finish();
      context.stroke();
    });
  }
}
