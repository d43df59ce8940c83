import { describe, expect, it } from 'vitest';
import type { Indicator } from '$/api/charts';
import { colourOf, hasOwnPane, labelOf, plotsOf } from './plots';

const of = (name: string, group: string, overlay: boolean, ...outputs: string[]): Indicator => ({
  name,
  title: name,
  group,
  overlay,
  inputs: [],
  parameters: [],
  outputs: outputs.map((output) => ({ name: output })),
  warm_up: 1,
});
const kinds = (indicator: Indicator) =>
  plotsOf(indicator).map((plot) => `${plot.onPrice ? 'p' : 'o'}:${plot.kind}`);

describe('where and as what outputs are drawn', () => {
  it('puts averages over the candles and oscillators below', () => {
    expect(kinds(of('EMA', 'trend', true, 'ema'))).toEqual(['p:line']);
    expect(kinds(of('MACD', 'momentum', false, 'macd', 'signal', 'hist'))).toEqual([
      'o:line',
      'o:line',
      'o:histogram',
    ]);
    expect(hasOwnPane(of('RSI', 'momentum', false, 'rsi'))).toBe(true);
    expect(hasOwnPane(of('EMA', 'trend', true, 'ema'))).toBe(false);
  });
  it('draws pivots as levels and leaves what is no price away from the price scale', () => {
    expect(kinds(of('CPR', 'levels', true, 'p', 'bc', 'tc', 'width'))).toEqual([
      'p:levels',
      'p:levels',
      'p:levels',
      'p:none',
    ]);
    expect(kinds(of('SUPERTREND', 'trend', true, 'line', 'trend'))).toEqual(['p:line', 'p:none']);
    expect(kinds(of('SUPPORT', 'levels', true, 'level', 'touches'))).toEqual(['p:levels', 'p:none']);
  });
  it('marks patterns at their bars', () => {
    expect(kinds(of('CDLDOJI', 'candlestick_pattern', false, 'pattern'))).toEqual(['p:marks']);
    expect(kinds(of('PATTERN_FLAG', 'chart_pattern', false, 'signal', 'level', 'target', 'bars'))).toEqual([
      'p:marks',
      'p:levels',
      'p:levels',
      'p:none',
    ]);
  });
  it('draws what is computed on a higher interval in steps', () => {
    expect(plotsOf(of('EMA', 'trend', true, 'ema'), true)[0]?.kind).toBe('steps');
  });
  it('has one output that draws for every kind of indicator of the registry', () => {
    for (const lone of ['trend', 'width', 'pivot'])
      expect(plotsOf(of('X', 'cycle', false, lone))[0]?.kind).toBe('line');
  });
});

describe('colours', () => {
  it('are one for bands, one each for lines, one a side for pivots', () => {
    const bands = plotsOf(of('BBANDS', 'volatility', true, 'upper', 'middle', 'lower'));
    expect(bands.map((plot, at) => colourOf(3, plot, at, 8))).toEqual([3, 3, 3]);
    const lines = plotsOf(of('STOCH', 'momentum', false, 'k', 'd'));
    expect(lines.map((plot, at) => colourOf(8, plot, at, 8))).toEqual([8, 1]);
    const pivots = plotsOf(of('PIVOT_CLASSIC', 'levels', true, 'p', 'r1', 'r2', 's1'));
    expect(pivots.map((plot, at) => colourOf(1, plot, at, 8))).toEqual([1, 2, 2, 3]);
  });
  it('stand beside names that people use', () => {
    const labels = (...outputs: string[]) => plotsOf(of('FIB', 'levels', true, ...outputs)).map(labelOf);
    expect(labels('level_0', 'level_236', 'level_50', 'level_100', 'level_1618', 'r1')).toEqual([
      '0 %',
      '23.6 %',
      '50 %',
      '100 %',
      '161.8 %',
      'R1',
    ]);
  });
});
