import { describe, expect, it } from 'vitest';
import type { StrategyKind } from '$/api/types';
import { configText, gridText, readName, withParameters } from './config-text';

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
    expect(readName('BTC-USD.COINBASE-D.csv')).toEqual({ instrument: 'BTC-USD.COINBASE', interval: 'D' });
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

describe('other parameters', () => {
  it('take the place of those in a section, and nothing else changes', () => {
    const config =
      '[strategy]\nid = "ema_cross" # mine\n\n[strategy.parameters]\nfast = 10 # was 5\nslow = 30\n\n[fills]\nfast = 1\n';
    expect(withParameters(config, { fast: '7', size: '0.5' })).toBe(
      '[strategy]\nid = "ema_cross" # mine\n\n[strategy.parameters]\nsize = 0.5\nfast = 7\nslow = 30\n\n[fills]\nfast = 1\n',
    );
  });
  it('take the place of those in braces', () => {
    const config = '[strategy]\nparameters = { fast = 10, weights = [0.5, 0.5], breakfast = 2 } # x\n';
    expect(withParameters(config, { fast: '7', weights: '[0.2, 0.8]', mode: 'calm' })).toBe(
      '[strategy]\nparameters = { fast = 7, weights = [0.2, 0.8], breakfast = 2, mode = "calm" } # x\n',
    );
    expect(withParameters('parameters = {}', { fast: '7' })).toBe('parameters = { fast = 7 }');
  });
  it('come at the end where there were none', () => {
    expect(withParameters('[strategy]\nid = "ema_cross"\n', { fast: '7' })).toBe(
      '[strategy]\nid = "ema_cross"\n\n[strategy.parameters]\nfast = 7\n',
    );
  });
});
