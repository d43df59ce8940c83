/** What a ticket would do, in words. */
import type { Side, TimeInForce, TriggerBy } from '$/api/types';
import { add, compare, formatDecimal, multiply, parseDecimal, type Grouping } from '$/money/decimal';
import { formatTime } from '$/time/format';
import { zonedToUtc } from '$/time/zoned';
import { legPrice, type LegName } from './bracket';
import { applying, type Draft, type Ground } from './ticket';

export const TIMES: Record<TimeInForce, string> = {
  GTC: 'until canceled',
  DAY: 'for the day',
  GTD: 'until a time',
  IOC: 'at once, rest canceled',
  FOK: 'at once, all or nothing',
};

export const SOURCES: Record<TriggerBy, string> = {
  QUOTE: 'Quote (the side it trades with)',
  LAST: 'Last trade',
  MID: 'Middle of the quote',
};

/** The price that a trigger of this side is compared with. */
export function referenceName(side: Side, by: TriggerBy): string {
  if (by === 'LAST') return 'the last trade';
  if (by === 'MID') return 'the middle of the quote';
  return side === 'BUY' ? 'the best offer' : 'the best bid';
}

function referencePrice(side: Side, by: TriggerBy, quote: Ground['quote']) {
  if (by === 'LAST') return parseDecimal(quote?.last ?? '');
  const [bid, ask] = [parseDecimal(quote?.bid ?? ''), parseDecimal(quote?.ask ?? '')];
  if (by === 'QUOTE') return side === 'BUY' ? ask : bid;
  return bid && ask && multiply(add(bid, ask), { units: 5n, scale: 1 });
}

/** Whether a trigger is reached already: a buy's at or below the market, a sell's at or above it. */
export function isReached(side: Side, by: TriggerBy, trigger: string, quote: Ground['quote']): boolean {
  const [level, market] = [parseDecimal(trigger), referencePrice(side, by, quote)];
  if (!level || !market) return false;
  return side === 'BUY' ? compare(market, level) >= 0 : compare(market, level) <= 0;
}

/** `null` while a part is missing or no number: there is nothing sensible to say yet. */
export function summaryOf(draft: Draft, ground: Ground, grouping: Grouping): string[] | null {
  const has = applying(draft);
  const needed = [
    draft.quantity,
    ...(has.price ? [draft.price] : []),
    ...(has.trigger ? [draft.trigger] : []),
    ...(has.trail ? [draft.trail] : []),
  ];
  if (needed.some((text) => !parseDecimal(text))) return null;
  const figure = (text: string) => formatDecimal(text, { grouping });
  const lines = [firstLine(draft, ground, figure), ...lifeLines(draft, ground)];
  if (has.trigger && isReached(draft.side, draft.triggerBy, draft.trigger, ground.quote))
    lines.push('The market is there already: it would trigger at once.');
  if (has.postOnly && draft.postOnly) lines.push('It is refused rather than filled at once.');
  if (has.display && parseDecimal(draft.display))
    lines.push(`Only ${figure(draft.display)} of it shows in the book at a time.`);
  if (draft.reduceOnly) lines.push('It only shrinks a position, never opens or turns one.');
  return has.exits ? [...lines, ...exitLines(draft, ground, figure)] : lines;
}

function firstLine(draft: Draft, { instrument }: Ground, figure: (text: string) => string): string {
  const does = draft.side === 'BUY' ? 'buys' : 'sells';
  const what = `${does} ${figure(draft.quantity)} ${instrument.base}`;
  const limit = `at ${figure(draft.price)} ${instrument.quote} or better`;
  const market = 'at whatever price the book gives';
  const source = referenceName(draft.side, draft.triggerBy);
  const moves = draft.side === 'BUY' ? 'rises to' : 'falls to';
  const once = `Once ${source} ${moves} ${figure(draft.trigger)}, ${what}`;
  if (draft.type === 'LIMIT') return capital(`${what} ${limit}.`);
  if (draft.type === 'MARKET') return capital(`${what} ${market}.`);
  if (draft.type === 'STOP_MARKET') return `${once} ${market}.`;
  if (draft.type === 'STOP_LIMIT') return `${once} ${limit}.`;
  const offset =
    draft.trailBy === 'PERCENT' ? `${figure(draft.trail)} %` : `${figure(draft.trail)} ${instrument.quote}`;
  const turn = draft.side === 'BUY' ? 'rises from its lowest' : 'falls from its highest';
  const begin = draft.side === 'BUY' ? 'fallen' : 'risen';
  const after = parseDecimal(draft.activation)
    ? ` It begins to follow when ${source} has ${begin} to ${figure(draft.activation)}.`
    : '';
  return `Follows ${source}; when that ${turn} by ${offset}, ${what} ${market}.${after}`;
}

function lifeLines(draft: Draft, { zone }: Ground): string[] {
  const waits = draft.type === 'STOP_LIMIT';
  const moment = zonedToUtc(draft.goodTill, zone);
  switch (draft.timeInForce) {
    case 'GTC':
      return ['It stands until it is filled or canceled.'];
    case 'DAY':
      return ['It stands until the market’s trading day ends.'];
    case 'GTD':
      return moment ? [`It stands until ${formatTime(moment, 'datetime', zone)}.`] : [];
    case 'IOC':
      return [`${waits ? 'Once triggered, what' : 'What'} is not filled at once is canceled.`];
    case 'FOK':
      return [`${waits ? 'Once triggered, it' : 'It'} fills whole at once or not at all.`];
  }
}

function exitLines(draft: Draft, ground: Ground, figure: (text: string) => string): string[] {
  const exit: Side = draft.side === 'BUY' ? 'SELL' : 'BUY';
  const does = exit === 'BUY' ? 'buys back' : 'sells';
  const where = (name: LegName) => {
    const leg = legPrice(draft, name, ground);
    return leg && `${leg.exact ? '' : 'about '}${figure(leg.price)}`;
  };
  const [loss, profit] = [where('stopLoss'), where('takeProfit')];
  const moves = exit === 'BUY' ? 'rises to' : 'falls to';
  const source = referenceName(exit, draft.triggerBy);
  const lines = [
    ...(loss ? [`Stop-loss: when ${source} ${moves} ${loss}, ${does} what was filled at market.`] : []),
    ...(profit ? [`Take-profit: ${does} what was filled at ${profit} or better.`] : []),
  ];
  return loss && profit ? [...lines, 'What fills of one is taken off the other.'] : lines;
}

function capital(text: string): string {
  return (text[0]?.toUpperCase() ?? '') + text.slice(1);
}
