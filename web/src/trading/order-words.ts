/** Words of an order in a table: its terms, its trigger, what it is linked with. */
import type { Order } from '$/api/types';
import { trimZeros } from '$/money/decimal';
import { formatTime } from '$/time/format';

/** Type and terms of an order in a table, short. */
export function termsOf(order: Order, zone: string | undefined): string {
  const until = order.good_till ? ` ${formatTime(order.good_till, 'moment', zone)}` : '';
  return [
    `${order.time_in_force}${until}`,
    order.post_only && 'post-only',
    order.reduce_only && 'reduce-only',
    order.display_quantity && `shows ${trimZeros(order.display_quantity)}`,
    order.triggered && 'triggered',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Where a stop's trigger stands, by which price, and how it follows. Empty for an order without one. */
export function triggerNotes(order: Order): string[] {
  if (!order.trigger_by) return [];
  const offset = order.trailing_percent ? `${order.trailing_percent} %` : order.trailing_offset;
  return [
    ...(offset ? [`trails by ${offset}`] : []),
    ...(order.activation && !order.trigger ? [`from ${order.activation} on`] : []),
    ...(order.trigger_by === 'QUOTE' ? [] : [order.trigger_by === 'LAST' ? 'by last trade' : 'by mid']),
  ];
}

/** How an order hangs together with others: what it waits for, what cancels it. */
export function linksOf(order: Order, others: readonly Order[]): { text: string; id: string }[] {
  const links: { text: string; id: string }[] = [];
  if (order.parent) {
    const role = !order.reduce_only ? 'child' : order.trigger_by ? 'stop-loss' : 'take-profit';
    links.push({ text: `${role} of`, id: order.parent });
  }
  if (order.oco) {
    const siblings = others.filter(
      (other) => other.oco === order.oco && other.client_order_id !== order.client_order_id,
    );
    for (const sibling of siblings) links.push({ text: 'or', id: sibling.client_order_id });
    // A bracket's list has the name of its entry, which is said already.
    if (siblings.length === 0 && order.oco !== order.parent) links.push({ text: 'list', id: order.oco });
  }
  return links;
}

/** An id where there is no room for it: its end tells it from its neighbours. */
export function shortId(id: string): string {
  const legs = /^(.*?)(-(?:sl|tp))?$/.exec(id);
  const [base = id, suffix = ''] = legs?.slice(1) ?? [];
  return base.length > 10 ? `…${base.slice(-6)}${suffix}` : `${base}${suffix}`;
}
