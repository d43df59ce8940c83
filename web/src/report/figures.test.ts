import { describe, expect, it } from 'vitest';
import { money, percent, shown } from './figures';

describe('figures of a report', () => {
  it('writes money to the cent, half to even, without binary fractions', () => {
    expect(money('1234567.005')).toBe('1,234,567.00');
    expect(money('1234567.015')).toBe('1,234,567.02');
    expect(money('-0.004')).toBe('0.00');
    expect(money('-12.3456')).toBe('−12.35');
    expect(money('5')).toBe('5.00');
    expect(money('90071992547409931.999')).toBe('90,071,992,547,409,932.00');
  });

  it('writes what is not there as a dash', () => {
    expect(shown(null, 'ratio')).toBe('–');
    expect(shown(undefined, 'money')).toBe('–');
    expect(shown(Number.NaN, 'percent')).toBe('–');
  });

  it('writes shares in percent and durations in the unit that reads best', () => {
    expect(percent(-0.12345)).toBe('−12.35 %');
    expect(shown(45, 'seconds')).toBe('45 s');
    expect(shown(7_200, 'seconds')).toBe('2.0 h');
    expect(shown('2024-03-01T00:00:00Z', 'time')).toBe('2024-03-01');
  });
});
