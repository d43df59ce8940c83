/**
 * A ticket as it is filled in, what of it applies to its type, and the order or bracket it becomes. What is wrong
 * with it is in `ticket-check.ts`, what it means in `ticket-words.ts`.
 */
import type {
  BracketLeg,
  Instrument,
  NewBracket,
  NewOrder,
  OrderType,
  Quote,
  Side,
  TimeInForce,
  TriggerBy,
} from '$/api/types';
import { randomKey } from '$/api/random-key';
import { fromPercent, multiply, parseDecimal, type DecimalValue } from '$/money/decimal';
import { zonedToUtc } from '$/time/zoned';

/** A protective leg: where it is, or how far from the entry in percent. Empty text is none. */
export interface LegDraft {
  by: 'PERCENT' | 'PRICE';
  text: string;
}

export interface Draft {
  side: Side;
  type: OrderType;
  price: string;
  trigger: string;
  triggerBy: TriggerBy;
  trailBy: 'PERCENT' | 'PRICE';
  trail: string;
  activation: string;
  quantity: string;
  timeInForce: TimeInForce;
  /** Wall-clock text in the person's zone. */
  goodTill: string;
  postOnly: boolean;
  reduceOnly: boolean;
  iceberg: boolean;
  display: string;
  exits: boolean;
  stopLoss: LegDraft;
  takeProfit: LegDraft;
}

/** What a draft is judged against. */
export interface Ground {
  instrument: Instrument;
  quote: Quote | null;
  /** The zone of times on the page; the browser's own when there is none. */
  zone: string | undefined;
  now: number;
}

export const ORDER_TYPES: readonly { value: OrderType; text: string }[] = [
  { value: 'LIMIT', text: 'Limit' },
  { value: 'MARKET', text: 'Market' },
  { value: 'STOP_MARKET', text: 'Stop' },
  { value: 'STOP_LIMIT', text: 'Stop limit' },
  { value: 'TRAILING_STOP', text: 'Trailing' },
];

export function emptyDraft(): Draft {
  return {
    side: 'BUY',
    type: 'LIMIT',
    price: '',
    trigger: '',
    triggerBy: 'QUOTE',
    trailBy: 'PERCENT',
    trail: '',
    activation: '',
    quantity: '',
    timeInForce: 'GTC',
    goodTill: '',
    postOnly: false,
    reduceOnly: false,
    iceberg: false,
    display: '',
    exits: false,
    stopLoss: { by: 'PERCENT', text: '' },
    takeProfit: { by: 'PERCENT', text: '' },
  };
}

/** Market orders never rest, and a stop that becomes one waits before it. */
export function timesInForce(type: OrderType): TimeInForce[] {
  if (type === 'MARKET') return ['IOC', 'FOK'];
  const resting: TimeInForce[] = ['GTC', 'DAY', 'GTD'];
  return type === 'LIMIT' || type === 'STOP_LIMIT' ? [...resting, 'IOC', 'FOK'] : resting;
}

/** Which parts of a ticket there are, by what is chosen so far. */
export function applying(draft: Draft) {
  const limited = draft.type === 'LIMIT' || draft.type === 'STOP_LIMIT';
  const immediate = draft.timeInForce === 'IOC' || draft.timeInForce === 'FOK';
  const stops = draft.type !== 'LIMIT' && draft.type !== 'MARKET';
  const exits = draft.exits && !draft.reduceOnly;
  return {
    price: limited,
    trigger: draft.type === 'STOP_MARKET' || draft.type === 'STOP_LIMIT',
    trail: draft.type === 'TRAILING_STOP',
    /** Also of a stop-loss, which is compared with the same price. */
    triggerBy: stops || (exits && draft.stopLoss.text.trim() !== ''),
    goodTill: draft.timeInForce === 'GTD',
    postOnly: limited && !immediate,
    mayDisplay: limited && !immediate,
    display: limited && !immediate && draft.iceberg,
    mayExit: !draft.reduceOnly,
    exits,
  };
}

/** Price × quantity of an order with a limit, exactly; `null` for one whose price nobody knows yet. */
export function notionalOf(draft: Draft): DecimalValue | null {
  if (!applying(draft).price) return null;
  const [price, quantity] = [parseDecimal(draft.price), parseDecimal(draft.quantity)];
  return price && quantity ? multiply(price, quantity) : null;
}

/** The price that joins the own side of the book. */
export function joinPrice(side: Side, quote: Quote | null): string | null {
  return (side === 'BUY' ? quote?.bid : quote?.ask) ?? null;
}

export function toOrder(draft: Draft, instrument: string, zone: string | undefined, id: string): NewOrder {
  const has = applying(draft);
  const given = (text: string) => text.trim();
  return {
    client_order_id: id,
    instrument,
    side: draft.side,
    type: draft.type,
    quantity: given(draft.quantity),
    time_in_force: draft.timeInForce,
    post_only: has.postOnly && draft.postOnly,
    reduce_only: draft.reduceOnly,
    ...(has.price && { price: given(draft.price) }),
    ...(has.trigger && { trigger: given(draft.trigger) }),
    ...(has.triggerBy && { trigger_by: draft.triggerBy }),
    ...(has.trail && draft.trailBy === 'PRICE' && { trailing_offset: given(draft.trail) }),
    ...(has.trail && draft.trailBy === 'PERCENT' && { trailing_percent: given(draft.trail) }),
    ...(has.trail && given(draft.activation) && { activation: given(draft.activation) }),
    ...(has.goodTill && { good_till: zonedToUtc(draft.goodTill, zone) }),
    ...(has.display && { display_quantity: given(draft.display) }),
  };
}

function toLeg(leg: LegDraft): BracketLeg | null {
  if (!leg.text.trim()) return null;
  return leg.by === 'PRICE' ? { price: leg.text.trim() } : { distance: fromPercent(leg.text) };
}

/** What is sent: an entry, with its legs when it is a bracket. */
export function toBracket(
  draft: Draft,
  instrument: string,
  zone: string | undefined,
  id: string,
): NewBracket {
  const entry = toOrder(draft, instrument, zone, id);
  if (!applying(draft).exits) return { entry };
  return { entry, stop_loss: toLeg(draft.stopLoss), take_profit: toLeg(draft.takeProfit) };
}

/** Two drafts that would be the same order. A retry after a lost answer keeps its id, another order gets another. */
export function fingerprint(
  draft: Draft,
  account: string,
  instrument: string,
  zone: string | undefined,
): string {
  return JSON.stringify([account, toBracket(draft, instrument, zone, '')]);
}

/** A fresh order id; short enough for the `-sl` and `-tp` of a bracket's legs. */
export function newOrderId(): string {
  return randomKey('web-');
}
