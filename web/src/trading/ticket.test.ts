import { describe, expect, it } from 'vitest';
import type { Instrument } from '$/api/types';
import {
  checkDraft,
  EMPTY_DRAFT,
  fingerprint,
  isSound,
  newOrderId,
  notionalOf,
  timesInForce,
  toOrder,
  type Draft,
} from './ticket';
import { toText } from '$/money/decimal';

const BTC: Instrument = {
  id: 'BTC-USD.COINBASE',
  symbol: 'BTC-USD',
  market: 'COINBASE',
  venue: 'coinbase',
  venue_symbol: 'BTC-USD',
  product: 'BTC/USD',
  kind: 'SPOT_PAIR',
  base: 'BTC',
  quote: 'USD',
  tick: '0.05',
  lot: '0.00000001',
  quantity_min: '0.0001',
  notional_min: '10',
  price_scale: 2,
  size_scale: 8,
  status: 'TRADING',
  simulated: true,
  data_state: 'VALID',
};
const draft = (change: Partial<Draft>): Draft => ({
  ...EMPTY_DRAFT,
  price: '60000.05',
  quantity: '0.01',
  ...change,
});
const check = (change: Partial<Draft>, instrument = BTC) => checkDraft(draft(change), instrument);

describe('the order ticket', () => {
  it('accepts a sound draft', () => {
    expect(isSound(check({}))).toBe(true);
    expect(isSound(check({ type: 'MARKET', price: '', timeInForce: 'IOC' }))).toBe(true);
  });
  it('refuses a price off the tick', () => {
    expect(check({ price: '60000.07' }).price).toBe('Not a multiple of the tick 0.05.');
  });
  it('refuses a quantity off the lot or below the minimum', () => {
    expect(check({ quantity: '0.010000001' }).quantity).toBe('Not a multiple of the lot 0.00000001.');
    expect(check({ quantity: '0.00005' }).quantity).toBe('At least 0.0001 BTC.');
  });
  it('refuses a notional below the minimum, compared exactly', () => {
    const small = check({ price: '99999.95', quantity: '0.0001' });
    expect(small.quantity).toBe('Price × quantity must be at least 10 USD.');
    expect(check({ price: '100000', quantity: '0.0001' }).quantity).toBeNull();
  });
  it.each(['', ' ', '0', '-1', 'NaN', '1e40', 'Infinity', '1,5', '0x10', '1'.repeat(29)])(
    'refuses the quantity "%s"',
    (quantity) => {
      expect(check({ quantity }).quantity).not.toBeNull();
    },
  );
  it('refuses contradictions', () => {
    expect(check({ postOnly: true, timeInForce: 'IOC' }).whole).toMatch(/Post-only/);
    expect(check({ postOnly: true, type: 'MARKET', timeInForce: 'IOC' }).whole).toMatch(/market order/);
    expect(check({}, { ...BTC, status: 'HALTED' }).whole).toBe('BTC-USD.COINBASE is halted.');
  });
  it('offers market orders only the immediate times in force', () => {
    expect(timesInForce('MARKET')).toEqual(['IOC', 'FOK']);
    expect(timesInForce('LIMIT')).toContain('GTC');
  });
  it('multiplies exactly', () => {
    const notional = notionalOf(draft({ price: '0.1', quantity: '0.2' }));
    expect(notional && toText(notional)).toBe('0.02');
    expect(notionalOf(draft({ type: 'MARKET' }))).toBeNull();
  });
  it('sends the text as typed, and no price with a market order', () => {
    expect(toOrder(draft({ price: ' 60000.10 ' }), BTC.id, 'id-1')).toMatchObject({
      price: '60000.10',
      quantity: '0.01',
    });
    expect(toOrder(draft({ type: 'MARKET', postOnly: true }), BTC.id, 'id-1')).not.toHaveProperty('price');
    expect(toOrder(draft({ type: 'MARKET', postOnly: true }), BTC.id, 'id-1').post_only).toBe(false);
  });
  it('tells the same order from another one', () => {
    const first = fingerprint(draft({}), 'a', BTC.id);
    expect(fingerprint(draft({}), 'a', BTC.id)).toBe(first);
    expect(fingerprint(draft({ quantity: '0.02' }), 'a', BTC.id)).not.toBe(first);
    expect(fingerprint(draft({}), 'b', BTC.id)).not.toBe(first);
  });
  it('makes ids that the server accepts', () => {
    expect(newOrderId()).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
    expect(newOrderId()).not.toBe(newOrderId());
  });
});
