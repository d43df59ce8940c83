/** What a calendar says about a date, put together from its lists, and in words. */
import type {
  CalendarHoliday,
  CalendarOverride,
  CalendarOverrideKind as OverrideKind,
  CalendarSession,
  CalendarSessions,
  TimeSpan,
} from '$/api/calendars';
import { formatTime } from '$/time/format';
import { dateIn } from '$/time/zoned';
import { addDays } from './month';

export interface Day {
  date: string;
  session: CalendarSession | null;
  holiday: CalendarHoliday | null;
  override: CalendarOverride | null;
}
export type Mark = 'SESSION' | 'EARLY_CLOSE' | 'SPECIAL' | 'HOLIDAY' | 'NONE';

type Sessions = Pick<CalendarSessions, 'sessions' | 'holidays'>;

export function dayOf(date: string, sessions: Sessions | null, overrides: readonly CalendarOverride[]): Day {
  return {
    date,
    session: sessions?.sessions.find((session) => session.date === date) ?? null,
    holiday: sessions?.holidays.find((holiday) => holiday.date === date) ?? null,
    override: overrides.find((override) => override.date === date) ?? null,
  };
}

/** The dates of which there is something to tell, in order. */
export function listed(sessions: Sessions, overrides: readonly CalendarOverride[]): Day[] {
  const dates = [...sessions.sessions, ...sessions.holidays].map((entry) => entry.date);
  return [...new Set(dates)].sort().map((date) => dayOf(date, sessions, overrides));
}

export function markOf({ session, holiday }: Day): Mark {
  if (session) return session.kind === 'REGULAR' ? 'SESSION' : session.kind;
  return holiday === null ? 'NONE' : 'HOLIDAY';
}

/** What the day is called, if anything. */
export function nameOf({ session, holiday }: Day): string {
  return session?.name ?? holiday?.name ?? '';
}

/** An administrator laid something over the rules of it. */
export function isLaid({ session, holiday, override }: Day): boolean {
  return override !== null || Boolean(session?.overridden ?? holiday?.overridden);
}

/** The exchange has not published it yet. */
export function isProvisional({ session, holiday }: Day): boolean {
  return session?.provisional ?? holiday?.provisional ?? false;
}

/** A shape of its own for each, so that colour is not needed. */
export const SHAPES: Record<Mark, string> = {
  SESSION: '●',
  EARLY_CLOSE: '◐',
  SPECIAL: '★',
  HOLIDAY: '✕',
  NONE: '',
};
export const WORDS: Record<Mark, string> = {
  SESSION: 'Session',
  EARLY_CLOSE: 'Early close',
  SPECIAL: 'Special session',
  HOLIDAY: 'Holiday',
  NONE: 'No session',
};
export const KINDS: Record<OverrideKind, string> = {
  HOLIDAY: 'Holiday',
  SPECIAL: 'Special session',
  EARLY_CLOSE: 'Early close',
};

/** A moment by the exchange's clocks; with the weekday when it is not on the session's own date. */
export function clock(ts: string, date: string, zone: string): string {
  const [time, on] = [formatTime(ts, 'clock', zone), dateIn(ts, zone)];
  if (on === date) return time;
  if (time === '00:00' && on === addDays(date, 1)) return '24:00';
  return `${formatTime(ts, 'weekday', zone)} ${time}`;
}

/** `09:15–15:30`. */
export function hours(from: string, to: string, date: string, zone: string): string {
  return `${clock(from, date, zone)}–${clock(to, date, zone)}`;
}

/** What a session has beside its hours: phases before and after, breaks. */
export function phases(session: CalendarSession, zone: string): string[] {
  const { date } = session;
  const of = (name: string, part: TimeSpan | null | undefined) =>
    part ? [`${name} ${hours(part.from, part.to, date, zone)}`] : [];
  return [
    ...of('before it', session.pre),
    ...of('opening auction', session.opening_auction),
    ...session.breaks.flatMap((pause) => of('break', pause)),
    ...of('closing auction', session.closing_auction),
    ...of('after it', session.post),
  ];
}

/** Everything of a day in one sentence, for those who hear it. */
export function spoken(day: Day, zone: string): string {
  const mark = WORDS[markOf(day)];
  const { session } = day;
  const parts = [
    session ? `${mark} ${hours(session.open, session.close, day.date, zone)}` : mark,
    nameOf(day),
    isLaid(day) ? 'laid over the rules' : '',
    isProvisional(day) ? 'provisional' : '',
  ];
  return parts.filter(Boolean).join(', ');
}
