/** The change of a compared instrument at its last value on the axis, in percent. */
import type {
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  SeriesType,
  Time,
} from 'lightweight-charts';

export class ChangeLabel implements ISeriesPrimitive<Time>, ISeriesPrimitiveAxisView {
  readonly #series: ISeriesApi<SeriesType>;
  readonly #views: readonly ISeriesPrimitiveAxisView[] = [this];
  value: number | null = null;
  label = '';
  background = '';
  foreground = '';

  constructor(series: ISeriesApi<SeriesType>) {
    this.#series = series;
    series.attachPrimitive(this);
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    return this.#views;
  }
  coordinate(): number {
    const y = this.value === null ? null : this.#series.priceToCoordinate(this.value);
    return y ?? -100;
  }
  text(): string {
    return this.label;
  }
  textColor(): string {
    return this.foreground;
  }
  backColor(): string {
    return this.background;
  }
  visible(): boolean {
    return this.value !== null;
  }
}
