/** One thing that is drawn beside the candles: an output of an indicator, or a compared instrument. */
import type { PlotKind } from './plots';

export interface Plot {
  key: string;
  /** What it belongs to; plots of one owner share a pane. */
  owner: string;
  /** Name of its pane. */
  title: string;
  /** At its last value on the axis; none on the price pane but for levels and compared instruments. */
  label: string | null;
  kind: Exclude<PlotKind, 'none' | 'marks'>;
  onPrice: boolean;
  /** Which of the theme's series colours, from 1. */
  colour: number;
  dashed: boolean;
  heavy: boolean;
  hidden: boolean;
  /** Opening times of the bars. */
  times: readonly number[];
  /** A value per bar, NaN where there is none; of candles four columns: open, high, low, close. */
  values: readonly Float64Array[];
  /** So many of the bars show. */
  count: number;
  /** Its values are read as changes from this one. */
  percentBase: number | null;
}
