import { describe, expect, it } from 'vitest';
import type { Instrument } from '$/api/types';
import { toText } from '$/money/decimal';
import { legPrice } from './bracket';
import { BTC, GROUND } from './fixtures';
import {
  applying,
  emptyDraft,
  fingerprint,
  newOrderId,
  notionalOf,
  timesInForce,
  toBracket,
  toOrder,
  type Draft,
} from './ticket';
import { checkDraft, isSound } from './ticket-check';

const draft = (change: Partial<Draft>): Draft => ({
  ...emptyDraft(),
  price: '60000.05',
  quantity: '0.01',
  ...change,
});
const check = (change: Partial<Draft>, instrument: Instrument = BTC) =>
  checkDraft(draft(change), { ...GROUND, instrument });
const order = (change: Partial<Draft>) => toOrder(draft(change), BTC.id, 'UTC', 'id-1');

describe('the order ticket', () => {
  it('accepts a sound draft of every type', () => {
    expect(isSound(check({}))).toBe(true);
    expect(isSound(check({ type: 'MARKET', price: '', timeInForce: 'IOC' }))).toBe(true);
    expect(isSound(check({ type: 'STOP_MARKET', price: '', trigger: '61000' }))).toBe(true);
    expect(isSound(check({ type: 'STOP_LIMIT', trigger: '61000' }))).toBe(true);
    expect(isSound(check({ type: 'TRAILING_STOP', price: '', trail: '1.5' }))).toBe(true);
    expect(isSound(check({ type: 'TRAILING_STOP', price: '', trail: '250', trailBy: 'PRICE' }))).toBe(true);
  });
  it('refuses a price off the tick, in the server’s words', () => {
    expect(check({ price: '60000.07' }).price).toBe('Price 60000.07 is not a multiple of the tick 0.05.');
  });
  it('refuses a quantity off the lot or below the minimum', () => {
    expect(check({ quantity: '0.010000001' }).quantity).toBe(
      'Quantity 0.010000001 is not a multiple of the lot 0.00000001.',
    );
    expect(check({ quantity: '0.00005' }).quantity).toBe(
      'Quantity 0.00005 is below the instrument’s minimum of 0.0001.',
    );
  });
  it('refuses a notional below the minimum, compared exactly', () => {
    const small = check({ price: '99999.95', quantity: '0.0001' });
    expect(small.quantity).toBe('Notional 9.999995 is below the instrument’s minimum of 10.');
    expect(check({ price: '100000', quantity: '0.0001' }).quantity).toBeNull();
  });
  it.each(['', ' ', '0', '-1', 'NaN', '1e40', 'Infinity', '1,5', '0x10', '1'.repeat(29)])(
    'refuses the quantity "%s"',
    (quantity) => {
      expect(check({ quantity }).quantity).not.toBeNull();
    },
  );
  it('refuses an instrument that is not trading', () => {
    expect(check({}, { ...BTC, status: 'HALTED' }).whole).toBe('BTC-USD.COINBASE is halted.');
  });
  it('checks the trigger of a stop, and only of a stop', () => {
    expect(check({ type: 'STOP_MARKET', trigger: '' }).trigger).toBe('Enter a trigger.');
    expect(check({ type: 'STOP_LIMIT', trigger: '61000.01' }).trigger).toMatch(/multiple of the tick/);
    expect(check({ type: 'LIMIT', trigger: 'x' }).trigger).toBeNull();
    expect(check({ type: 'STOP_MARKET', trigger: '61000', price: 'x' }).price).toBeNull();
  });
  it('checks how a trailing stop trails', () => {
    const trailing = (change: Partial<Draft>) => check({ type: 'TRAILING_STOP', ...change });
    expect(trailing({ trail: '100' }).trail).toBe(
      'A trailing offset in percent must be above 0 and below 100.',
    );
    expect(trailing({ trail: '0' }).trail).toBe('Trailing offset 0 must be greater than 0.');
    expect(trailing({ trail: '0.07', trailBy: 'PRICE' }).trail).toMatch(/multiple of the tick 0.05/);
    expect(trailing({ trail: '1', activation: '60000.01' }).activation).toMatch(/multiple of the tick/);
    expect(trailing({ trail: '1', activation: ' ' }).activation).toBeNull();
  });
  it('wants an end that is still to come of a GTD order', () => {
    expect(check({ timeInForce: 'GTD' }).goodTill).toMatch(/needs its end/);
    expect(check({ timeInForce: 'GTD', goodTill: '2026-11-22T23:59' }).goodTill).toMatch(/later than now/);
    expect(check({ timeInForce: 'GTD', goodTill: '2026-11-24T16:00' }).goodTill).toBeNull();
  });
  it('checks an iceberg', () => {
    expect(check({ iceberg: true }).display).toBe('Enter a display quantity.');
    expect(check({ iceberg: true, display: '0.02' }).display).toBe(
      'The display quantity is larger than the order.',
    );
    expect(check({ iceberg: true, display: '0.001' }).display).toBeNull();
  });
  it('drops what does not go with what is chosen', () => {
    expect(applying(draft({ timeInForce: 'IOC', iceberg: true })).display).toBe(false);
    expect(order({ timeInForce: 'IOC', postOnly: true, iceberg: true, display: '0.001' })).toEqual({
      client_order_id: 'id-1',
      instrument: BTC.id,
      side: 'BUY',
      type: 'LIMIT',
      price: '60000.05',
      quantity: '0.01',
      time_in_force: 'IOC',
      post_only: false,
      reduce_only: false,
    });
  });
  it('offers each type the times in force that it can have', () => {
    expect(timesInForce('MARKET')).toEqual(['IOC', 'FOK']);
    expect(timesInForce('LIMIT')).toEqual(['GTC', 'DAY', 'GTD', 'IOC', 'FOK']);
    expect(timesInForce('TRAILING_STOP')).toEqual(['GTC', 'DAY', 'GTD']);
  });
  it('multiplies exactly', () => {
    const notional = notionalOf(draft({ price: '0.1', quantity: '0.2' }));
    expect(notional && toText(notional)).toBe('0.02');
    expect(notionalOf(draft({ type: 'MARKET' }))).toBeNull();
  });
  it('sends the text as typed, and no price with a market order', () => {
    expect(order({ price: ' 60000.10 ' })).toMatchObject({ price: '60000.10', quantity: '0.01' });
    expect(order({ type: 'MARKET', postOnly: true })).not.toHaveProperty('price');
    expect(order({ type: 'MARKET', postOnly: true }).post_only).toBe(false);
  });
  it('sends what only some types have', () => {
    expect(order({ type: 'STOP_LIMIT', trigger: '61000', triggerBy: 'LAST' })).toMatchObject({
      trigger: '61000',
      trigger_by: 'LAST',
      price: '60000.05',
    });
    expect(order({ type: 'TRAILING_STOP', trail: '1.5', activation: '60500' })).toMatchObject({
      trailing_percent: '1.5',
      activation: '60500',
    });
    expect(order({ type: 'TRAILING_STOP', trail: '250', trailBy: 'PRICE' })).toMatchObject({
      trailing_offset: '250',
    });
    expect(order({ timeInForce: 'GTD', goodTill: '2026-11-24T16:00' }).good_till).toBe(
      '2026-11-24T16:00:00Z',
    );
  });
  it('tells the same order from another one', () => {
    const print = (change: Partial<Draft>, account = 'a') =>
      fingerprint(draft(change), account, BTC.id, 'UTC');
    expect(print({})).toBe(print({}));
    expect(print({ quantity: '0.02' })).not.toBe(print({}));
    expect(print({}, 'b')).not.toBe(print({}));
    const exits = { exits: true, stopLoss: { by: 'PERCENT', text: '5' } } as const;
    expect(print(exits)).not.toBe(print({}));
  });
  it('makes ids that the server accepts, also with the suffix of a leg', () => {
    expect(`${newOrderId()}-sl`).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
    expect(newOrderId()).not.toBe(newOrderId());
  });
});

describe('a bracket', () => {
  const exits = (loss: Draft['stopLoss'], profit: Draft['takeProfit'], more: Partial<Draft> = {}) =>
    draft({ price: '60000', exits: true, stopLoss: loss, takeProfit: profit, ...more });
  const percent = (text: string) => ({ by: 'PERCENT', text }) as const;
  const price = (text: string) => ({ by: 'PRICE', text }) as const;

  it('sends distances as fractions and leaves out an empty leg', () => {
    const sent = toBracket(exits(percent('1.5'), percent('')), BTC.id, 'UTC', 'id-1');
    expect([sent.stop_loss, sent.take_profit]).toEqual([{ distance: '0.015' }, null]);
    expect(sent.entry.trigger_by).toBe('QUOTE');
  });
  it('has no legs when the order can only reduce', () => {
    const sent = toBracket(exits(percent('1'), percent('1'), { reduceOnly: true }), BTC.id, 'UTC', 'id-1');
    expect(sent).not.toHaveProperty('stop_loss');
  });
  it('brings a distance to the tick towards the entry, on either side', () => {
    const far = exits(percent('3.3333'), percent('3.3333'));
    expect(legPrice(far, 'stopLoss', GROUND)).toEqual({ price: '58000.05', exact: true });
    expect(legPrice(far, 'takeProfit', GROUND)).toEqual({ price: '61999.95', exact: true });
    const short = { ...far, side: 'SELL' } as const;
    expect(legPrice(short, 'stopLoss', GROUND)?.price).toBe('61999.95');
    const market = { ...far, type: 'MARKET' } as const;
    expect(legPrice(market, 'takeProfit', GROUND)).toMatchObject({ exact: false });
  });
  it('refuses legs on the wrong side, without either leg, and blind distances', () => {
    const judged = (given: Draft, ground = GROUND) => checkDraft(given, ground);
    expect(judged(exits(price('60000'), percent(''))).stopLoss).toBe(
      'The stop-loss of a buy is below its entry, 60000.',
    );
    expect(judged(exits(price(''), price('59000'))).takeProfit).toBe(
      'The take-profit of a buy is above its entry, 60000.',
    );
    expect(judged(exits(price('59000'), price('61000'), { side: 'SELL' })).stopLoss).toMatch(/above/);
    expect(judged(exits(percent(''), percent(' '))).whole).toMatch(/a stop-loss, a take-profit, or both/);
    expect(judged(exits(percent('100'), percent(''))).stopLoss).toMatch(/above 0 and below 100/);
    const blind = judged(exits(percent('5'), percent(''), { type: 'MARKET' }), { ...GROUND, quote: null });
    expect(blind.stopLoss).toBe('There is no quote to reckon the distance from.');
    expect(isSound(judged(exits(price('59000'), price('61000'))))).toBe(true);
  });
});
