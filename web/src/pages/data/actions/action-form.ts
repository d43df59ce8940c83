/** Corporate actions in words, and the form of a new one. The server checks the same. */
import type {
  CorporateEvent,
  CorporateEventKind,
  EarningsTime,
  NewCorporateEvent,
} from '$/api/corporate-actions';
import { parseDecimal, sign } from '$/money/decimal';

export const FIELDS = [
  'new',
  'held',
  'into',
  'amount',
  'currency',
  'price',
  'cost_fraction',
  'period',
] as const;
export type FieldName = (typeof FIELDS)[number];

interface KindForm {
  title: string;
  takes: readonly FieldName[];
  /** Not all of what it takes has to be there; the server knows what goes together. */
  optional?: true;
  /** What `new` and `held` are called. */
  ratio?: readonly [fresh: string, held: string];
}
export const KINDS: Record<CorporateEventKind, KindForm> = {
  SPLIT: { title: 'Split', takes: ['new', 'held'], ratio: ['Units afterwards', 'Units before'] },
  BONUS: { title: 'Bonus issue', takes: ['new', 'held'], ratio: ['Units received', 'Units held'] },
  STOCK_DIVIDEND: {
    title: 'Stock dividend',
    takes: ['new', 'held'],
    ratio: ['Units received', 'Units held'],
  },
  DIVIDEND: { title: 'Cash dividend', takes: ['amount', 'currency'] },
  RIGHTS: {
    title: 'Rights issue',
    takes: ['new', 'held', 'price'],
    ratio: ['Units offered', 'Units held'],
  },
  SPIN_OFF: {
    title: 'Spin-off',
    takes: ['new', 'held', 'into', 'cost_fraction'],
    ratio: ['Units received', 'Units held'],
  },
  MERGER: {
    title: 'Merger',
    takes: ['new', 'held', 'into', 'amount', 'currency', 'cost_fraction'],
    optional: true,
    ratio: ['Units received', 'Units held'],
  },
  SYMBOL_CHANGE: { title: 'Change of symbol', takes: ['into'] },
  DELISTING: { title: 'Delisting', takes: ['price'] },
  EARNINGS: { title: 'Earnings', takes: ['period'] },
};
export const EARNINGS_TIMES: Record<EarningsTime | '', string> = {
  '': 'not told',
  BEFORE_OPEN: 'before the session',
  DURING_SESSION: 'during the session',
  AFTER_CLOSE: 'after the session',
};
const TITLES: Record<FieldName, string> = {
  new: 'New',
  held: 'Held',
  amount: 'Amount per unit',
  currency: 'Currency',
  into: 'Into instrument',
  price: 'Price per unit',
  cost_fraction: 'Part of the value',
  period: 'Period',
};
const HINTS: Partial<Record<FieldName, string>> = {
  currency: 'e.g. INR',
  into: 'e.g. JIOFIN.XNSE',
  cost_fraction: '0 to 1: what goes with it, or what the cash is for',
  period: 'e.g. 2026Q3',
};

export interface Draft extends Record<FieldName, string> {
  instrument: string;
  ex_date: string;
  kind: CorporateEventKind;
  time: EarningsTime | '';
  confirmed: boolean;
  source: string;
}
export type Problems = Partial<Record<keyof Draft, string>>;

export function emptyDraft(instrument: string, ex_date: string): Draft {
  const texts = Object.fromEntries(FIELDS.map((field) => [field, ''])) as Record<FieldName, string>;
  return { instrument, ex_date, kind: 'SPLIT', time: '', confirmed: false, source: '', ...texts };
}

export function fieldTitle(kind: CorporateEventKind, field: FieldName): string {
  const [fresh, held] = KINDS[kind].ratio ?? [];
  return (field === 'new' ? fresh : field === 'held' ? held : undefined) ?? TITLES[field];
}
export function fieldHint(field: FieldName): string | undefined {
  return HINTS[field];
}

export function problemsOf(draft: Draft): Problems {
  const problems: Problems = {};
  if (!/^.+\.[^.]+$/.test(draft.instrument.trim()))
    problems.instrument = 'A whole instrument id is needed, such as INFY.XNSE.';
  if (Number.isNaN(Date.parse(draft.ex_date))) problems.ex_date = 'A date is needed.';
  if (!draft.source.trim()) problems.source = 'Where does it come from? A circular, a filing, a page.';
  const { takes, optional } = KINDS[draft.kind];
  for (const field of takes) {
    const text = draft[field].trim();
    if (!text) {
      if (!optional) problems[field] = 'This is needed.';
    } else if (isNumber(field)) {
      // Of what is worthless nothing is paid.
      const least = draft.kind === 'DELISTING' ? 0 : 1;
      if (parseDecimal(text) === null || sign(text) < least)
        problems[field] =
          least === 0 ? 'A number is needed, 0 for worthless.' : 'A number above 0 is needed.';
    }
  }
  return problems;
}

/** Whether a field is a number; the others are words. */
export function isNumber(field: FieldName): boolean {
  return !['currency', 'into', 'period'].includes(field);
}

/** Only what the kind takes. */
export function contentOf(draft: Draft): NewCorporateEvent {
  const { kind, ex_date } = draft;
  const given = KINDS[kind].takes.filter((field) => draft[field].trim());
  const fields = given.map((field) => [field, draft[field].trim()]);
  return {
    instrument: draft.instrument.trim(),
    ex_date,
    kind,
    source: draft.source.trim(),
    ...Object.fromEntries(fields),
    ...(kind === 'EARNINGS' && { confirmed: draft.confirmed, ...(draft.time && { time: draft.time }) }),
  };
}

/** `2 for 1`, `1 per 1 held`, `20 INR a unit`. */
export function termsText(event: Omit<CorporateEvent, 'id' | 'added_by' | 'added_at' | 'effective'>): string {
  const { kind, held, into, amount, currency, price, cost_fraction, period, time, confirmed } = event;
  const units = held ? [`${event.new} ${into ? `${into} ` : ''}per ${held} held`] : [];
  const cash = amount ? [`${amount} ${currency} a unit`] : [];
  const part = cost_fraction ? [`${cost_fraction} of the value`] : [];
  switch (kind) {
    case 'SPLIT':
      return `${event.new} for ${held}`;
    case 'RIGHTS':
      return `${units[0]}, at ${price}`;
    case 'SYMBOL_CHANGE':
      return `from then on ${into}`;
    case 'DELISTING':
      return `settled at ${price}`;
    case 'EARNINGS':
      return [
        period,
        ...(time ? [EARNINGS_TIMES[time]] : []),
        confirmed ? 'confirmed' : 'not confirmed',
      ].join(', ');
    default:
      return [...units, ...cash, ...part].join(', ');
  }
}
