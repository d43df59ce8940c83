import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  formatDecimal,
  fromPercent,
  isMultipleOf,
  multiply,
  parseDecimal,
  sign,
  splitFine,
  toGrid,
  toPercent,
  toText,
  trimZeros,
} from './decimal';

const value = (text: string) => {
  const parsed = parseDecimal(text);
  if (!parsed) throw new Error(`${text} is no decimal`);
  return parsed;
};

describe('decimal text', () => {
  it('is shown digit by digit, grouped', () => {
    expect(formatDecimal('1234567.89')).toBe('1,234,567.89');
    expect(formatDecimal('123456789012345678901234.000000001')).toBe(
      '123,456,789,012,345,678,901,234.000000001',
    );
    expect(formatDecimal('0.10')).toBe('0.10');
    expect(formatDecimal('999')).toBe('999');
  });
  it('groups in lakh and crore, or not at all, when asked', () => {
    expect(formatDecimal('123456789.5', { grouping: 'lakh' })).toBe('12,34,56,789.5');
    expect(formatDecimal('123456789.5', { grouping: 'none' })).toBe('123456789.5');
  });
  it('carries its sign, but zero has none', () => {
    expect(formatDecimal('-1200')).toBe('−1,200');
    expect(formatDecimal('1200', { plus: true })).toBe('+1,200');
    expect(formatDecimal('-0.00', { plus: true })).toBe('0.00');
  });
  it('pads but never cuts', () => {
    expect(formatDecimal('1.5', { decimalsMin: 2 })).toBe('1.50');
    expect(formatDecimal('1.23456', { decimalsMin: 2 })).toBe('1.23456');
  });
  it('splits off its fine digits without losing one', () => {
    expect(splitFine('1,234.5678', 2)).toEqual(['1,234.56', '78']);
    expect(splitFine('1,234.5', 2)).toEqual(['1,234.5', '']);
    expect(splitFine('1,234', 2)).toEqual(['1,234', '']);
  });
  it('that is none comes back as it is', () => {
    for (const text of ['', 'NaN', '1e5', '.5', '1.', '--1', '1,5']) {
      expect(parseDecimal(text)).toBeNull();
      expect(formatDecimal(text)).toBe(text);
    }
    expect(parseDecimal('1'.repeat(65))).toBeNull();
  });
});

describe('decimal arithmetic', () => {
  it('is exact where floats are not', () => {
    expect(toText(add(value('0.1'), value('0.2')))).toBe('0.3');
    expect(toText(add(value('378.75'), value('-187.40')))).toBe('191.35');
    expect(toText(multiply(value('105.24'), value('50')))).toBe('5262.00');
  });
  it('compares across scales and signs', () => {
    expect(compare(value('1.10'), value('1.1'))).toBe(0);
    expect(compare(value('-2'), value('1'))).toBe(-1);
    expect(compare(value('10'), value('9.99999999999999999999'))).toBe(1);
  });
  it('knows the tick grid', () => {
    expect(isMultipleOf(value('123.45'), value('0.05'))).toBe(true);
    expect(isMultipleOf(value('123.456'), value('0.05'))).toBe(false);
    expect(isMultipleOf(value('0.3'), value('0.1'))).toBe(true);
    expect(isMultipleOf(value('100'), value('25'))).toBe(true);
    expect(isMultipleOf(value('7'), value('0'))).toBe(true);
  });
  it('tells the sign', () => {
    expect([sign('-0.01'), sign('0.00'), sign('3'), sign('x')]).toEqual([-1, 0, 1, 0]);
  });
  it('turns a fraction into percent by moving the point', () => {
    expect(toPercent('0.0123')).toBe('1.23');
    expect(toPercent('0.8')).toBe('80');
    expect(toPercent('0.80')).toBe('80');
    expect(toPercent('1')).toBe('100');
    expect(toPercent('-0.00005')).toBe('-0.005');
  });
  it('turns percent back into a fraction', () => {
    expect(fromPercent('1.50')).toBe('0.015');
    expect(fromPercent('100')).toBe('1');
    expect(fromPercent('some')).toBeNull();
  });
  it('goes to the grid in the direction that is asked for', () => {
    expect(toText(toGrid(value('57000.001'), value('0.05'), 'up'))).toBe('57000.050');
    expect(toText(toGrid(value('57000.049'), value('0.05'), 'down'))).toBe('57000.000');
    expect(toText(toGrid(value('-1.1'), value('0.5'), 'up'))).toBe('-1.0');
    expect(toText(toGrid(value('3'), value('1'), 'up'))).toBe('3');
  });
  it('loses nothing but zeros when they are trimmed', () => {
    expect(['60000.10', '100.00', '100', '0.0'].map(trimZeros)).toEqual(['60000.1', '100', '100', '0']);
  });
});
