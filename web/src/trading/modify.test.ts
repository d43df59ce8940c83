import { describe, expect, it } from 'vitest';
import type { Instrument, Order } from '$/api/types';
import { changeable, checkChange, mayChange, startChange, toChange } from './modify';

const BTC = { tick: '0.05', lot: '0.01', quantity_min: '0.01', notional_min: '10' } as Instrument;
const order = (change: Partial<Order>): Order =>
  ({
    type: 'STOP_LIMIT',
    quantity: '0.50',
    price: '100.00',
    trigger: '99',
    triggered: false,
    filled: '0',
    state: 'ACCEPTED',
    version: 4,
    ...change,
  }) as Order;

describe('changing an order', () => {
  it('sends only what differs, and the version that was seen', () => {
    const draft = { ...startChange(order({})), price: ' 101 ' };
    expect(toChange(order({}), draft)).toEqual({ version: 4, price: '101' });
    expect(toChange(order({}), startChange(order({})))).toEqual({ version: 4 });
    expect(checkChange(order({}), startChange(order({})), BTC).whole).toBe('Nothing is to be changed.');
  });
  it('is offered for the figures that the order has', () => {
    expect(changeable(order({ type: 'LIMIT' }))).toEqual({ quantity: true, price: true, trigger: false });
    expect(changeable(order({ type: 'TRAILING_STOP' }))).toEqual({
      quantity: true,
      price: false,
      trigger: false,
    });
    expect(changeable(order({ triggered: true })).trigger).toBe(false);
    expect(changeable(order({ parent: 'entry' })).quantity).toBe(false);
    expect(changeable(order({ oco: 'list' })).quantity).toBe(false);
  });
  it('is possible while the order rests or waits for its parent', () => {
    expect(mayChange(order({}))).toBe(true);
    expect(mayChange(order({ state: 'INITIALIZED', parent: 'entry' }))).toBe(true);
    expect(mayChange(order({ state: 'INITIALIZED' }))).toBe(false);
    expect(mayChange(order({ state: 'PENDING_MODIFY' }))).toBe(false);
    expect(mayChange(order({ state: 'FILLED' }))).toBe(false);
  });
  it('is checked by the steps of the instrument and by what is filled', () => {
    const draft = { quantity: '0.505', price: '100.01', trigger: '0' };
    const problems = checkChange(order({}), draft, BTC);
    expect(problems.quantity).toBe('Quantity 0.505 is not a multiple of the lot 0.01.');
    expect(problems.price).toBe('Price 100.01 is not a multiple of the tick 0.05.');
    expect(problems.trigger).toBe('Trigger 0 must be greater than 0.');
    const filled = order({ filled: '0.3' });
    expect(checkChange(filled, { ...startChange(filled), quantity: '0.30' }, BTC).quantity).toMatch(
      /above what is filled/,
    );
    expect(checkChange(filled, { ...startChange(filled), price: '1' }, BTC).quantity).toBe(
      'Notional 0.5 is below the instrument’s minimum of 10.',
    );
  });
});
