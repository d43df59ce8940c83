/** Corporate actions in words, and the form of a new one. The server checks the same. */
import type { ActionKind, CorporateAction, NewCorporateAction } from '$/api/corporate-actions';
import { parseDecimal, sign } from '$/money/decimal';

export const FIELDS = ['new', 'held', 'amount', 'currency', 'price', 'period'] as const;
export type FieldName = (typeof FIELDS)[number];

interface KindForm {
  title: string;
  takes: readonly FieldName[];
  /** What `new` and `held` are called. */
  ratio?: readonly [fresh: string, held: string];
}
export const KINDS: Record<ActionKind, KindForm> = {
  split: { title: 'Split', takes: ['new', 'held'], ratio: ['Units afterwards', 'Units before'] },
  bonus: { title: 'Bonus issue', takes: ['new', 'held'], ratio: ['Units received', 'Units held'] },
  stock_dividend: {
    title: 'Stock dividend',
    takes: ['new', 'held'],
    ratio: ['Units received', 'Units held'],
  },
  dividend: { title: 'Cash dividend', takes: ['amount', 'currency'] },
  rights: {
    title: 'Rights issue',
    takes: ['new', 'held', 'price'],
    ratio: ['Units offered', 'Units held'],
  },
  earnings: { title: 'Earnings', takes: ['period'] },
};
export const EARNINGS_TIMES: Record<string, string> = {
  '': 'not told',
  before_open: 'before the session',
  during_session: 'during the session',
  after_close: 'after the session',
};
const TITLES: Record<FieldName, string> = {
  new: 'New',
  held: 'Held',
  amount: 'Amount per unit',
  currency: 'Currency',
  price: 'Price per unit offered',
  period: 'Period',
};
const HINTS: Partial<Record<FieldName, string>> = { currency: 'e.g. INR', period: 'e.g. 2026Q3' };

export interface Draft extends Record<FieldName, string> {
  instrument: string;
  ex_date: string;
  kind: ActionKind;
  time: string;
  confirmed: boolean;
  source: string;
}
export type Problems = Partial<Record<keyof Draft, string>>;

export function emptyDraft(instrument: string, ex_date: string): Draft {
  const texts = { new: '', held: '', amount: '', currency: '', price: '', period: '' };
  return { instrument, ex_date, kind: 'split', time: '', confirmed: false, source: '', ...texts };
}

export function fieldTitle(kind: ActionKind, field: FieldName): string {
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
  for (const field of KINDS[draft.kind].takes) {
    const text = draft[field].trim();
    if (!text) problems[field] = 'This is needed.';
    else if (field !== 'currency' && field !== 'period' && !isPositive(text))
      problems[field] = 'A number above 0 is needed.';
  }
  return problems;
}

function isPositive(text: string): boolean {
  return parseDecimal(text) !== null && sign(text) > 0;
}

/** Only what the kind takes. */
export function contentOf(draft: Draft): NewCorporateAction {
  const { kind, ex_date } = draft;
  const fields = KINDS[kind].takes.map((field) => [field, draft[field].trim()]);
  return {
    instrument: draft.instrument.trim(),
    ex_date,
    kind,
    source: draft.source.trim(),
    ...Object.fromEntries(fields),
    ...(kind === 'earnings' && { confirmed: draft.confirmed, ...(draft.time && { time: draft.time }) }),
  };
}

/** `2 for 1`, `1 per 1 held`, `20 INR a unit`. */
export function termsText(action: CorporateAction): string {
  const { kind, held, amount, currency, price, period, time, confirmed } = action;
  switch (kind) {
    case 'split':
      return `${action.new} for ${held}`;
    case 'bonus':
    case 'stock_dividend':
      return `${action.new} per ${held} held`;
    case 'dividend':
      return `${amount} ${currency} a unit`;
    case 'rights':
      return `${action.new} per ${held} held, at ${price}`;
    case 'earnings':
      return [period, time && EARNINGS_TIMES[time], confirmed ? 'confirmed' : 'not confirmed']
        .filter(Boolean)
        .join(', ');
  }
}
