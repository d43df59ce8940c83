import { describe, expect, it } from 'vitest';
import type { Backtest, Connection, KillSwitch, Order } from '$/api/types';
import { ofConnection, ofJob, ofKillSwitch, ofOrder, ofStatus } from './notices';

const order = (state: Order['state'], more: Partial<Order> = {}): Order =>
  ({
    client_order_id: 'o1',
    instrument: 'BTC-USD.COINBASE',
    side: 'BUY',
    quantity: '2',
    filled: '0',
    average_price: null,
    strategy: null,
    reason: null,
    denials: [],
    state,
    ...more,
  }) as unknown as Order;

describe('an order', () => {
  it('is told of when it is filled, in part or whole, and once', () => {
    const part = order('PARTIALLY_FILLED', { filled: '1', average_price: '100' });
    expect(ofOrder(order('ACCEPTED'), part, false)).toEqual({
      event: 'ORDER_PART_FILLED',
      key: 'o1 PARTIALLY_FILLED 1',
      text: 'Part filled: Buy 2 BTC-USD.COINBASE',
      detail: '1 at 100',
      bad: false,
    });
    expect(ofOrder(part, order('PARTIALLY_FILLED', { filled: '1.5' }), false)?.event).toBe(
      'ORDER_PART_FILLED',
    );
    expect(ofOrder(part, part, false)).toBeNull();
    const filled = order('FILLED', { filled: '2' });
    expect(ofOrder(part, filled, false)?.event).toBe('ORDER_FILLED');
    expect(ofOrder(filled, filled, false)).toBeNull();
    expect(ofOrder(undefined, filled, false)?.event).toBe('ORDER_FILLED');
  });

  it('that was refused says why', () => {
    const denials = [{ rule: 'ORDER_SIZE' }, { rule: 'EXPOSURE' }] as Order['denials'];
    expect(ofOrder(undefined, order('DENIED', { denials }), false)?.detail).toBe('ORDER_SIZE, EXPOSURE');
    expect(ofOrder(order('SUBMITTED'), order('REJECTED', { reason: 'post only' }), false)).toMatchObject({
      event: 'ORDER_REJECTED',
      detail: 'post only',
      bad: true,
    });
  });

  it('that was canceled by hand is nothing new to whoever did it, one by the venue is', () => {
    const canceled = order('CANCELED', { reason: 'self trade' });
    expect(ofOrder(order('PENDING_CANCEL'), canceled, false)).toBeNull();
    expect(ofOrder(undefined, canceled, false)).toBeNull();
    expect(ofOrder(order('INITIALIZED'), canceled, false)).toBeNull();
    expect(ofOrder(order('ACCEPTED'), canceled, false)).toMatchObject({ event: 'ORDER_CANCELED', bad: true });
    expect(ofOrder(order('ACCEPTED'), order('EXPIRED'), false)?.event).toBe('ORDER_CANCELED');
  });

  it('of a strategy counts only where it was asked for', () => {
    const filled = order('FILLED', { strategy: 'ema_cross' });
    expect(ofOrder(order('ACCEPTED'), filled, false)).toBeNull();
    expect(ofOrder(order('ACCEPTED'), filled, true)?.event).toBe('ORDER_FILLED');
  });
});

describe('what else happens', () => {
  it('the kill switch is told of when it turns', () => {
    const on: KillSwitch = { engaged: true, reason: 'drill', actor: 'asha', ts: '2026-11-30T11:00:00Z' };
    expect(ofKillSwitch(null, on)).toMatchObject({ text: 'Kill switch engaged', detail: 'drill' });
    expect(ofKillSwitch(on, on)).toBeNull();
    expect(ofKillSwitch(on, null)?.bad).toBe(false);
    expect(ofKillSwitch(undefined, null)).toBeNull();
  });

  it('a connection is told of when it goes and comes, not on the way', () => {
    const at = (state: string) => ({ venue: 'kraken', state, last_error: null }) as unknown as Connection;
    expect(ofConnection(at('STREAMING'), at('BACKOFF'))).toMatchObject({ detail: 'BACKOFF', bad: true });
    expect(ofConnection(at('BACKOFF'), at('CONNECTING'))).toBeNull();
    expect(ofConnection(at('CONNECTING'), at('STREAMING'))?.text).toBe('Connected again: kraken');
    expect(ofConnection(undefined, at('BACKOFF'))).toBeNull();
  });

  it('journal and database are told of each', () => {
    const health = (journal: 'OK' | 'DOWN', store: 'OK' | 'DOWN') => ({ journal: { state: journal }, store });
    expect(ofStatus(null, health('DOWN', 'DOWN'))).toEqual([]);
    expect(ofStatus(health('OK', 'OK'), health('OK', 'OK'))).toEqual([]);
    const both = ofStatus(health('OK', 'OK'), health('DOWN', 'DOWN'));
    expect(both.map((notice) => notice.text)).toEqual(['The journal is down', 'The database is down']);
    expect(ofStatus(health('DOWN', 'OK'), health('OK', 'OK'))[0]?.bad).toBe(false);
  });

  it('a backtest is told of when it is over, not when somebody stopped it', () => {
    const job = (state: Backtest['state']) =>
      ({ name: 'waves', state, warning: null, error: 'no file' }) as unknown as Backtest;
    expect(ofJob(job('RUNNING'), job('COMPLETE'))?.text).toBe('Backtest done: waves');
    expect(ofJob(job('RUNNING'), job('FAILED'))).toMatchObject({ detail: 'no file', bad: true });
    expect(ofJob(job('RUNNING'), job('CANCELED'))).toBeNull();
    expect(ofJob(undefined, job('COMPLETE'))).toBeNull();
    expect(ofJob(job('COMPLETE'), job('COMPLETE'))).toBeNull();
  });
});
