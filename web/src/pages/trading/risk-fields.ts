/** The risk gate's settings: their names for people, how they show, and how typed text becomes a setting again. */
import type { RiskSettings } from '$/api/types';
import { compare, fromPercent, parseDecimal, toPercent, type DecimalValue } from '$/money/decimal';

export type FieldKind = 'fraction' | 'factor' | 'count' | 'seconds' | 'minutes' | 'switch' | 'list';
export interface RiskField {
  /** Name of the setting, with its group's before it: `margin.use_warn`. */
  name: string;
  title: string;
  kind: FieldKind;
  meaning: string;
}
export type GroupName = 'margin' | 'protection' | 'intraday';
export interface RiskGroup {
  title: string;
  meaning: string;
  /** A group of its own in the settings, with a switch; a strategy has it as a whole or not at all. */
  group?: GroupName;
  fields: readonly RiskField[];
}

const field = (name: string, title: string, kind: FieldKind, meaning = ''): RiskField => ({
  name,
  title,
  kind,
  meaning,
});

export const RISK_GROUPS: readonly RiskGroup[] = [
  {
    title: 'What is traded',
    meaning: '',
    fields: [
      field('live_trading', 'Live trading', 'switch', 'Orders to real venues; paper accounts do not need it'),
      field('whitelist', 'Instruments allowed', 'list', 'All of the venue when none is named'),
    ],
  },
  {
    title: 'Signals',
    meaning: '',
    fields: [
      field('confidence_min', 'Signal confidence, least', 'fraction', 'Weaker signals are denied'),
      field('duplicate_window_s', 'Duplicate signal', 'seconds', 'The same again within this is denied'),
      field('signal_size', 'Size of a signal’s order', 'fraction', 'Of equity, times the confidence'),
      field(
        'entry_offset',
        'Strategy entry offset',
        'fraction',
        'Entries are limits this far from the quote',
      ),
    ],
  },
  {
    title: 'Positions and orders',
    meaning: '',
    fields: [
      field('open_positions_max', 'Open positions', 'count', 'In the whole account'),
      field('positions_per_instrument_strategy_max', 'Positions per instrument and strategy', 'count'),
      field('positions_per_instrument_account_max', 'Positions per instrument', 'count', 'Of all strategies'),
      field('exposure_max', 'Exposure', 'fraction', 'Sum of notionals against equity'),
      field('order_size_max', 'Largest order', 'fraction', 'Of equity'),
      field('price_band', 'Price band', 'fraction', 'How far a limit may go through the last valid quote'),
    ],
  },
  {
    title: 'Rates',
    meaning: 'Cancels and flattening do not count.',
    fields: [
      field('orders_per_minute', 'Orders per minute', 'count'),
      field('orders_per_hour', 'Orders per hour', 'count'),
      field('orders_per_day', 'Orders per day', 'count'),
      field('strategy_entries_per_hour', 'Strategy entries per hour', 'count'),
      field('strategy_entries_per_day', 'Strategy entries per day', 'count'),
    ],
  },
  {
    title: 'Losses',
    meaning: 'They halt strategies; at twice the figure the kill switch engages.',
    fields: [
      field('daily_loss_max', 'Daily loss', 'fraction', 'Of the day’s opening equity'),
      field('drawdown_max', 'Drawdown', 'fraction', 'From the highest equity'),
      field(
        'stop_distance',
        'Stop distance',
        'fraction',
        'By which R is measured, and where entries get a stop',
      ),
    ],
  },
  {
    title: 'Margin',
    meaning: 'Off: a cash account, which pays everything and cannot go short.',
    group: 'margin',
    fields: [
      field('margin.enabled', 'Trading on margin', 'switch', 'The account may borrow and go short'),
      field('margin.leverage_max', 'Leverage', 'factor', 'Gross value of positions / equity'),
      field('margin.ratio_warn', 'Warn below ratio', 'factor', 'Equity / maintenance margin'),
      field('margin.use_warn', 'Use: warn', 'fraction', 'Margin used / equity'),
      field('margin.use_warn_again', 'Use: warn again', 'fraction'),
      field('margin.use_block', 'Use: no new risk', 'fraction', 'Only what shrinks positions is let through'),
      field('margin.use_offer', 'Use: offer squaring off', 'fraction'),
      field('margin.use_force', 'Use: close by force', 'fraction', 'Positions are closed'),
    ],
  },
  {
    title: 'Protective orders',
    meaning: 'Strategy entries get a stop-loss at the stop distance and a take-profit.',
    group: 'protection',
    fields: [
      field('protection.enabled', 'Protective orders', 'switch', 'They are placed with the entry'),
      field('protection.take_profit', 'Take-profit distance', 'fraction', 'From the entry'),
    ],
  },
  {
    title: 'Positions of the day',
    meaning: 'Squared off before the market’s session ends.',
    group: 'intraday',
    fields: [
      field('intraday.enabled', 'Square off daily', 'switch', 'No position stays overnight'),
      field('intraday.warn_minutes', 'Warn before the end', 'minutes'),
      field('intraday.act_minutes', 'Close before the end', 'minutes', 'No new risk from then on'),
    ],
  },
];

export const RISK_FIELDS: readonly RiskField[] = RISK_GROUPS.flatMap((group) => group.fields);

/** A setting by its name. Settings and overrides are read alike. */
export function settingOf(settings: object, name: string): unknown {
  const [first = '', second] = name.split('.');
  const value = (settings as Record<string, unknown>)[first];
  if (second === undefined) return value;
  return (value as Record<string, unknown> | null | undefined)?.[second];
}

/** The settings with others; groups are copied, never changed in place. */
export function withSettings<S extends object>(
  settings: S,
  changes: Iterable<readonly [string, unknown]>,
): S {
  const next = { ...settings } as Record<string, unknown>;
  for (const [name, value] of changes) {
    const [first = '', second] = name.split('.');
    next[first] =
      second === undefined ? value : { ...(next[first] as object | null | undefined), [second]: value };
  }
  return next as S;
}

/** What shows of a group: a switch that is off hides its figures. */
export function shownFields(group: RiskGroup, isOn: boolean): readonly RiskField[] {
  return group.group && !isOn ? group.fields.slice(0, 1) : group.fields;
}

export function showSetting(field: RiskField, value: unknown): string {
  if (field.kind === 'list') return Array.isArray(value) ? value.join(', ') || 'none' : 'all';
  if (value === null || value === undefined) return '–';
  switch (field.kind) {
    case 'switch':
      return value === true ? 'on' : 'off';
    case 'fraction':
      return `${toPercent(String(value))} %`;
    case 'seconds':
      return `${String(value)} s`;
    case 'minutes':
      return `${String(value)} min`;
    default:
      return String(value);
  }
}

const UNITS: Partial<Record<FieldKind, string>> = {
  fraction: '%',
  seconds: 's',
  minutes: 'min',
  factor: '×',
};

/** Its title with the unit of its input. */
export function labelOf(field: RiskField): string {
  const unit = UNITS[field.kind];
  return unit ? `${field.title} (${unit})` : field.title;
}

/** Text for an input: fractions in percent. */
export function toInput(field: RiskField, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.kind === 'list') return Array.isArray(value) ? value.join(', ') : '';
  return field.kind === 'fraction' ? toPercent(String(value)) : String(value);
}

/** What the input means as a setting; `undefined` when it makes no sense. */
export function fromInput(field: RiskField, text: string): unknown {
  if (field.kind === 'list') {
    const names = text.split(/[\s,]+/).filter(Boolean);
    return names.length > 0 ? names : null;
  }
  const value = parseDecimal(text);
  if (!value || value.units < 0n) return undefined;
  if (field.kind === 'fraction') return fromPercent(text) ?? undefined;
  if (field.kind === 'factor') return text.trim();
  return value.scale === 0 && value.units <= 1_000_000n ? Number(value.units) : undefined;
}

const ONE: DecimalValue = { units: 1n, scale: 0 };
const STEPS = ['use_warn', 'use_warn_again', 'use_block', 'use_offer', 'use_force'] as const;

/** What contradicts itself within a group, by the name of the field that it is said at; as the server judges. */
export function groupProblems(settings: Pick<RiskSettings, GroupName>): Record<string, string> {
  const problems: Record<string, string> = {};
  const { margin = {}, intraday = {} } = settings;
  const steps = STEPS.map((name) => parseDecimal(margin[name] ?? ''));
  const descends = steps.findIndex((step, at) => {
    const before = steps[at - 1];
    return step && before && compare(before, step) > 0;
  });
  if (descends > 0)
    problems[`margin.${STEPS[descends] ?? ''}`] =
      'The steps of margin use ascend: warn, warn again, no new risk, offer, force.';
  const [leverage, ratio] = [parseDecimal(margin.leverage_max ?? ''), parseDecimal(margin.ratio_warn ?? '')];
  if (leverage && leverage.units <= 0n) problems['margin.leverage_max'] = 'The leverage is above 0.';
  if (ratio && compare(ratio, ONE) < 0) problems['margin.ratio_warn'] = 'The ratio is at least 1.';
  const { warn_minutes: warn = 0, act_minutes: act = 0 } = intraday;
  if (warn > 1_440) problems['intraday.warn_minutes'] = 'At most 1440 minutes.';
  if (act > warn) problems['intraday.act_minutes'] = 'Not before the warning.';
  return problems;
}
