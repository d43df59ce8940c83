/**
 * What is wrong with a ticket before it is sent: the same checks as the server's (steps, minima, contradictions) in
 * the server's words. The server and its risk gate have the last word.
 */
import type { Instrument } from '$/api/types';
import { compare, isMultipleOf, parseDecimal, toText, trimZeros, type DecimalValue } from '$/money/decimal';
import { zonedToUtc } from '$/time/zoned';
import { entryPrice, liesBelow, type LegName } from './bracket';
import { applying, notionalOf, type Draft, type Ground } from './ticket';

export interface DraftProblems {
  price: string | null;
  trigger: string | null;
  trail: string | null;
  activation: string | null;
  quantity: string | null;
  display: string | null;
  goodTill: string | null;
  stopLoss: string | null;
  takeProfit: string | null;
  /** Of the whole: a contradiction, an instrument that is not trading. */
  whole: string | null;
}

/** More digits than the server's decimals hold. */
const DIGITS_MAX = 28;
const ZERO: DecimalValue = { units: 0n, scale: 0 };
const HUNDRED: DecimalValue = { units: 100n, scale: 0 };

/** What is wrong with text as a number above zero. */
function numberProblem(what: string, text: string): string | null {
  if (!text.trim()) return `Enter a ${what}.`;
  const value = parseDecimal(text);
  if (!value) return `A ${what} is digits with at most one point, like 0.25.`;
  if (text.replace(/\D/g, '').length > DIGITS_MAX) return `Too many digits for a ${what}.`;
  const name = what[0]?.toUpperCase() + what.slice(1);
  return compare(value, ZERO) <= 0 ? `${name} ${text.trim()} must be greater than 0.` : null;
}

function stepProblem(name: 'Price' | 'Quantity', text: string, step: string, stepName: string) {
  const [value, grid] = [parseDecimal(text), parseDecimal(step)];
  if (!value || !grid || isMultipleOf(value, grid)) return null;
  return `${name} ${text.trim()} is not a multiple of the ${stepName} ${trimZeros(toText(grid))}.`;
}

/** Of a limit price, a trigger, an activation price. */
export function priceProblem(what: string, text: string, instrument: Instrument): string | null {
  return numberProblem(what, text) ?? stepProblem('Price', text, instrument.tick, 'tick');
}

function least(what: string, actual: string, minimum: DecimalValue): string {
  return `${what} ${actual} is below the instrument’s minimum of ${trimZeros(toText(minimum))}.`;
}

export function quantityProblem(text: string, instrument: Instrument): string | null {
  const problem = numberProblem('quantity', text) ?? stepProblem('Quantity', text, instrument.lot, 'lot');
  if (problem) return problem;
  const [value, minimum] = [parseDecimal(text), parseDecimal(instrument.quantity_min)];
  return value && minimum && compare(value, minimum) < 0 ? least('Quantity', text.trim(), minimum) : null;
}

/** Of price × quantity. */
export function notionalProblem(notional: DecimalValue | null, instrument: Instrument): string | null {
  const minimum = parseDecimal(instrument.notional_min);
  if (!notional || !minimum || compare(notional, minimum) >= 0) return null;
  return least('Notional', trimZeros(toText(notional)), minimum);
}

function displayProblem(draft: Draft, instrument: Instrument): string | null {
  const problem =
    numberProblem('display quantity', draft.display) ??
    stepProblem('Quantity', draft.display, instrument.lot, 'lot');
  if (problem) return problem;
  const [display, whole] = [parseDecimal(draft.display), parseDecimal(draft.quantity)];
  const larger = display && whole && compare(display, whole) > 0;
  return larger ? 'The display quantity is larger than the order.' : null;
}

function percentProblem(what: string, text: string): string | null {
  const problem = numberProblem(what, text);
  if (problem) return problem;
  const value = parseDecimal(text);
  return value && compare(value, HUNDRED) >= 0 ? `A ${what} in percent must be above 0 and below 100.` : null;
}

function trailProblem(draft: Draft, instrument: Instrument): string | null {
  if (draft.trailBy === 'PERCENT') return percentProblem('trailing offset', draft.trail);
  return (
    numberProblem('trailing offset', draft.trail) ??
    stepProblem('Price', draft.trail, instrument.tick, 'tick')
  );
}

function goodTillProblem(draft: Draft, { zone, now }: Ground): string | null {
  const moment = zonedToUtc(draft.goodTill, zone);
  if (!moment) return 'A GTD order needs its end: a day and a time.';
  return Date.parse(moment) <= now ? 'The end must be later than now.' : null;
}

function legProblem(draft: Draft, name: LegName, ground: Ground): string | null {
  const leg = draft[name];
  if (!leg.text.trim()) return null;
  const entry = entryPrice(draft, ground.quote);
  if (leg.by === 'PERCENT') {
    const problem = percentProblem('distance', leg.text);
    const blind = !entry && !applying(draft).price && !applying(draft).trigger;
    return problem ?? (blind ? 'There is no quote to reckon the distance from.' : null);
  }
  const problem = priceProblem('price', leg.text, ground.instrument);
  if (problem || !entry) return problem;
  const [value, from] = [parseDecimal(leg.text), parseDecimal(entry.price)];
  const below = liesBelow(draft, name);
  if (!value || !from || compare(value, from) === (below ? -1 : 1)) return null;
  const what = name === 'stopLoss' ? 'stop-loss' : 'take-profit';
  const side = draft.side === 'BUY' ? 'buy' : 'sell';
  return `The ${what} of a ${side} is ${below ? 'below' : 'above'} its entry, ${entry.price}.`;
}

function wholeProblem(draft: Draft, instrument: Instrument): string | null {
  if (applying(draft).exits && !draft.stopLoss.text.trim() && !draft.takeProfit.text.trim())
    return 'A bracket has a stop-loss, a take-profit, or both.';
  return instrument.status === 'TRADING' ? null : `${instrument.id} is ${instrument.status.toLowerCase()}.`;
}

export function checkDraft(draft: Draft, ground: Ground): DraftProblems {
  const { instrument } = ground;
  const has = applying(draft);
  const optional = has.trail && draft.activation.trim() !== '';
  return {
    price: has.price ? priceProblem('price', draft.price, instrument) : null,
    trigger: has.trigger ? priceProblem('trigger', draft.trigger, instrument) : null,
    trail: has.trail ? trailProblem(draft, instrument) : null,
    activation: optional ? priceProblem('price', draft.activation, instrument) : null,
    quantity: quantityProblem(draft.quantity, instrument) ?? notionalProblem(notionalOf(draft), instrument),
    display: has.display ? displayProblem(draft, instrument) : null,
    goodTill: has.goodTill ? goodTillProblem(draft, ground) : null,
    stopLoss: has.exits ? legProblem(draft, 'stopLoss', ground) : null,
    takeProfit: has.exits ? legProblem(draft, 'takeProfit', ground) : null,
    whole: wholeProblem(draft, instrument),
  };
}

export function isSound(problems: DraftProblems): boolean {
  return Object.values(problems).every((problem) => problem === null);
}
