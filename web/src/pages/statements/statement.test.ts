import { describe, expect, it } from 'vitest';
import type { Statement } from '$/api/types';
import { consequences, countsOf, fileProblem, isCut, presetTitle, readingOf, rowsOf } from './statement';

const statement = (change: Partial<Statement>): Statement => ({
  preset: 'generic',
  digest: 'd',
  booked: 2,
  duplicates: 0,
  passed_over: 0,
  refused: 1,
  totals: [],
  rows: [
    { line: 2, state: 'BOOKED', text: 'deposit' },
    { line: 3, state: 'BOOKED', text: 'buy' },
    { line: 4, state: 'REFUSED', text: '', column: 'type', message: 'LOTTERY is no type' },
  ],
  ...change,
});

describe('a statement', () => {
  it('is not sent when there is no file, nothing in it, or too much', () => {
    expect(fileProblem(null)).toMatch(/Choose a file/);
    expect(fileProblem({ name: 'a.csv', size: 0 })).toBe('a.csv is empty.');
    expect(fileProblem({ name: 'a.csv', size: 10_000_001 })).toMatch(/10 MB/);
    expect(fileProblem({ name: 'a.csv', size: 10_000_000 })).toBeNull();
  });
  it('takes a market and a currency only where the file can leave them out', () => {
    const typed = { market: ' xnas', currency: 'usd ' };
    expect(readingOf({ preset: 'generic', ...typed })).toEqual({
      preset: 'generic',
      market: 'XNAS',
      currency: 'USD',
    });
    expect(readingOf({ preset: 'coinbase', ...typed })).toEqual({
      preset: 'coinbase',
      market: '',
      currency: '',
    });
    expect(presetTitle('kraken-trades')).toBe('Kraken: trades');
  });
  it('shows what matters first, and rows of one kind', () => {
    expect(countsOf(statement({})).map(({ count }) => count)).toEqual([2, 1, 0, 0]);
    expect(rowsOf(statement({}), 'REFUSED').map((row) => row.line)).toEqual([4]);
    expect(rowsOf(statement({}), null)).toHaveLength(3);
    expect(isCut(statement({}))).toBe(false);
    expect(isCut(statement({ booked: 5_000 }))).toBe(true);
  });
  it('says before it is booked what will happen', () => {
    expect(consequences(statement({ duplicates: 4 }))).toEqual([
      'Books in one step, all or nothing: 2 rows of the file.',
      'Stays out, because it cannot be booked: 1 row.',
      'Is booked already: 4 rows.',
      'Entries are never deleted; a mistake is taken back by a new entry.',
    ]);
  });
});
