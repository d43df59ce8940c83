import { describe, expect, it } from 'vitest';
import type { CalendarOverride, CalendarSession, CalendarSessions } from '$/api/calendars';
import { dayOf, hours, isLaid, listed, markOf, phases, spoken } from './day';
import { contentOf, draftOf, problemsOf, type Draft } from './override-form';

const session = (change: Partial<CalendarSession>): CalendarSession => ({
  date: '2026-11-06',
  open: '2026-11-06T03:45:00Z',
  close: '2026-11-06T10:00:00Z',
  breaks: [],
  kind: 'REGULAR',
  overridden: false,
  provisional: false,
  ...change,
});
const muhurat = session({
  date: '2026-11-08',
  open: '2026-11-08T12:30:00Z',
  close: '2026-11-08T13:30:00Z',
  kind: 'SPECIAL',
  name: 'Muhurat trading',
  overridden: true,
  provisional: true,
});
const override: CalendarOverride = {
  date: '2026-11-08',
  kind: 'SPECIAL',
  open: '18:00',
  close: '19:00',
  name: 'Muhurat trading',
  changed_by: 'u-1',
  changed_at: '2026-11-01T10:00:00Z',
};
const november: CalendarSessions = {
  calendar: 'XNSE',
  sessions: [muhurat, session({})],
  holidays: [{ date: '2026-11-10', name: 'Diwali', overridden: false, provisional: false }],
};
const zone = 'Asia/Kolkata';

describe('a day of a calendar', () => {
  it('is put together from the lists', () => {
    const days = listed(november, [override]);
    expect(days.map((day) => day.date)).toEqual(['2026-11-06', '2026-11-08', '2026-11-10']);
    expect(days.map(markOf)).toEqual(['SESSION', 'SPECIAL', 'HOLIDAY']);
    expect(days.map(isLaid)).toEqual([false, true, false]);
    expect(markOf(dayOf('2026-11-07', november, []))).toBe('NONE');
  });
  it('is told in words with the hours of the exchange', () => {
    expect(spoken(dayOf('2026-11-06', november, []), zone)).toBe('Session 09:15–15:30');
    expect(spoken(dayOf('2026-11-08', november, [override]), zone)).toBe(
      'Special session 18:00–19:00, Muhurat trading, laid over the rules, provisional',
    );
    expect(spoken(dayOf('2026-11-10', november, []), zone)).toBe('Holiday, Diwali');
    expect(spoken(dayOf('2026-11-07', november, []), zone)).toBe('No session');
  });
});

describe('hours', () => {
  it('say on which day they are when it is another than the session’s', () => {
    const globex = hours('2026-11-01T23:00:00Z', '2026-11-02T22:00:00Z', '2026-11-02', 'America/Chicago');
    expect(globex).toBe('Sun 17:00–16:00');
  });
  it('end at 24:00 where a day does', () => {
    expect(hours('2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z', '2026-11-02', 'UTC')).toBe('00:00–24:00');
  });
  it('have breaks and phases beside them', () => {
    const tokyo = session({
      pre: { from: '2026-11-06T02:45:00Z', to: '2026-11-06T03:45:00Z' },
      breaks: [{ from: '2026-11-06T06:00:00Z', to: '2026-11-06T07:00:00Z' }],
    });
    expect(phases(tokyo, 'UTC')).toEqual(['before it 02:45–03:45', 'break 06:00–07:00']);
    const auction = session({
      closing_auction: { from: '2026-11-06T10:00:00Z', to: '2026-11-06T10:10:00Z' },
    });
    expect(phases(auction, zone)).toEqual(['closing auction 15:30–15:40']);
  });
});

describe('the form of an override', () => {
  const draft = (change: Partial<Draft>): Draft => ({ ...draftOf('2026-12-01', null), ...change });
  it('starts from what is there', () => {
    expect(draftOf('2026-11-08', override)).toMatchObject({
      kind: 'SPECIAL',
      open: '18:00',
      close: '19:00',
      break_start: '',
      name: 'Muhurat trading',
    });
  });
  it('wants what the kind wants, and sends no more', () => {
    expect(problemsOf(draft({}), [])).toEqual({ name: expect.stringContaining('name') as string });
    expect(Object.keys(problemsOf(draft({ kind: 'EARLY_CLOSE', name: 'Half day' }), []))).toEqual(['close']);
    expect(Object.keys(problemsOf(draft({ kind: 'SPECIAL', name: 'Test' }), []))).toEqual(['open', 'close']);
    const half = draft({ kind: 'EARLY_CLOSE', name: ' Half day ', close: '12:30', open: '09:00' });
    expect(problemsOf(half, [])).toEqual({});
    expect(contentOf(half)).toEqual({ kind: 'EARLY_CLOSE', name: 'Half day', close: '12:30' });
  });
  it('wants both ends of a break or none', () => {
    const special = draft({ kind: 'SPECIAL', name: 'Test', open: '09:00', close: '15:00' });
    expect(problemsOf(special, [])).toEqual({});
    expect(Object.keys(problemsOf({ ...special, break_start: '12:00' }, []))).toEqual(['break_end']);
    expect(Object.keys(problemsOf({ ...special, break_end: '12:30' }, []))).toEqual(['break_start']);
  });
  it('lays nothing over a date twice', () => {
    const again = draft({ name: 'Day of mourning' });
    expect(problemsOf(again, ['2026-12-01']).date).toContain('laid over');
    expect(problemsOf({ ...again, date: 'soon' }, []).date).toBe('A date is needed.');
  });
});
