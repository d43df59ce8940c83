/** Requests about calendars: sessions, holidays, what administrators lay over them, expiries. */
import { request } from './plain';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Calendar = Schemas['Calendar'];
export type TimeSpan = Schemas['TimeSpan'];
export type CalendarSession = Schemas['CalendarSession'];
export type CalendarHoliday = Schemas['CalendarHoliday'];
export type CalendarSessions = Schemas['CalendarSessions'];
export type CalendarOverrideKind = Schemas['CalendarOverrideKind'];
export type NewCalendarOverride = Schemas['NewCalendarOverride'];
export type CalendarOverride = Schemas['CalendarOverride'];
export type CalendarChanged = Schemas['CalendarChanged'];
export type CalendarExpiry = Schemas['CalendarExpiry'];

const of = (calendar: string, ...rest: string[]) => ['calendars', calendar, ...rest];

/** Dates, both included. */
export interface Period {
  from: string;
  to: string;
}

export const calendars = {
  list: async () => (await request<Schemas['Calendars']>('GET', ['calendars'])).calendars,
  sessions: (calendar: string, { from, to }: Period) =>
    request<CalendarSessions>('GET', of(calendar, 'sessions'), { query: { from, to } }),
  /** As the rules alone have it. */
  ruledSessions: (calendar: string, { from, to }: Period) =>
    request<CalendarSessions>('GET', of(calendar, 'sessions'), {
      query: { from, to, without_overrides: 'true' },
    }),
  overrides: async (calendar: string) =>
    (await request<Schemas['CalendarOverrides']>('GET', of(calendar, 'overrides'))).overrides,
  setOverride: (calendar: string, date: string, body: NewCalendarOverride) =>
    request<CalendarChanged>('PUT', of(calendar, 'overrides', date), { body }),
  /** Refused when the override is another one than that of the `etag`. */
  removeOverride: (calendar: string, date: string, etag?: string) =>
    request<CalendarChanged>(
      'DELETE',
      of(calendar, 'overrides', date),
      etag ? { headers: { 'If-Match': etag } } : {},
    ),
  /** All of the file or nothing; what is wrong is told by line. */
  importOverrides: (calendar: string, file: Blob) =>
    request<CalendarChanged>('POST', of(calendar, 'overrides', 'import'), {
      file: new Blob([file], { type: 'text/csv' }),
    }),
  expiries: async (calendar: string, underlying: string, { from, to }: Period) =>
    (
      await request<Schemas['CalendarExpiries']>('GET', of(calendar, 'expiries'), {
        query: { underlying, from, to },
      })
    ).expiries,
};
