/** What happened, out of what changed: nothing where nothing happened that anybody wants to be told of. */
import type * as T from '$/api/types';

export interface Notice {
  event: T.NotificationEvent;
  /** What makes it another than one that reads the same: two orders alike are two. */
  key: string;
  text: string;
  detail: string | null;
  bad: boolean;
}

const OPEN = new Set<T.Order['state']>([
  'INITIALIZED',
  'SUBMITTED',
  'ACCEPTED',
  'TRIGGERED',
  'PENDING_MODIFY',
  'PENDING_CANCEL',
  'PARTIALLY_FILLED',
  'UNKNOWN',
]);

/** An order that is another than before. With `strategies` those of strategies count, too. */
export function ofOrder(before: T.Order | undefined, now: T.Order, strategies: boolean): Notice | null {
  if (now.strategy && !strategies) return null;
  const what = `${now.side === 'BUY' ? 'Buy' : 'Sell'} ${now.quantity} ${now.instrument}`;
  const at = now.average_price ? `${now.filled} at ${now.average_price}` : null;
  // One that was over before says nothing new: rows are told again after a reconnect.
  if (before && !OPEN.has(before.state)) return null;
  if (before?.state === now.state && before.filled === now.filled) return null;
  const key = `${now.client_order_id} ${now.state} ${now.filled}`;
  switch (now.state) {
    case 'FILLED':
      return { event: 'ORDER_FILLED', key, text: `Filled: ${what}`, detail: at, bad: false };
    case 'PARTIALLY_FILLED':
      return { event: 'ORDER_PART_FILLED', key, text: `Part filled: ${what}`, detail: at, bad: false };
    case 'DENIED':
    case 'REJECTED': {
      const why = now.reason ?? now.denials.map((denial) => denial.rule).join(', ');
      return { event: 'ORDER_REJECTED', key, text: `Rejected: ${what}`, detail: why || null, bad: true };
    }
    case 'EXPIRED':
      return { event: 'ORDER_CANCELED', key, text: `Expired: ${what}`, detail: at, bad: true };
    case 'CANCELED':
      // Whoever asked for it knows. One that nobody saw before it was gone may have been canceled by hand, and a leg that
      // waits goes with its parent.
      if (!before || before.state === 'PENDING_CANCEL' || before.state === 'INITIALIZED') return null;
      return { event: 'ORDER_CANCELED', key, text: `Canceled: ${what}`, detail: now.reason ?? at, bad: true };
    default:
      return null;
  }
}

export function ofKillSwitch(
  before: T.KillSwitch | null | undefined,
  now: T.KillSwitch | null | undefined,
): Notice | null {
  if (Boolean(before) === Boolean(now)) return null;
  return now
    ? {
        event: 'KILL_SWITCH',
        key: `on ${now.ts}`,
        text: 'Kill switch engaged',
        detail: now.reason,
        bad: true,
      }
    : {
        event: 'KILL_SWITCH',
        key: `off ${before?.ts}`,
        text: 'Kill switch lifted',
        detail: null,
        bad: false,
      };
}

const THERE = 'STREAMING';

/** A connection that is lost, or there again; the steps in between are told once. */
export function ofConnection(before: T.Connection | undefined, now: T.Connection): Notice | null {
  if (!before || (before.state === THERE) === (now.state === THERE)) return null;
  const key = `${now.id} ${now.state_since}`;
  return now.state === THERE
    ? { event: 'CONNECTION', key, text: `Connected again: ${now.venue}`, detail: null, bad: false }
    : {
        event: 'CONNECTION',
        key,
        text: `Connection lost: ${now.venue}`,
        detail: now.last_error ?? now.state,
        bad: true,
      };
}

type Health = Pick<T.Status, 'store'> & { journal: Pick<T.Status['journal'], 'state'> };

export function ofStatus(before: Health | null, now: Health): Notice[] {
  if (!before) return [];
  const parts = [
    ['The journal', before.journal.state, now.journal.state],
    ['The database', before.store, now.store],
  ] as const;
  return parts
    .filter(([, was, is]) => was !== is)
    .map(([name, , is]) =>
      is === 'OK'
        ? { event: 'SYSTEM', key: `${name} ${is}`, text: `${name} works again`, detail: null, bad: false }
        : {
            event: 'SYSTEM',
            key: `${name} ${is}`,
            text: `${name} is down`,
            detail: 'New orders wait until it is there again.',
            bad: true,
          },
    );
}

/** One's own backtest that is over. */
export function ofJob(before: T.Backtest | undefined, now: T.Backtest): Notice | null {
  if (!before || before.state === now.state) return null;
  if (now.state === 'COMPLETE') {
    return {
      event: 'JOB_DONE',
      key: `${now.id} ${now.state}`,
      text: `Backtest done: ${now.name}`,
      detail: now.warning ?? null,
      bad: false,
    };
  }
  if (now.state !== 'FAILED') return null;
  return {
    event: 'JOB_DONE',
    key: `${now.id} ${now.state}`,
    text: `Backtest failed: ${now.name}`,
    detail: now.error ?? null,
    bad: true,
  };
}
