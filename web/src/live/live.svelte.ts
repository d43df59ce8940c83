/**
 * Topics shared between pages and components. The first lease of a topic subscribes, the last one to go
 * unsubscribes, after a short linger so that changing pages doesn't resubscribe everything.
 */
import { untrack } from 'svelte';
import { identity } from '$/api';
import type * as T from '$/api/types';
import { HubClient, type HubState } from '$/hub/client';
import { topicOf, type Subscription } from '$/hub/protocol';
import { newestFirst } from '$/time/order';
import { FrameQueue } from './frames';
import { browserEnvironment } from './socket';
import { BarsTopic, BookTopic, IndicatorTopic, RowsTopic, ValueTopic, type Topic } from './topics.svelte';

const LINGER_MS = 3_000;
const RECENT_MAX = 200;

export interface Lease<S extends Topic> {
  readonly topic: S;
  release(): void;
}

interface Shared {
  topic: Topic;
  leases: number;
  unsubscribe: () => void;
}

export class Live {
  connection: HubState = $state.raw({ kind: 'idle' });
  readonly hub: HubClient;
  readonly #shared = new Map<string, Shared>();
  readonly #frames = new FrameQueue();

  constructor(hub: HubClient) {
    this.hub = hub;
    hub.onstate = (state) => (this.connection = state);
  }

  lease<S extends Topic>(subscription: Subscription, make: () => S): Lease<S> {
    const name = topicOf(subscription);
    let shared = this.#shared.get(name);
    if (!shared) {
      const topic = make();
      shared = { topic, leases: 0, unsubscribe: this.hub.subscribe(subscription, this.#framed(topic)) };
      this.#shared.set(name, shared);
    }
    shared.leases += 1;
    let released = false;
    const held = shared;
    const release = () => {
      if (released) return;
      released = true;
      held.leases -= 1;
      setTimeout(() => this.#sweep(name, held), LINGER_MS);
    };
    return { topic: held.topic as S, release };
  }

  #sweep(name: string, shared: Shared): void {
    if (shared.leases > 0 || this.#shared.get(name) !== shared) return;
    this.#shared.delete(name);
    shared.unsubscribe();
  }

  #framed(topic: Topic) {
    return {
      snapshot: (data: unknown) => this.#frames.push(() => topic.snapshot(data)),
      delta: (data: unknown) => this.#frames.push(() => topic.delta(data)),
      live: (live: boolean) => this.#frames.push(() => topic.live(live)),
      refused: (code: string, detail: string) => this.#frames.push(() => topic.refused(code, detail)),
    };
  }
}

export const live = new Live(
  new HubClient(browserEnvironment(async () => (await identity.streamTicket()).ticket)),
);

const byTime = <V extends { ts: string }>(a: V, b: V) => newestFirst(a.ts, b.ts);

/** Not every venue numbers its trades. */
const tradeKey = (trade: T.Trade) => trade.trade_id ?? `${trade.ts} ${trade.price} ${trade.size}`;

/** One function per kind of topic that pages use. */
export const topics = {
  quote: (instrument: string) =>
    live.lease({ channel: 'quotes', instrument }, () => new ValueTopic<T.Quote>()),
  book: (instrument: string) => live.lease({ channel: 'book', instrument }, () => new BookTopic()),
  trades: (instrument: string) =>
    live.lease(
      { channel: 'trades', instrument },
      () => new RowsTopic<T.Trade>({ key: tradeKey, compare: byTime, max: 60 }),
    ),
  bars: (instrument: string, interval: string) =>
    live.lease({ channel: 'bars', instrument, interval }, () => new BarsTopic()),
  indicator: (instrument: string, interval: string, indicator: string) =>
    live.lease({ channel: 'indicators', instrument, interval, indicator }, () => new IndicatorTopic()),
  orders: (account: string) =>
    live.lease(
      { channel: 'orders', account },
      () =>
        new RowsTopic<T.Order>({
          key: (order) => order.client_order_id,
          compare: (a, b) => newestFirst(a.created_at, b.created_at),
          max: 1_000,
        }),
    ),
  fills: (account: string) =>
    live.lease(
      { channel: 'fills', account },
      () => new RowsTopic<T.Fill>({ key: (fill) => fill.id, compare: byTime, max: RECENT_MAX }),
    ),
  positions: (account: string) =>
    live.lease(
      { channel: 'positions', account },
      () =>
        new RowsTopic<T.Position>({
          key: (position) => position.instrument,
          compare: (a, b) => a.instrument.localeCompare(b.instrument),
          keep: (position) => !/^-?0*(\.0*)?$/.test(position.quantity),
        }),
    ),
  account: (account: string) =>
    live.lease({ channel: 'accounts', account }, () => new ValueTopic<T.AccountDetail>()),
  signals: (account: string) =>
    live.lease(
      { channel: 'signals', account },
      () => new RowsTopic<T.Signal>({ key: (signal) => signal.id, compare: byTime, max: RECENT_MAX }),
    ),
  strategies: (account: string) =>
    live.lease(
      { channel: 'strategies', account },
      () =>
        new RowsTopic<T.Strategy>({
          key: (s) => s.strategy,
          compare: (a, b) => a.strategy.localeCompare(b.strategy),
        }),
    ),
  weights: (account: string) =>
    live.lease(
      { channel: 'weights', account },
      () => new RowsTopic<T.Weights>({ key: (weights) => weights.ts, compare: byTime, max: 500 }),
    ),
  ledger: (account: string) =>
    live.lease(
      { channel: 'ledger', account },
      () => new RowsTopic<T.LedgerEntry>({ key: (entry) => entry.id, compare: byTime, max: RECENT_MAX }),
    ),
  connections: () =>
    live.lease(
      { channel: 'connections' },
      () =>
        new RowsTopic<T.Connection>({
          key: (connection) => connection.id,
          compare: (a, b) => a.id.localeCompare(b.id),
        }),
    ),
  /** One's own backtests. */
  jobs: () =>
    live.lease(
      { channel: 'jobs' },
      () =>
        new RowsTopic<T.Backtest>({
          key: (job) => job.id,
          compare: (a, b) => newestFirst(a.created_at, b.created_at),
          keep: (job) => job.state !== 'DELETED',
        }),
    ),
  system: () => live.lease({ channel: 'system' }, () => new ValueTopic<T.Status>()),
};

/**
 * Holds the lease that `open` gives for as long as the component lives, and follows it when what `open` reads
 * changes (another account, another instrument).
 */
export function useTopic<S extends Topic>(open: () => Lease<S> | null): { readonly current: S | null } {
  let current: S | null = $state.raw(null);
  $effect(() => {
    const lease = open();
    untrack(() => (current = lease?.topic ?? null));
    return () => lease?.release();
  });
  return {
    get current() {
      return current;
    },
  };
}
