import { describe, expect, it } from 'vitest';
import { addDays, addMonths, isMonth, lastDay, sameDay, validDate, weekday, weeksOf, within } from './month';

describe('months', () => {
  it('are laid out in weeks from Monday, with all their days once', () => {
    // The first of November 2026 was a Sunday, and the month had six weeks.
    const weeks = weeksOf('2026-11');
    expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
    expect(weeks[5]?.[0]).toBe('2026-11-30');
    expect(weeks.flat().filter(Boolean)).toHaveLength(30);
    // A February that fills four weeks to the day.
    expect(weeksOf('2027-02').flat()).toEqual(
      Array.from({ length: 28 }, (_, day) => `2027-02-${String(day + 1).padStart(2, '0')}`),
    );
  });
  it('have their last day, also in leap years', () => {
    expect(['2024-02', '2026-02', '2026-12'].map(lastDay)).toEqual([
      '2024-02-29',
      '2026-02-28',
      '2026-12-31',
    ]);
  });
  it('are added over the turn of the year', () => {
    expect(addMonths('2026-12', 1)).toBe('2027-01');
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(addMonths('2026-03', -15)).toBe('2024-12');
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(sameDay('2026-12-15', 1)).toBe('2027-01-15');
    expect(sameDay('2027-03-31', -1)).toBe('2027-02-28');
  });
  it('are told from other text', () => {
    expect(['2026-11', '2026-13', '2026-1', 'x', null].map(isMonth)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
  it('are told from dates that there are not', () => {
    const texts = ['2028-02-29', '2026-02-29', '2026-02-31', '2026-13-01', '2026-1-1', 'today', '', null];
    expect(texts.map(validDate)).toEqual(['2028-02-29', null, null, null, null, null, null, null]);
  });
  it('stay within a calendar', () => {
    expect(within('1980-01', '1990-01', '2030-12')).toBe('1990-01');
    expect(within('2040-01', '1990-01', '2030-12')).toBe('2030-12');
    expect(within('2026-11', '1990-01', '2030-12')).toBe('2026-11');
  });
  it('know Saturdays', () => {
    expect(['2013-05-11', '2014-03-22', '2015-02-28'].map(weekday)).toEqual([5, 5, 5]);
  });
});
