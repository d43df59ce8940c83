/** The form of an override: what each kind wants, and what is wrong before it is sent. The server checks the same. */
import type {
  CalendarOverride,
  CalendarOverrideKind as OverrideKind,
  NewCalendarOverride,
} from '$/api/calendars';

export const TIMES = ['open', 'close', 'break_start', 'break_end'] as const;
export type TimeName = (typeof TIMES)[number];
export const TIME_TITLES: Record<TimeName, string> = {
  open: 'Open',
  close: 'Close',
  break_start: 'Break begins',
  break_end: 'Break ends',
};
const TAKES: Record<OverrideKind, readonly TimeName[]> = {
  HOLIDAY: [],
  EARLY_CLOSE: ['close'],
  SPECIAL: TIMES,
};
const NAME_MAX = 120;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export interface Draft extends Record<TimeName, string> {
  date: string;
  kind: OverrideKind;
  name: string;
}
export type Problems = Partial<Record<keyof Draft, string>>;

export function timesOf(kind: OverrideKind): readonly TimeName[] {
  return TAKES[kind];
}

export function draftOf(date: string, override: CalendarOverride | null): Draft {
  const time = (name: TimeName) => override?.[name]?.slice(0, 5) ?? '';
  return {
    date,
    kind: override?.kind ?? 'HOLIDAY',
    name: override?.name ?? '',
    open: time('open'),
    close: time('close'),
    break_start: time('break_start'),
    break_end: time('break_end'),
  };
}

/** `taken` are the dates that have an override, of which a new one would be the second. */
export function problemsOf(draft: Draft, taken: readonly string[]): Problems {
  const problems: Problems = {};
  if (!DATE.test(draft.date) || Number.isNaN(Date.parse(draft.date))) problems.date = 'A date is needed.';
  else if (taken.includes(draft.date)) problems.date = 'Something is laid over this date; change that.';
  const name = draft.name.trim();
  if (!name) problems.name = 'A name is needed: what the day is called.';
  else if ([...name].length > NAME_MAX) problems.name = `At most ${NAME_MAX} characters.`;
  const optional = (field: TimeName) => field.startsWith('break');
  for (const field of timesOf(draft.kind)) {
    if (!draft[field] && optional(field)) continue;
    if (!TIME.test(draft[field])) problems[field] = 'A time such as 09:15 is needed.';
  }
  if (draft.kind === 'SPECIAL' && !draft.break_start !== !draft.break_end)
    problems[draft.break_start ? 'break_end' : 'break_start'] = 'A break has a beginning and an end.';
  return problems;
}

/** Only what the kind takes. */
export function contentOf(draft: Draft): NewCalendarOverride {
  const given = timesOf(draft.kind).filter((field) => draft[field]);
  return {
    kind: draft.kind,
    name: draft.name.trim(),
    ...Object.fromEntries(given.map((field) => [field, draft[field]])),
  };
}
