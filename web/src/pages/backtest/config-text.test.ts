import { describe, expect, it } from 'vitest';
import type { StrategyKind } from '$/api/types';
import { configText, gridText, percent, progressOf, readName, ratio } from './config-text';

const cross: StrategyKind = {
  name: 'ema_cross',
  title: 'EMA cross',
  description: '',
  parameters: [
    { name: 'fast', kind: 'WHOLE', default: '10', min: '1', max: '500', description: '' },
    { name: 'slow', kind: 'WHOLE', default: '30', min: '2', max: '500', description: '' },
    { name: 'short', kind: 'FLAG', default: 'false', description: '' },
    { name: 'size', kind: 'NUMBER', default: '0.1', description: '' },
  ],
};

describe('the configuration of a backtest', () => {
  it('says what was filled in, and the strategy’s own defaults', () => {
    const plan = {
      strategy: 'ema_cross',
      file: 'BTC-USD.COINBASE-1m.csv',
      instrument: 'BTC-USD.COINBASE',
      interval: '1m',
      cash: '100000',
      tick: '0.01',
      lot: '0.00000001',
      fee: '0.001',
    };
    const text = configText(plan, cross);
    for (const line of [
      'cash = "100000"',
      'currency = "USD"',
      'id = "BTC-USD.COINBASE"',
      'kind = "spot"',
      'file = "BTC-USD.COINBASE-1m.csv"',
      'id = "ema_cross"',
      'fast = 10',
      'short = false',
      'taker = "0.001"',
    ])
      expect(text.split('\n')).toContain(line);
    const script = configText({ ...plan, strategy: 'mine.rhai', instrument: 'SPY.FILE' }, undefined);
    expect(script).toContain('script = "mine.rhai"');
    expect(script).not.toContain('[strategy.parameters]');
    expect(script).not.toContain('kind =');
  });
  it('reads from a file’s name what it can', () => {
    expect(readName('BTC-USD.COINBASE-1m.csv')).toEqual({ instrument: 'BTC-USD.COINBASE', interval: '1m' });
    expect(readName('spy.1d.csv')).toEqual({ instrument: 'SPY.FILE', interval: '1d' });
    expect(readName('my data.csv.gz')).toEqual({ instrument: 'MYDATA.FILE', interval: '1d' });
  });
  it('begins a grid around the defaults', () => {
    expect(gridText(cross)).toBe(
      'fast = { from = 5, to = 20, step = 2 }\nslow = { from = 15, to = 60, step = 7 }\n',
    );
    expect(gridText(undefined)).toBe('');
  });
});

describe('progress', () => {
  it('is a part where the whole is known', () => {
    expect(progressOf(null)).toEqual({ text: 'starting', part: null });
    expect(progressOf({ stage: 'VARIANTS', done: 250, total: 1000 })).toEqual({
      text: '250 of 1,000 variants',
      part: 0.25,
    });
    expect(progressOf({ stage: 'RUNNING', done: 16_384 }).part).toBeNull();
  });
  it('has a dash for what is not defined', () => {
    expect([percent(null), percent(-0.1234), ratio(undefined), ratio(1)]).toEqual([
      '–',
      '-12.34 %',
      '–',
      '1.00',
    ]);
  });
});
