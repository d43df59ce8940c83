/** The risk gate's settings: their names for people, how they show, and how typed text becomes a setting again. */
import type { RiskSettings } from '$/api/types';
import { parseDecimal, toPercent, toText } from '$/money/decimal';

export interface RiskField {
  name: keyof RiskSettings;
  title: string;
  kind: 'fraction' | 'count' | 'seconds' | 'switch' | 'list';
  meaning: string;
}

const field = (
  name: keyof RiskSettings,
  title: string,
  kind: RiskField['kind'],
  meaning: string,
): RiskField => ({
  name,
  title,
  kind,
  meaning,
});

export const RISK_FIELDS: readonly RiskField[] = [
  field('live_trading', 'Live trading', 'switch', 'Orders to real venues; paper accounts do not need it'),
  field('whitelist', 'Instruments allowed', 'list', 'All of the venue when none is named'),
  field('confidence_min', 'Signal confidence, least', 'fraction', 'Weaker signals are denied'),
  field(
    'duplicate_window_s',
    'Duplicate signal',
    'seconds',
    'The same signal again within this time is denied',
  ),
  field('open_positions_max', 'Open positions', 'count', 'In the whole account'),
  field(
    'positions_per_instrument_strategy_max',
    'Positions per instrument and strategy',
    'count',
    'Of one strategy in one instrument',
  ),
  field(
    'positions_per_instrument_account_max',
    'Positions per instrument',
    'count',
    'Of the whole account in one instrument',
  ),
  field('exposure_max', 'Exposure', 'fraction', 'Sum of notionals against equity'),
  field('signal_size', 'Size of a signal’s order', 'fraction', 'Of equity, times the confidence'),
  field('order_size_max', 'Largest order', 'fraction', 'Of equity'),
  field('price_band', 'Price band', 'fraction', 'How far a limit may go through the last valid quote'),
  field(
    'entry_offset',
    'Strategy entry offset',
    'fraction',
    'Strategy entries are limits this far from the quote',
  ),
  field('orders_per_minute', 'Orders per minute', 'count', 'Cancels and flattening do not count'),
  field('orders_per_hour', 'Orders per hour', 'count', ''),
  field('orders_per_day', 'Orders per day', 'count', ''),
  field('strategy_entries_per_hour', 'Strategy entries per hour', 'count', ''),
  field('strategy_entries_per_day', 'Strategy entries per day', 'count', ''),
  field(
    'daily_loss_max',
    'Daily loss',
    'fraction',
    'Of the day’s opening equity; halts strategies, at twice this the kill switch engages',
  ),
  field(
    'drawdown_max',
    'Drawdown',
    'fraction',
    'From the highest equity; halts strategies, at twice this the kill switch engages',
  ),
  field(
    'stop_distance',
    'Stop distance',
    'fraction',
    'The risk of a trade, by which its result R is measured',
  ),
];

export function showSetting(field: RiskField, value: unknown): string {
  if (field.kind === 'list') return Array.isArray(value) ? value.join(', ') || 'none' : 'all';
  if (value === null || value === undefined) return '–';
  if (field.kind === 'switch') return value === true ? 'on' : 'off';
  if (field.kind === 'fraction') return `${toPercent(String(value))} %`;
  return field.kind === 'seconds' ? `${String(value)} s` : String(value);
}

/** Text for an input: fractions in percent. */
export function toInput(field: RiskField, value: unknown): string {
  if (field.kind === 'list') return Array.isArray(value) ? value.join(', ') : '';
  return field.kind === 'fraction' ? toPercent(String(value)) : String(value ?? '');
}

/** What the input means as a setting; `undefined` when it makes no sense. */
export function fromInput(field: RiskField, text: string): unknown {
  if (field.kind === 'list') {
    const names = text.split(/[\s,]+/).filter(Boolean);
    return names.length > 0 ? names : null;
  }
  const value = parseDecimal(text);
  if (!value || value.units < 0n) return undefined;
  if (field.kind === 'fraction') return toText({ units: value.units, scale: value.scale + 2 });
  return value.scale === 0 && value.units <= 1_000_000n ? Number(value.units) : undefined;
}
