import { describe, expect, it } from 'vitest';
import { compare, type ResultDocument } from './compare';

const result = (name: string, fast: number, sharpe: number | null): ResultDocument => ({
  name,
  setup: {
    strategy: 'EMA cross',
    parameters: { fast },
    instruments: ['SPY.FILE'],
    first: '2020-01-01T00:00:00Z',
    last: '2021-01-01T00:00:00Z',
    cash: '100000',
    currency: 'USD',
  },
  assumptions: [{ about: 'fills', text: 'The next open.' }],
  statistics: { returns: { sharpe, total_return: 0.1 }, trades: { count: 1_200 } },
  equity: { ts: [], equity: [] },
});

describe('a comparison', () => {
  it('has every figure of every result, and only the differences', () => {
    const { names, rows, differences } = compare([result('a', 5, 1.234), result('b', 8, null)]);
    expect(names).toEqual(['a', 'b']);
    const of = (title: string) => rows.find((row) => row.title === title)?.values;
    expect(of('Sharpe ratio')).toEqual(['1.23', '–']);
    expect(of('Trades')).toEqual(['1,200', '1,200']);
    expect(of('Total return')).toEqual(['10.00 %', '10.00 %']);
    expect(differences).toEqual([{ title: 'Parameters', values: ['fast 5', 'fast 8'] }]);
  });
});
