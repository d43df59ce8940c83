/**
 * The order ticket's rules: what is wrong with a draft before it is sent, and the order it becomes. The same
 * checks as the server's (tick, lot, minima, contradictions); the server and its risk gate have the last word.
 */
import type { Instrument, NewOrder, OrderType, Quote, Side, TimeInForce } from '$/api/types';
import { compare, isMultipleOf, multiply, parseDecimal, toText, type DecimalValue } from '$/money/decimal';

export interface Draft {
  side: Side;
  type: OrderType;
  price: string;
  quantity: string;
  timeInForce: TimeInForce;
  postOnly: boolean;
  reduceOnly: boolean;
}

export interface DraftProblems {
  price: string | null;
  quantity: string | null;
  /** Of the whole: a contradiction, an instrument that is not trading. */
  whole: string | null;
}

/** More digits than the server's decimals hold. */
const DIGITS_MAX = 28;
const ZERO: DecimalValue = { units: 0n, scale: 0 };

export const EMPTY_DRAFT: Draft = {
  side: 'BUY',
  type: 'LIMIT',
  price: '',
  quantity: '',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
};

/** Market orders never rest, so only the immediate ones make sense for them. */
export function timesInForce(type: OrderType): TimeInForce[] {
  return type === 'MARKET' ? ['IOC', 'FOK'] : ['GTC', 'DAY', 'IOC', 'FOK'];
}

function amountProblem(name: string, text: string, step: string, stepName: string): string | null {
  if (!text.trim()) return `Enter a ${name}.`;
  const value = parseDecimal(text);
  if (!value) return `A ${name} is digits with at most one point, like 0.25.`;
  if (text.replace(/\D/g, '').length > DIGITS_MAX) return `Too many digits for a ${name}.`;
  if (compare(value, ZERO) <= 0) return `The ${name} must be above 0.`;
  const grid = parseDecimal(step);
  return grid && !isMultipleOf(value, grid) ? `Not a multiple of the ${stepName} ${toText(grid)}.` : null;
}

function quantityProblem(draft: Draft, instrument: Instrument): string | null {
  const problem = amountProblem('quantity', draft.quantity, instrument.lot, 'lot');
  if (problem) return problem;
  const [value, least] = [parseDecimal(draft.quantity), parseDecimal(instrument.quantity_min)];
  if (value && least && compare(value, least) < 0) return `At least ${toText(least)} ${instrument.base}.`;
  const [notional, notionalMin] = [notionalOf(draft), parseDecimal(instrument.notional_min)];
  if (!notional || !notionalMin || compare(notional, notionalMin) >= 0) return null;
  return `Price × quantity must be at least ${toText(notionalMin)} ${instrument.quote}.`;
}

function wholeProblem(draft: Draft, instrument: Instrument): string | null {
  const immediate = draft.timeInForce === 'IOC' || draft.timeInForce === 'FOK';
  if (draft.postOnly && draft.type === 'MARKET') return 'A market order cannot be post-only.';
  if (draft.postOnly && immediate) return 'Post-only cannot be combined with IOC or FOK.';
  return instrument.status === 'TRADING' ? null : `${instrument.id} is ${instrument.status.toLowerCase()}.`;
}

export function checkDraft(draft: Draft, instrument: Instrument): DraftProblems {
  return {
    price: draft.type === 'LIMIT' ? amountProblem('price', draft.price, instrument.tick, 'tick') : null,
    quantity: quantityProblem(draft, instrument),
    whole: wholeProblem(draft, instrument),
  };
}

export function isSound(problems: DraftProblems): boolean {
  return problems.price === null && problems.quantity === null && problems.whole === null;
}

/** Price × quantity of a limit order, exactly; `null` for a market order, whose price nobody knows yet. */
export function notionalOf(draft: Draft): DecimalValue | null {
  if (draft.type === 'MARKET') return null;
  const [price, quantity] = [parseDecimal(draft.price), parseDecimal(draft.quantity)];
  return price && quantity ? multiply(price, quantity) : null;
}

/** The price that joins the own side of the book. */
export function joinPrice(side: Side, quote: Quote | null): string | null {
  return (side === 'BUY' ? quote?.bid : quote?.ask) ?? null;
}

export function toOrder(draft: Draft, instrument: string, clientOrderId: string): NewOrder {
  const limit = draft.type === 'LIMIT';
  return {
    client_order_id: clientOrderId,
    instrument,
    side: draft.side,
    type: draft.type,
    quantity: draft.quantity.trim(),
    time_in_force: draft.timeInForce,
    post_only: limit && draft.postOnly,
    reduce_only: draft.reduceOnly,
    ...(limit && { price: draft.price.trim() }),
  };
}

/** Two drafts that would be the same order. A retry after a lost answer keeps its id, another order gets another. */
export function fingerprint(draft: Draft, account: string, instrument: string): string {
  return JSON.stringify([account, toOrder(draft, instrument, '')]);
}

/** A fresh order id from the system's random generator. */
export function newOrderId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
