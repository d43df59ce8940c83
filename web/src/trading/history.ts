/** Joining of pages that were loaded with what has come in live since. */
import type { Order } from '$/api/types';
import { newestFirst } from '$/time/order';

/**
 * Loaded orders brought up to date by the live ones. Live orders that are older than the last loaded one stay
 * out: they belong to a page that is not loaded yet.
 */
export function mergeNewest(loaded: Order[], live: Order[]): Order[] {
  const byId = new Map(loaded.map((order) => [order.client_order_id, order]));
  const oldest = loaded.at(-1)?.created_at;
  for (const order of live) {
    const known = byId.get(order.client_order_id);
    if (
      known
        ? order.version >= known.version
        : oldest === undefined || newestFirst(order.created_at, oldest) <= 0
    )
      byId.set(order.client_order_id, order);
  }
  return [...byId.values()].sort((a, b) => newestFirst(a.created_at, b.created_at));
}

/** Loaded rows, newest first, with those on top that came in live since. */
export function withFresh<V extends { id: string; ts: string }>(loaded: V[], live: V[]): V[] {
  const known = new Set(loaded.map((row) => row.id));
  const newest = loaded[0]?.ts;
  const isFresh = (row: V) =>
    !known.has(row.id) && (newest === undefined || newestFirst(row.ts, newest) <= 0);
  return [...live.filter(isFresh), ...loaded];
}
