import { describe, expect, it } from 'vitest';
import { GROUND, orderOf } from './fixtures';
import { linksOf, shortId, termsOf, triggerNotes } from './order-words';
import { emptyDraft, type Draft } from './ticket';
import { isReached, summaryOf } from './ticket-words';

const say = (change: Partial<Draft>) =>
  summaryOf({ ...emptyDraft(), quantity: '0.5', ...change }, GROUND, 'thousands')?.join(' ') ?? null;

describe('what a ticket would do', () => {
  it('is not said before there are figures', () => {
    expect(say({ price: '' })).toBeNull();
    expect(say({ price: '1', quantity: 'x' })).toBeNull();
  });
  it('is said for every type', () => {
    expect(say({ price: '60000' })).toBe(
      'Buys 0.5 BTC at 60,000 USD or better. It stands until it is filled or canceled.',
    );
    expect(say({ type: 'MARKET', side: 'SELL', timeInForce: 'IOC' })).toBe(
      'Sells 0.5 BTC at whatever price the book gives. What is not filled at once is canceled.',
    );
    expect(say({ type: 'STOP_MARKET', side: 'SELL', trigger: '58000', timeInForce: 'DAY' })).toBe(
      'Once the best bid falls to 58,000, sells 0.5 BTC at whatever price the book gives. It stands until the market’s trading day ends.',
    );
    expect(
      say({ type: 'STOP_LIMIT', trigger: '61000', price: '61100', triggerBy: 'LAST', timeInForce: 'FOK' }),
    ).toBe(
      'Once the last trade rises to 61,000, buys 0.5 BTC at 61,100 USD or better. Once triggered, it fills whole at once or not at all.',
    );
    expect(say({ type: 'TRAILING_STOP', side: 'SELL', trail: '2', activation: '62000' })).toBe(
      'Follows the best bid; when that falls from its highest by 2 %, sells 0.5 BTC at whatever price the book gives. It begins to follow when the best bid has risen to 62,000. It stands until it is filled or canceled.',
    );
    expect(say({ type: 'TRAILING_STOP', trail: '250', trailBy: 'PRICE', triggerBy: 'MID' })).toMatch(
      /^Follows the middle of the quote; when that rises from its lowest by 250 USD, buys/,
    );
  });
  it('names the end, and what is special', () => {
    const text = say({
      price: '60000',
      timeInForce: 'GTD',
      goodTill: '2026-11-24T16:00',
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      display: '0.1',
    });
    expect(text).toContain('It stands until 24 Nov 2026, 16:00:00.');
    expect(text).toContain('It is refused rather than filled at once.');
    expect(text).toContain('Only 0.1 of it shows in the book at a time.');
    expect(text).toContain('It only shrinks a position');
  });
  it('warns of a trigger that is reached already', () => {
    expect(say({ type: 'STOP_MARKET', trigger: '60000' })).toContain('would trigger at once');
    expect(say({ type: 'STOP_MARKET', trigger: '60010.05' })).not.toContain('would trigger');
    expect(isReached('SELL', 'MID', '60005', GROUND.quote)).toBe(true);
    expect(isReached('SELL', 'MID', '60004.95', GROUND.quote)).toBe(false);
    expect(isReached('SELL', 'QUOTE', '60000', null)).toBe(false);
  });
  it('says where the exits would be', () => {
    const exits = {
      exits: true,
      stopLoss: { by: 'PERCENT', text: '5' },
      takeProfit: { by: 'PRICE', text: '66000' },
    } as const;
    expect(say({ price: '60000', ...exits })).toContain(
      'Stop-loss: when the best bid falls to 57,000, sells what was filled at market. Take-profit: sells what was filled at 66,000 or better. What fills of one is taken off the other.',
    );
    expect(say({ type: 'MARKET', ...exits })).toContain('falls to about 57,009.5,');
  });
});

describe('an order in a table', () => {
  it('tells its terms', () => {
    const order = orderOf({
      time_in_force: 'GTD',
      good_till: '2026-11-24T16:00:00Z',
      post_only: true,
      display_quantity: '0.10',
    });
    expect(termsOf(order, 'UTC')).toBe('GTD 24 Nov, 16:00:00 · post-only · shows 0.1');
  });
  it('tells how its trigger follows and what it is compared with', () => {
    expect(triggerNotes(orderOf({}))).toEqual([]);
    expect(triggerNotes(orderOf({ trigger_by: 'QUOTE', trigger: '1' }))).toEqual([]);
    const trailing = orderOf({ trigger_by: 'LAST', trailing_percent: '1.5', activation: '60500' });
    expect(triggerNotes(trailing)).toEqual(['trails by 1.5 %', 'from 60500 on', 'by last trade']);
  });
  it('names its parent and the orders that cancel it', () => {
    const loss = orderOf({
      client_order_id: 'e-sl',
      parent: 'e',
      oco: 'e',
      reduce_only: true,
      trigger_by: 'QUOTE',
    });
    const profit = orderOf({ client_order_id: 'e-tp', parent: 'e', oco: 'e', reduce_only: true });
    expect(linksOf(loss, [loss, profit])).toEqual([
      { text: 'stop-loss of', id: 'e' },
      { text: 'or', id: 'e-tp' },
    ]);
    expect(linksOf(loss, [loss])).toEqual([{ text: 'stop-loss of', id: 'e' }]);
    expect(linksOf(orderOf({ oco: 'list' }), [])).toEqual([{ text: 'list', id: 'list' }]);
    expect(linksOf(orderOf({}), [loss])).toEqual([]);
  });
  it('shortens an id without losing what tells legs apart', () => {
    expect(shortId('web-0123456789abcdef-sl')).toBe('…abcdef-sl');
    expect(shortId('mine')).toBe('mine');
  });
});
