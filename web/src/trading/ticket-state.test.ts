import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '$/api/problem';
import type { Instrument, NewBracket, Order } from '$/api/types';
import { GROUND } from './fixtures';
import { TicketState } from './ticket-state.svelte';

const INSTRUMENT = {
  id: 'BTC-USD.X',
  tick: '1',
  lot: '0.01',
  quantity_min: '0.01',
  notional_min: '0',
  base: 'BTC',
  quote: 'USD',
  status: 'TRADING',
} as Instrument;
const BTC = { ...GROUND, instrument: INSTRUMENT };

let sent: NewBracket['entry'][];
let answer: () => Promise<Order>;
let ticket: TicketState;

beforeEach(() => {
  sent = [];
  answer = () => Promise.resolve({ state: 'ACCEPTED' } as Order);
  ticket = new TicketState(async (_, bracket) => {
    sent.push(bracket.entry);
    return [await answer()];
  });
  Object.assign(ticket.draft, { price: '100', quantity: '0.5' });
});

describe('a ticket', () => {
  it('is not sent while something is wrong with it', async () => {
    ticket.draft.quantity = '0.555';
    await ticket.submit('a', BTC);
    expect(sent).toEqual([]);
    expect(ticket.tried).toBe(true);
  });
  it('gives every order its own id', async () => {
    await ticket.submit('a', BTC);
    await ticket.submit('a', BTC);
    expect(new Set(sent.map((order) => order.client_order_id)).size).toBe(2);
    expect(ticket.placed[0]?.state).toBe('ACCEPTED');
  });
  it('keeps its id when the answer was lost, until the order is another one', async () => {
    answer = () => Promise.reject(new ApiError(0, 'NETWORK', 'silence'));
    await ticket.submit('a', BTC);
    answer = () => Promise.reject(new ApiError(503, 'BUSY', 'busy'));
    await ticket.submit('a', BTC);
    expect(sent[1]?.client_order_id).toBe(sent[0]?.client_order_id);
    ticket.draft.quantity = '0.6';
    await ticket.submit('a', BTC);
    expect(sent[2]?.client_order_id).not.toBe(sent[0]?.client_order_id);
  });
  it('takes a refusal as an answer', async () => {
    answer = () => Promise.reject(new ApiError(422, 'OFF_TICK', 'off the tick'));
    await ticket.submit('a', BTC);
    await ticket.submit('a', BTC);
    expect(sent[1]?.client_order_id).not.toBe(sent[0]?.client_order_id);
    expect(ticket.failure).toBeInstanceOf(ApiError);
  });
  it('keeps a life span only where the type can have it', () => {
    ticket.setType('MARKET');
    expect(ticket.draft.timeInForce).toBe('IOC');
    ticket.setType('STOP_MARKET');
    expect(ticket.draft.timeInForce).toBe('GTC');
    ticket.draft.timeInForce = 'GTD';
    ticket.setType('TRAILING_STOP');
    expect(ticket.draft.timeInForce).toBe('GTD');
  });
  it('is not sent twice by a double press', async () => {
    let give: (order: Order) => void = () => undefined;
    answer = () => new Promise((resolve) => (give = resolve));
    const first = ticket.submit('a', BTC);
    await ticket.submit('a', BTC);
    give({ state: 'ACCEPTED' } as Order);
    await first;
    expect(sent).toHaveLength(1);
    expect(ticket.busy).toBe(false);
  });
});
