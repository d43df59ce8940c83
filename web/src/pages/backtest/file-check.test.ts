import { describe, expect, it } from 'vitest';
import { fileProblem, plainName, sizeText } from './file-check';

describe('a file to be sent', () => {
  it('gets a plain name', () => {
    expect(plainName('SPY daily (2).csv')).toBe('SPY_daily__2_.csv');
    expect(plainName('BTC-USD.COINBASE-1m.csv.gz')).toBe('BTC-USD.COINBASE-1m.csv.gz');
    expect(plainName('..hidden.csv')).toBe('hidden.csv');
  });
  it('is told what is wrong with it', () => {
    const there = [{ name: 'spy.csv' }];
    expect(fileProblem('new.csv', 10, there)).toBeNull();
    expect(fileProblem('new.parquet', 268_435_456, there)).toBeNull();
    expect(fileProblem('new.parquet', 268_435_457, there)).toMatch(/256 MB/);
    expect(fileProblem('notes.txt', 10, there)).toMatch(/must end in \.csv/);
    expect(fileProblem('new.csv', 0, there)).toMatch(/empty/);
    expect(fileProblem('spy.csv', 10, there)).toMatch(/another name/);
    expect(fileProblem(`${'x'.repeat(97)}.csv`, 10, there)).toMatch(/100 characters/);
  });
  it('has a size that people read', () => {
    expect([0, 340, 69_027, 1_250_000, 268_435_456].map(sizeText)).toEqual([
      '0 B',
      '340 B',
      '69.0 kB',
      '1.3 MB',
      '268.4 MB',
    ]);
  });
});
