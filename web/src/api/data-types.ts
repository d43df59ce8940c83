/** Shapes of the catalogue and of calendars. Written by the contract until the document has them. */
import type { Bars, Decimal, Timestamp } from './types';

export type PagedBars = Bars & { next_before?: string | null };

export interface CatalogueSeries {
  kind: string;
  instrument: string;
  interval?: string | null;
  rows: number;
  tail_rows: number;
  files: number;
  bytes: number;
  from: Timestamp;
  to: Timestamp;
}
export interface Catalogue {
  place: string;
  recording: boolean;
  series: CatalogueSeries[];
  next_cursor?: string | null;
}
export interface CatalogueGap {
  from: Timestamp;
  to: Timestamp;
  bars: number;
}
export interface CatalogueGaps {
  instrument: string;
  interval: string;
  calendar: string;
  from: Timestamp;
  to: Timestamp;
  gaps: CatalogueGap[];
}
export interface QualityCheck {
  name: string;
  title: string;
  count: number;
  share: number;
  penalty: number;
  examples: Timestamp[];
}
export interface SeriesQuality {
  instrument: string;
  interval: string;
  bars: number;
  score: number;
  checks: QualityCheck[];
}
export interface NewBackfill {
  instrument: string;
  interval: string;
  from?: Timestamp;
  to?: Timestamp;
}
export interface Backfilled {
  asked: number;
  added: number;
  empty: number;
  skipped: number;
  failures: string[];
  gaps_left: number;
}
export interface CatalogueCompacted {
  rows: number;
}
export interface RetentionPolicy {
  kind: string;
  intervals?: string | null;
  keep_days?: number | null;
  into?: string | null;
}
export interface RetentionDue {
  series: string;
  file: string;
  from: Timestamp;
  to: Timestamp;
  rows: number;
  bytes: number;
  into?: string | null;
}
export interface Retention {
  policies: RetentionPolicy[];
  due: RetentionDue[];
}

export interface Calendar {
  id: string;
  name: string;
  time_zone: string;
  first: string;
  last: string;
  published_to: string;
  overrides: number;
  underlyings: string[];
}
export interface TimeSpan {
  from: Timestamp;
  to: Timestamp;
}
export interface CalendarSession {
  date: string;
  open: Timestamp;
  close: Timestamp;
  breaks: TimeSpan[];
  pre?: TimeSpan | null;
  post?: TimeSpan | null;
  opening_auction?: TimeSpan | null;
  closing_auction?: TimeSpan | null;
  kind: 'regular' | 'early_close' | 'special';
  name?: string | null;
  overridden: boolean;
  provisional: boolean;
}
export interface CalendarHoliday {
  date: string;
  name: string;
  overridden: boolean;
  provisional: boolean;
}
export interface CalendarSessions {
  calendar: string;
  sessions: CalendarSession[];
  holidays: CalendarHoliday[];
}
export type CalendarOverrideKind = 'holiday' | 'special' | 'early_close';
export interface NewCalendarOverride {
  kind: CalendarOverrideKind;
  open?: string | null;
  close?: string | null;
  break_start?: string | null;
  break_end?: string | null;
  name: string;
}
export interface CalendarOverride extends NewCalendarOverride {
  date: string;
  changed_by: string;
  changed_at: Timestamp;
}
export interface CalendarOverrides {
  calendar: string;
  overrides: CalendarOverride[];
}
export interface CalendarChanged {
  calendar: string;
  overrides: CalendarOverride[];
  restart_needed: boolean;
  note?: string | null;
}
export interface CalendarExpiry {
  expiry: string;
  kind: string;
  label: string;
  at: Timestamp;
  moved_from?: string | null;
  provisional: boolean;
  source: string;
}
export interface CalendarExpiries {
  calendar: string;
  underlying: string;
  expiries: CalendarExpiry[];
}
export interface AdjustmentFactor {
  before: string;
  price: Decimal;
  volume: Decimal;
}
export type ActionKind = 'split' | 'bonus' | 'stock_dividend' | 'dividend' | 'rights' | 'earnings';
export interface NewCorporateAction {
  instrument: string;
  ex_date: string;
  kind: ActionKind;
  new?: Decimal | null;
  held?: Decimal | null;
  amount?: Decimal | null;
  currency?: string | null;
  price?: Decimal | null;
  period?: string | null;
  time?: string | null;
  confirmed?: boolean | null;
  source?: string | null;
}
export interface CorporateAction extends NewCorporateAction {
  id: string;
  added_by?: string;
  added_at?: Timestamp;
}
export interface ActionsImported {
  imported: number;
}
