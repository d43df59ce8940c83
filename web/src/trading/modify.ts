/** Changing an open order: what of it can be changed, what is wrong with a change, and the change that is sent. */
import type { Instrument, Order, OrderChange } from '$/api/types';
import { compare, multiply, parseDecimal, trimZeros } from '$/money/decimal';
import { notionalProblem, priceProblem, quantityProblem } from './ticket-check';

export interface ChangeDraft {
  quantity: string;
  price: string;
  trigger: string;
}
export type ChangeProblems = Record<keyof ChangeDraft | 'whole', string | null>;

const RESTING = new Set(['ACCEPTED', 'TRIGGERED', 'PARTIALLY_FILLED']);

/** Whether the server takes a change now: it rests, or waits for its parent. */
export function mayChange(order: Order): boolean {
  return RESTING.has(order.state) || (order.state === 'INITIALIZED' && Boolean(order.parent));
}

/** Which figures there are to change. The quantity of a linked order follows its parent and its other legs. */
export function changeable(order: Order): Record<keyof ChangeDraft, boolean> {
  const stop = order.type === 'STOP_MARKET' || order.type === 'STOP_LIMIT';
  return {
    quantity: !order.parent && !order.oco,
    price: order.type === 'LIMIT' || order.type === 'STOP_LIMIT',
    trigger: stop && !order.triggered,
  };
}

export function startChange(order: Order): ChangeDraft {
  const text = (value: string | null | undefined) => trimZeros(value ?? '');
  return { quantity: text(order.quantity), price: text(order.price), trigger: text(order.trigger) };
}

function differs(text: string, before: string | null | undefined): boolean {
  const [now, was] = [parseDecimal(text), parseDecimal(before ?? '')];
  return !now || !was || compare(now, was) !== 0;
}

/** Only what differs from the order, with the version that the person saw. */
export function toChange(order: Order, draft: ChangeDraft): OrderChange {
  const may = changeable(order);
  const change: OrderChange = { version: order.version };
  for (const name of ['quantity', 'price', 'trigger'] as const)
    if (may[name] && differs(draft[name], order[name])) change[name] = draft[name].trim();
  return change;
}

export function checkChange(order: Order, draft: ChangeDraft, instrument: Instrument): ChangeProblems {
  const may = changeable(order);
  const [quantity, price] = [parseDecimal(draft.quantity), parseDecimal(draft.price)];
  const filled = parseDecimal(order.filled);
  const tooLittle = quantity && filled && compare(quantity, filled) <= 0;
  const notional = may.price && quantity && price ? multiply(price, quantity) : null;
  const change = toChange(order, draft);
  return {
    quantity: !may.quantity
      ? null
      : (quantityProblem(draft.quantity, instrument) ??
        (tooLittle ? 'The new quantity must be above what is filled.' : null) ??
        notionalProblem(notional, instrument)),
    price: may.price ? priceProblem('price', draft.price, instrument) : null,
    trigger: may.trigger ? priceProblem('trigger', draft.trigger, instrument) : null,
    whole: Object.keys(change).length === 1 ? 'Nothing is to be changed.' : null,
  };
}
