import { describe, expect, it } from 'vitest';
import type { RiskSettings } from '$/api/types';
import {
  fromInput,
  groupProblems,
  labelOf,
  RISK_FIELDS,
  RISK_GROUPS,
  settingOf,
  showSetting,
  shownFields,
  toInput,
  withSettings,
} from './risk-fields';
import { differences, startOverride, toOverride, withOverride } from './risk-overrides';

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
    expect(fromInput(named('exposure_max'), '80')).toBe('0.8');
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
  it('have factors and minutes in their groups', () => {
    expect(fromInput(named('margin.leverage_max'), '2.5')).toBe('2.5');
    expect(labelOf(named('margin.leverage_max'))).toBe('Leverage (×)');
    expect(showSetting(named('intraday.act_minutes'), 10)).toBe('10 min');
    expect(showSetting(named('margin.enabled'), undefined)).toBe('–');
  });
  it('are changed in a copy, groups too', () => {
    const before = { exposure_max: '0.8', margin: { enabled: false, use_warn: '0.7' } };
    const after = withSettings(before, [
      ['margin.enabled', true],
      ['exposure_max', '0.5'],
    ]);
    expect(after).toEqual({ exposure_max: '0.5', margin: { enabled: true, use_warn: '0.7' } });
    expect(before.margin.enabled).toBe(false);
    expect(settingOf(after, 'margin.use_warn')).toBe('0.7');
    expect(settingOf({}, 'margin.use_warn')).toBeUndefined();
  });
  it('hide the figures of a group that is off', () => {
    const margin = RISK_GROUPS.find((group) => group.group === 'margin');
    if (!margin) throw new Error('no margin');
    expect(shownFields(margin, false)).toHaveLength(1);
    expect(shownFields(margin, true)).toHaveLength(margin.fields.length);
  });
  it('are refused where the steps of margin use do not ascend', () => {
    const margin = { use_warn: '0.7', use_warn_again: '0.8', use_block: '0.75', use_offer: '0.95' };
    expect(Object.keys(groupProblems({ margin }))).toEqual(['margin.use_block']);
    expect(groupProblems({ margin: { leverage_max: '0', ratio_warn: '0.9' } })).toEqual({
      'margin.leverage_max': 'The leverage is above 0.',
      'margin.ratio_warn': 'The ratio is at least 1.',
    });
    expect(Object.keys(groupProblems({ intraday: { warn_minutes: 5, act_minutes: 10 } }))).toEqual([
      'intraday.act_minutes',
    ]);
    expect(groupProblems({})).toEqual({});
  });
});

describe('settings of a strategy', () => {
  const settings = {
    exposure_max: '0.8',
    margin: { enabled: true, leverage_max: '10', use_warn: '0.7' },
    protection: { enabled: true, take_profit: '0.1' },
  } as RiskSettings;

  it('are only what is different', () => {
    const draft = startOverride(settings, {});
    expect(toOverride(draft, settings, {})).toEqual({ overrides: {}, problems: {} });
    draft.texts['exposure_max'] = '50';
    draft.texts['orders_per_minute'] = '2';
    expect(toOverride(draft, settings, {}).overrides).toEqual({ exposure_max: '0.5', orders_per_minute: 2 });
  });
  it('have a group as a whole, with the account’s switch of margin', () => {
    const draft = startOverride(settings, {});
    draft.own.protection = true;
    draft.switches['protection.enabled'] = false;
    expect(toOverride(draft, settings, {}).overrides).toEqual({
      protection: { enabled: false, take_profit: '0.1' },
    });
    const margin = startOverride(settings, { margin: { enabled: true, leverage_max: '2' } as never });
    expect(margin.own.margin).toBe(true);
    expect(toOverride(margin, settings, {}).problems['margin.use_warn']).toBe('A number, please.');
  });
  it('keep rules of the place, and come back as they were', () => {
    const before = {
      place: [{ rule: 'ORDER_RATE', from: '2026-01-01T00:00:00Z', action: 'DENY', per_second_max: 10 }],
      stop_distance: '0.03',
    } as const;
    const own = { ...before, place: [...before.place] };
    expect(toOverride(startOverride(settings, own), settings, own).overrides).toEqual(own);
    expect(differences(own)).toEqual([
      { title: 'Stop distance', value: '3 %' },
      { title: 'Rules of the place', value: '1' },
    ]);
  });
  it('are put in and taken out beside those of others', () => {
    const two = withOverride(withOverride(settings, 'a', { orders_per_day: 1 }), 'b', { orders_per_day: 2 });
    expect(Object.keys(two.overrides ?? {})).toEqual(['a', 'b']);
    expect(withOverride(two, 'a', null).overrides).toEqual({ b: { orders_per_day: 2 } });
    expect(withOverride(two, 'b', {}).overrides).toEqual({ a: { orders_per_day: 1 } });
  });
});
