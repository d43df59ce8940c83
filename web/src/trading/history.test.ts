import { describe, expect, it } from 'vitest';
import type { Order } from '$/api/types';
import { mergeNewest, withFresh } from './history';

const order = (id: string, second: number, version: number, state = 'ACCEPTED') =>
  ({ client_order_id: id, created_at: `2026-11-22T10:00:0${second}Z`, version, state }) as Order;

describe('order history', () => {
  it('is brought up to date by live orders, newest first', () => {
    const merged = mergeNewest(
      [order('b', 2, 1), order('a', 1, 1)],
      [order('c', 3, 1), order('b', 2, 2, 'FILLED')],
    );
    expect(merged.map((o) => [o.client_order_id, o.state])).toEqual([
      ['c', 'ACCEPTED'],
      ['b', 'FILLED'],
      ['a', 'ACCEPTED'],
    ]);
  });
  it('never goes back to an older version, and leaves out what belongs to a later page', () => {
    const merged = mergeNewest([order('b', 2, 3, 'FILLED')], [order('b', 2, 2), order('old', 1, 9)]);
    expect(merged.map((o) => [o.client_order_id, o.state])).toEqual([['b', 'FILLED']]);
  });
});

describe('rows that came in live', () => {
  const row = (id: string, second: number) => ({ id, ts: `2026-11-22T10:00:0${second}Z` });
  it('go on top of the loaded ones, each once, and older ones stay out', () => {
    const merged = withFresh(
      [row('b', 2), row('a', 1)],
      [row('d', 4), row('c', 3), row('b', 2), row('z', 0)],
    );
    expect(merged.map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
  });
  it('are all there is while nothing was loaded', () => {
    expect(withFresh([], [row('a', 1)])).toHaveLength(1);
  });
});
