/** How each output of an indicator is drawn: where and as what. */
import type { Indicator } from '$/api/charts';

export type PlotKind =
  | 'line'
  | 'steps'
  | 'dots'
  | 'histogram'
  /** Horizontal segments, one per run of equal values: pivots per day, support and resistance. */
  | 'levels'
  /** Arrows at the bars where the value is not zero: patterns. */
  | 'marks'
  /** One of four: open, high, low, close. */
  | 'candles'
  /** A state or a count beside the drawn outputs; shown as a figure only. */
  | 'none';

export interface OutputPlot {
  output: string;
  kind: PlotKind;
  /** On the price pane, else in the indicator's own. */
  onPrice: boolean;
}

/** Outputs in other units than the rest of their indicator. */
const BESIDE = new Set(['width', 'touches', 'trend', 'bars', 'squeeze', 'pivot']);
const HISTOGRAMS = new Set(['hist', 'AO.ao', 'AC.ac', 'SQZMOM.momentum', 'DOSC.dosc', 'BOP.bop']);
const DOTTED = new Set(['SAR', 'SAREXT', 'FRACTAL']);

export function plotsOf(indicator: Indicator, higher = false): OutputPlot[] {
  return indicator.outputs.map(({ name }) => plotOf(indicator, name, higher));
}

function plotOf(indicator: Indicator, output: string, higher: boolean): OutputPlot {
  const { name, group, overlay } = indicator;
  const on = (onPrice: boolean, kind: PlotKind): OutputPlot => ({ output, kind, onPrice });
  if (group === 'candlestick_pattern') return on(true, 'marks');
  if (group === 'chart_pattern') {
    if (output === 'signal') return on(true, 'marks');
    return output === 'bars' ? on(true, 'none') : on(true, 'levels');
  }
  if (name === 'STRUCTURE') {
    if (output.startsWith('swing_')) return on(true, 'levels');
    return output === 'break' ? on(true, 'marks') : on(true, 'none');
  }
  if (name === 'HA') return on(false, 'candles');
  if (indicator.outputs.length > 1 && BESIDE.has(output)) return on(overlay, 'none');
  if (group === 'levels' && overlay) return on(true, 'levels');
  if (DOTTED.has(name) && overlay) return on(true, 'dots');
  if (HISTOGRAMS.has(output) || HISTOGRAMS.has(`${name}.${output}`)) return on(overlay, 'histogram');
  return on(overlay, higher ? 'steps' : 'line');
}

/** Whether any output needs a pane of its own. */
export function hasOwnPane(indicator: Indicator): boolean {
  return plotsOf(indicator).some((plot) => !plot.onPrice && plot.kind !== 'none');
}

/** The colour of an output, from 1: outputs take colours one after the other from the indicator's; pairs share. */
export function colourOf(first: number, plot: OutputPlot, at: number, colours: number): number {
  const name = plot.output;
  // Bands are one thing: both edges and the middle in one colour. So are the levels of a set of pivots by side.
  if (['upper', 'lower', 'middle'].includes(name)) return first;
  if (plot.kind === 'levels') {
    const side = /^[rs]\d$/.exec(name)?.[0]?.[0];
    const step = side === 'r' ? 1 : side === 's' ? 2 : 0;
    return ((first - 1 + step) % colours) + 1;
  }
  return ((first - 1 + at) % colours) + 1;
}

/** `R1`, `TC`, `61.8 %`: what stands at a level on the axis. */
export function labelOf(plot: OutputPlot): string {
  const fraction = /^level_(\d+)$/.exec(plot.output)?.[1];
  // 0, 50 and 100 are whole; the others have a digit after the point: 236 is 23.6.
  if (fraction) return `${Number(fraction) / (['0', '50', '100'].includes(fraction) ? 1 : 10)} %`;
  return plot.output.replaceAll('_', ' ').toUpperCase();
}
