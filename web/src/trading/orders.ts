/** What order states mean for people and for tables. */
import { orders } from '$/api';
import type { Order, Position } from '$/api/types';
import type { Tone } from '$/ui/Badge.svelte';
import { confirmation } from '$/ui/confirm.svelte';
import { toasts } from '$/ui/toasts.svelte';

const DONE = new Set(['DENIED', 'REJECTED', 'FILLED', 'CANCELED', 'EXPIRED']);

export function isOpen(order: Order): boolean {
  return !DONE.has(order.state);
}

export function stateTone(state: string): Tone {
  if (state === 'FILLED') return 'good';
  if (state === 'DENIED' || state === 'REJECTED') return 'bad';
  if (state === 'UNKNOWN' || state.startsWith('PENDING')) return 'warn';
  return state === 'CANCELED' || state === 'EXPIRED' ? 'neutral' : 'info';
}

/** `PARTIALLY_FILLED` → `PARTIALLY FILLED` */
export function words(code: string): string {
  return code.replaceAll('_', ' ');
}

/** A child of a bracket is recorded, and waits; everything else is as the server calls it. */
export function stateWord(order: Order): string {
  return order.state === 'INITIALIZED' && order.parent ? 'WAITING' : words(order.state);
}

const TYPES: Record<Order['type'], string> = {
  MARKET: 'Market',
  LIMIT: 'Limit',
  STOP_MARKET: 'Stop',
  STOP_LIMIT: 'Stop limit',
  TRAILING_STOP: 'Trailing stop',
};

export function typeWord(type: Order['type']): string {
  return TYPES[type];
}

export function cancelOrder(account: string, order: Order): Promise<boolean> {
  return toasts.run('The order was not canceled', () => orders.cancel(account, order.client_order_id));
}

export async function cancelAll(account: string, count: number): Promise<void> {
  const answer = await confirmation.ask({
    title: 'Cancel all open orders?',
    consequences: [`${count} open ${count === 1 ? 'order' : 'orders'} of this account will be canceled.`],
    action: 'Cancel all',
    danger: true,
  });
  if (answer)
    await toasts.run(
      'Not everything was canceled',
      () => orders.cancelAll(account),
      'Cancel requested for all',
    );
}

export async function flatten(account: string, position: Position | null): Promise<void> {
  const what = position
    ? `${position.instrument}: ${position.quantity} ${position.side}`
    : 'every open position of this account';
  const answer = await confirmation.ask({
    title: position ? 'Close this position?' : 'Close all positions?',
    consequences: [`Closes ${what}, by reduce-only market orders at whatever the book gives.`],
    action: 'Flatten',
    danger: true,
  });
  if (!answer) return;
  await toasts.run('Flattening failed', () => orders.flatten(account, position?.instrument), 'Flattening');
}
