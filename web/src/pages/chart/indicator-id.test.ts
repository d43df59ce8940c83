import { describe, expect, it } from 'vitest';
import type { Indicator, IndicatorParameter } from '$/api/charts';
import { fillDefaults, parameterProblem, readId, searchIndicators, writeId } from './indicator-id';

const parameter = (
  name: string,
  value: number,
  change: Partial<IndicatorParameter> = {},
): IndicatorParameter => ({
  name,
  kind: 'INT',
  default: value,
  min: 1,
  max: 5_000,
  ...change,
});
const indicator = (
  name: string,
  parameters: IndicatorParameter[],
  change: Partial<Indicator> = {},
): Indicator => ({
  name,
  title: name,
  group: 'trend',
  inputs: ['close'],
  parameters,
  outputs: [{ name: 'value' }],
  overlay: true,
  warm_up: 1,
  ...change,
});
const RSI = indicator('RSI', [parameter('period', 14)], { title: 'Relative strength index' });
const BBANDS = indicator(
  'BBANDS',
  [
    parameter('period', 20),
    parameter('deviations', 2, { kind: 'FLOAT' }),
    parameter('deviations_down', 2, { kind: 'FLOAT', follows: 'deviations' }),
    parameter('average', 0, {
      kind: 'CHOICE',
      min: 0,
      max: 15,
      choices: [
        { value: 0, name: 'SMA' },
        { value: 1, name: 'EMA' },
      ],
    }),
  ],
  { title: 'Bollinger bands', aliases: ['BB'] },
);
const PLUS_DI = indicator('PLUS_DI', [parameter('period', 14)]);
const OBV = indicator('OBV', []);
const REGISTRY = [BBANDS, PLUS_DI, RSI, OBV];

describe('ids', () => {
  it('name the parameters as users do', () => {
    expect(writeId(RSI, [14])).toBe('RSI_14');
    expect(writeId(OBV, [])).toBe('OBV');
    expect(writeId(BBANDS, [20, 2, 2, 0])).toBe('BBANDS_20_2');
    expect(writeId(BBANDS, [20, 2.5, 2.5, 0])).toBe('BBANDS_20_2.5');
    expect(writeId(BBANDS, [20, 2, 3, 0])).toBe('BBANDS_20_2_3');
    expect(writeId(BBANDS, [20, 2, 2, 1])).toBe('BBANDS_20_2_2_1');
  });
  it('are read back, the rest at defaults', () => {
    expect(readId('PLUS_DI_9', REGISTRY)).toEqual({ indicator: PLUS_DI, values: [9] });
    expect(readId('BB_10', REGISTRY)?.values).toEqual([10, 2, 2, 0]);
    expect(readId('BBANDS_10_3', REGISTRY)?.values).toEqual([10, 3, 3, 0]);
    expect(readId('NOPE_3', REGISTRY)).toBeNull();
    for (const values of [
      [20, 2, 2, 0],
      [5, 1.5, 2, 1],
      [7, 0.5, 0.5, 0],
    ])
      expect(readId(writeId(BBANDS, values), REGISTRY)?.values).toEqual(values);
  });
  it('fill what is not given, followers from what they follow', () => {
    expect(fillDefaults(BBANDS, [10, 3])).toEqual([10, 3, 3, 0]);
  });
});

describe('a parameter’s field', () => {
  it('says what is wrong', () => {
    const [period, deviations, , average] = BBANDS.parameters;
    if (!period || !deviations || !average) throw new Error('the fixture has four');
    expect(parameterProblem(period, '20')).toBeNull();
    for (const text of ['', 'x', '1.5', '0', '5001', 'NaN', 'Infinity'])
      expect(parameterProblem(period, text), text).not.toBeNull();
    expect(parameterProblem(deviations, '1.5')).toBeNull();
    expect(parameterProblem(average, '1')).toBeNull();
    expect(parameterProblem(average, '2')).toBe('Choose one of the list');
  });
});

describe('the search', () => {
  const names = (text: string) => searchIndicators(REGISTRY, text).map((entry) => entry.name);
  it('finds by name, other names, title and group', () => {
    expect(names('')).toHaveLength(4);
    expect(names('boll')).toEqual(['BBANDS']);
    expect(names('bb')).toEqual(['BBANDS']);
    expect(names('strength rel')).toEqual(['RSI']);
    expect(names('plus di')).toEqual(['PLUS_DI']);
    expect(names('zzz')).toEqual([]);
  });
  it('puts the name itself first', () => {
    const wide = [indicator('STOCHRSI', []), indicator('RSIX', []), RSI];
    expect(searchIndicators(wide, 'rsi').map((entry) => entry.name)).toEqual(['RSI', 'RSIX', 'STOCHRSI']);
  });
});
