import { describe, expect, it } from 'vitest';
import { fromInput, RISK_FIELDS, showSetting, toInput } from './risk-fields';

const named = (name: string) => {
  const found = RISK_FIELDS.find((field) => field.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe('risk settings', () => {
  it('show fractions in percent and come back exactly', () => {
    const field = named('entry_offset');
    expect(showSetting(field, '0.002')).toBe('0.2 %');
    expect(fromInput(field, toInput(field, '0.002'))).toBe('0.002');
    expect(fromInput(named('exposure_max'), '80')).toBe('0.80');
  });
  it('refuse what makes no sense', () => {
    expect(fromInput(named('exposure_max'), 'lots')).toBeUndefined();
    expect(fromInput(named('orders_per_minute'), '1.5')).toBeUndefined();
    expect(fromInput(named('orders_per_minute'), '-1')).toBeUndefined();
    expect(fromInput(named('orders_per_minute'), '10')).toBe(10);
  });
  it('take an empty whitelist as all instruments', () => {
    expect(fromInput(named('whitelist'), ' ')).toBeNull();
    expect(fromInput(named('whitelist'), 'A.X, B.X')).toEqual(['A.X', 'B.X']);
    expect(showSetting(named('whitelist'), null)).toBe('all');
  });
});
