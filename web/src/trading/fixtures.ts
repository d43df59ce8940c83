/** An instrument, a quote and a ground for the tests of tickets and orders. */
import type { Instrument, Order, Quote } from '$/api/types';
import type { Ground } from './ticket';

export const BTC: Instrument = {
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

export const QUOTE = { bid: '60000', ask: '60010', last: '60003' } as Quote;

export const GROUND: Ground = {
  instrument: BTC,
  quote: QUOTE,
  zone: 'UTC',
  now: Date.parse('2026-11-23T00:00:00Z'),
};

export const orderOf = (change: Partial<Order>): Order =>
  ({
    client_order_id: 'web-0123456789abcdef',
    type: 'LIMIT',
    side: 'BUY',
    time_in_force: 'GTC',
    post_only: false,
    reduce_only: false,
    triggered: false,
    state: 'ACCEPTED',
    ...change,
  }) as Order;
