/** Dates of a calendar as text, `2026-11-30`, and months, `2026-11`. No time zone comes into it. */

const DAY_MS = 86_400_000;
const DATE_TEXT = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

const utc = (date: string) => Date.parse(`${date}T00:00:00Z`);
const text = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export function addDays(date: string, days: number): string {
  return text(utc(date) + days * DAY_MS);
}

/** What an address says is a date, if it is one: `2026-02-30` is none. */
export function validDate(date: string | null): string | null {
  if (date === null || !DATE_TEXT.test(date)) return null;
  const ms = utc(date);
  return !Number.isNaN(ms) && text(ms) === date ? date : null;
}

/** 0 = Monday. */
export function weekday(date: string): number {
  return (new Date(utc(date)).getUTCDay() + 6) % 7;
}

export function isMonth(month: string | null): month is string {
  return month !== null && MONTH.test(month);
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

export function addMonths(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return text(Date.UTC(year, number - 1 + months, 1)).slice(0, 7);
}

export function firstDay(month: string): string {
  return `${month}-01`;
}

export function lastDay(month: string): string {
  return addDays(firstDay(addMonths(month, 1)), -1);
}

/** The same day so many months on, or the last of a month that is shorter. */
export function sameDay(date: string, months: number): string {
  const month = addMonths(monthOf(date), months);
  return within(`${month}${date.slice(7)}`, firstDay(month), lastDay(month));
}

/** The month's days in weeks from Monday to Sunday; `null` where a day is another month's. */
export function weeksOf(month: string): (string | null)[][] {
  const first = firstDay(month);
  const [before, days] = [weekday(first), Number(lastDay(month).slice(8))];
  const weeks = Math.ceil((before + days) / 7);
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: 7 }, (_unused, column) => {
      const day = week * 7 + column - before;
      return day >= 0 && day < days ? addDays(first, day) : null;
    }),
  );
}

/** The nearest of the two ends for what lies outside. */
export function within<T extends string>(value: T, least: T, most: T): T {
  if (value < least) return least;
  return value > most ? most : value;
}

const LONG = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
/** `November 2026`. */
export function monthTitle(month: string): string {
  return LONG.format(utc(firstDay(month)));
}

const DATE = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
/** `Mon, 30 Nov 2026`. */
export function dateTitle(date: string): string {
  return DATE.format(utc(date));
}
