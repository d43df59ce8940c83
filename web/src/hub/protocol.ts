/** What travels over `/api/v1/stream`, and the names of its topics. */

export type Channel =
  | 'quotes'
  | 'trades'
  | 'book'
  | 'bars'
  | 'indicators'
  | 'orders'
  | 'fills'
  | 'positions'
  | 'accounts'
  | 'signals'
  | 'strategies'
  | 'weights'
  | 'ledger'
  | 'connections'
  | 'system'
  | 'jobs';

export interface Subscription {
  channel: Channel;
  instrument?: string;
  account?: string;
  interval?: string;
  indicator?: string;
}

/** `channel[:instrument|account][:interval][:indicator]` */
export function topicOf(subscription: Subscription): string {
  const { channel, instrument, account, interval, indicator } = subscription;
  return [channel, instrument ?? account, interval, indicator].filter((part) => part !== undefined).join(':');
}

export type ServerFrame =
  | { op: 'welcome'; server_time: string; heartbeat_s?: number }
  | { op: 'subscribed'; id?: string | null; topic: string }
  | { op: 'unsubscribed'; id?: string | null; topic?: string }
  | { op: 'snapshot'; topic: string; epoch: string; seq: number; data: unknown }
  | { op: 'delta'; topic: string; seq: number; data: unknown }
  | { op: 'heartbeat'; server_time: string }
  | { op: 'pong'; server_time: string }
  | { op: 'error'; code: string; detail?: string; id?: string | null };

/** Close codes of the hub. */
export const CLOSE = {
  badMessage: 4400,
  unauthenticated: 4401,
  revoked: 4403,
  authTimeout: 4408,
  slowConsumer: 4409,
  silent: 4410,
  limit: 4429,
} as const;

export function parseFrame(text: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null && 'op' in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
