/** Where the legs of a bracket are, reckoned as the server does. */
import { add, multiply, negate, parseDecimal, toGrid, toText, trimZeros } from '$/money/decimal';
import { applying, type Draft, type Ground, type LegDraft } from './ticket';

export type LegName = 'stopLoss' | 'takeProfit';

/**
 * The price that distances are reckoned from: the entry's limit, its trigger, or the quote that it would meet.
 * `exact` is false for a quote, which moves until the order is there.
 */
export function entryPrice(draft: Draft, quote: Ground['quote']): { price: string; exact: boolean } | null {
  const has = applying(draft);
  const typed = has.price ? draft.price : has.trigger ? draft.trigger : null;
  if (typed !== null) return parseDecimal(typed) && { price: typed.trim(), exact: true };
  const price = draft.side === 'BUY' ? quote?.ask : quote?.bid;
  return price ? { price, exact: false } : null;
}

/** Whether a leg lies below the entry. */
export function liesBelow(draft: Draft, name: LegName): boolean {
  return (name === 'stopLoss') === (draft.side === 'BUY');
}

/** The leg's price: as typed, or by its distance, brought to the tick towards the entry. `null` while unknown. */
export function legPrice(
  draft: Draft,
  name: LegName,
  { instrument, quote }: Pick<Ground, 'instrument' | 'quote'>,
): { price: string; exact: boolean } | null {
  const leg: LegDraft = draft[name];
  const value = parseDecimal(leg.text);
  if (!value) return null;
  if (leg.by === 'PRICE') return { price: leg.text.trim(), exact: true };
  const entry = entryPrice(draft, quote);
  const [from, tick] = [parseDecimal(entry?.price ?? ''), parseDecimal(instrument.tick)];
  if (!entry || !from || !tick) return null;
  const below = liesBelow(draft, name);
  const distance = { units: value.units, scale: value.scale + 2 };
  const factor = add({ units: 1n, scale: 0 }, below ? negate(distance) : distance);
  const price = toGrid(multiply(from, factor), tick, below ? 'up' : 'down');
  return { price: trimZeros(toText(price)), exact: entry.exact };
}
