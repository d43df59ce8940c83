import { describe, expect, it } from 'vitest';
import { lookaheadText, methodText, money, percent, shown } from './figures';

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

  it('says how trades were drawn, and what the runs on less data showed', () => {
    expect(methodText({ kind: 'SHUFFLE' })).toBe('each once, in another order');
    expect(methodText({ kind: 'BOOTSTRAP', block: 1 })).toBe('drawn with replacement');
    expect(methodText({ kind: 'BOOTSTRAP', block: 5 })).toBe('drawn with replacement, 5 in a row');
    const cuts = [{ at: '2017-02-05T08:42:03.397177509Z', orders: 10 }];
    expect(lookaheadText({ verdict: 'equal', cuts, difference: null })).toMatch(/same.*1 cut: 2017-02-05/);
    expect(lookaheadText({ verdict: 'different', cuts, difference: 'order 3' })).toMatch(/AHEAD: order 3/);
    expect(lookaheadText({ verdict: 'not_made', cuts: [], difference: null })).toBe('not checked');
  });
});
