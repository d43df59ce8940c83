/**
 * Exact decimal text: reading, comparing, adding, multiplying and grouping of decimal strings, without floats.
 * Amounts come from the server as text and are shown digit by digit as they came; the little arithmetic
 * that a page needs (is a price on the tick grid?) runs on `bigint` mantissas.
 */

/** `units × 10^-scale`. */
export interface DecimalValue {
  readonly units: bigint;
  readonly scale: number;
}

export type Grouping = 'thousands' | 'lakh' | 'none';

/** Longer text than any amount; keeps a pasted novel away from `BigInt`. */
const TEXT_MAX = 64;
const PATTERN = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Reads decimal text; `null` when it is none. Exponents and bare dots are refused. */
export function parseDecimal(text: string): DecimalValue | null {
  const trimmed = text.trim();
  if (trimmed.length > TEXT_MAX) return null;
  const match = PATTERN.exec(trimmed);
  if (!match) return null;
  const [, sign, whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

function atScale(value: DecimalValue, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

/** -1, 0 or 1. */
export function compare(a: DecimalValue, b: DecimalValue): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [atScale(a, scale), atScale(b, scale)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export function add(a: DecimalValue, b: DecimalValue): DecimalValue {
  const scale = Math.max(a.scale, b.scale);
  return { units: atScale(a, scale) + atScale(b, scale), scale };
}

export function negate(a: DecimalValue): DecimalValue {
  return { units: -a.units, scale: a.scale };
}

export function multiply(a: DecimalValue, b: DecimalValue): DecimalValue {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** Whether `value` is a whole number of `step`s. A step of zero allows everything. */
export function isMultipleOf(value: DecimalValue, step: DecimalValue): boolean {
  if (step.units === 0n) return true;
  const scale = Math.max(value.scale, step.scale);
  return atScale(value, scale) % atScale(step, scale) === 0n;
}

/** The nearest whole number of `step`s at or above (`up`) or at or below (`down`) `value`. */
export function toGrid(value: DecimalValue, step: DecimalValue, towards: 'up' | 'down'): DecimalValue {
  if (step.units === 0n) return value;
  const scale = Math.max(value.scale, step.scale);
  const [units, width] = [atScale(value, scale), atScale(step, scale)];
  const rest = ((units % width) + width) % width;
  const below = units - rest;
  return { units: rest > 0n && towards === 'up' ? below + width : below, scale };
}

export function toText(value: DecimalValue): string {
  const digits = (value.units < 0n ? -value.units : value.units).toString().padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = value.scale > 0 ? `.${digits.slice(-value.scale)}` : '';
  return `${value.units < 0n ? '-' : ''}${whole}${fraction}`;
}

/** -1, 0 or 1; 0 also for text that is no decimal. */
export function sign(text: string): -1 | 0 | 1 {
  const value = parseDecimal(text);
  if (!value || value.units === 0n) return 0;
  return value.units < 0n ? -1 : 1;
}

function group(whole: string, grouping: Grouping): string {
  if (grouping === 'none' || whole.length <= 3) return whole;
  const tail = whole.slice(-3);
  const head = whole.slice(0, -3);
  const size = grouping === 'lakh' ? 2 : 3;
  const parts: string[] = [];
  for (let end = head.length; end > 0; end -= size) parts.unshift(head.slice(Math.max(0, end - size), end));
  return [...parts, tail].join(',');
}

export interface FormatOptions {
  grouping?: Grouping;
  /** Pads with zeros up to so many decimals; never cuts. */
  decimalsMin?: number;
  /** Writes `+` before what is above zero. */
  plus?: boolean;
}

/** Decimal text with grouped digits and a true minus sign. Every digit that came is shown. */
export function formatDecimal(text: string, options: FormatOptions = {}): string {
  const match = PATTERN.exec(text.trim());
  if (!match) return text;
  const [, minus, whole = '', fraction = ''] = match;
  const padded = fraction.padEnd(options.decimalsMin ?? 0, '0');
  const zero = /^0*$/.test(whole + fraction);
  const prefix = minus === '-' && !zero ? '−' : options.plus && !zero ? '+' : '';
  return prefix + group(whole, options.grouping ?? 'thousands') + (padded ? `.${padded}` : '');
}

/**
 * Formatted text in two parts: up to `decimals` digits after the point, and the rest. Nothing is cut; pages set
 * the rest in a quieter type.
 */
export function splitFine(text: string, decimals: number): [string, string] {
  const point = text.indexOf('.');
  if (point < 0 || text.length <= point + 1 + decimals) return [text, ''];
  return [text.slice(0, point + 1 + decimals), text.slice(point + 1 + decimals)];
}

/** A fraction as text in percent: `0.0123` → `1.23`. Moves the point, so no digit is lost. */
export function toPercent(text: string): string {
  const value = parseDecimal(text);
  if (!value) return text;
  const shifted =
    value.scale >= 2
      ? { ...value, scale: value.scale - 2 }
      : { units: value.units * 10n ** BigInt(2 - value.scale), scale: 0 };
  return toText(shifted)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** Decimal text without zeros at the end of its fraction: `60000.10` → `60000.1`. */
export function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Text in percent as the text of a fraction: `1.5` → `0.015`; `null` when it is no decimal. */
export function fromPercent(text: string): string | null {
  const value = parseDecimal(text);
  return value && trimZeros(toText({ units: value.units, scale: value.scale + 2 }));
}

/** For drawing only (charts, bar widths); never for amounts that are shown. */
export function toDrawingNumber(text: string | null | undefined): number {
  return text === null || text === undefined ? Number.NaN : Number(text);
}
