/** What a hub topic looks like on this side: its state, and the sink that feeds it. */
import type { IndicatorSeries } from '$/api/charts';
import type { Bar, Level, Levels } from '$/api/types';
import type { Sink } from '$/hub/client';
import { compareLevels, mergeLevels } from './levels';
import { Rows, type RowsOptions } from './rows.svelte';

export type TopicStatus = 'connecting' | 'live' | 'stale' | 'refused';

/** Lists and single objects travel the same way. */
export function asList<T>(data: unknown): T[] {
  if (Array.isArray(data)) return data as T[];
  if (typeof data === 'object' && data !== null && 'items' in data && Array.isArray(data.items)) {
    return data.items as T[];
  }
  return data === null || data === undefined ? [] : [data as T];
}

export abstract class Topic implements Sink {
  status: TopicStatus = $state('connecting');
  refusal: string | null = $state(null);

  abstract snapshot(data: unknown): void;
  abstract delta(data: unknown): void;

  live(live: boolean): void {
    this.status = live ? 'live' : 'stale';
  }
  refused(code: string, detail: string): void {
    this.status = 'refused';
    this.refusal = detail || code;
  }
}

/** The latest object of a topic: a quote, an account, the system's status. */
export class ValueTopic<T> extends Topic {
  value: T | null = $state.raw(null);

  snapshot(data: unknown): void {
    this.value = asList<T>(data).at(-1) ?? null;
  }
  delta(data: unknown): void {
    this.value = asList<T>(data).at(-1) ?? this.value;
  }
}

/** A value that is new or another, and what it was before. */
export type Change<T> = (before: T | undefined, now: T) => void;

/** Rows by key: orders, fills, positions, connections. */
export class RowsTopic<T> extends Topic {
  readonly rows: Rows<T>;
  readonly #listeners = new Set<Change<T>>();
  #known = false;

  constructor(options: RowsOptions<T>) {
    super();
    this.rows = new Rows(options);
  }
  /** Hears every change after the first snapshot, also those that are drawn in one frame. */
  listen(listener: Change<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  snapshot(data: unknown): void {
    const values = asList<T>(data);
    const before = values.map((value) => this.rows.like(value)?.value);
    this.rows.replace(values);
    if (this.#known) values.forEach((value, at) => this.#tell(before[at], value));
    this.#known = true;
  }
  delta(data: unknown): void {
    for (const value of asList<T>(data)) {
      const before = this.rows.like(value)?.value;
      this.rows.upsert(value);
      this.#tell(before, value);
    }
  }
  #tell(before: T | undefined, now: T): void {
    for (const listener of this.#listeners) listener(before, now);
  }
}

/** An order book, kept as sorted levels. */
export class BookTopic extends Topic {
  bids: Level[] = $state.raw([]);
  asks: Level[] = $state.raw([]);

  snapshot(data: unknown): void {
    const book = data as Levels;
    this.bids = [...book.bids].sort(compareLevels('descending'));
    this.asks = [...book.asks].sort(compareLevels('ascending'));
  }
  delta(data: unknown): void {
    const changed = data as Partial<Levels>;
    if (changed.bids?.length) this.bids = mergeLevels(this.bids, changed.bids, 'descending');
    if (changed.asks?.length) this.asks = mergeLevels(this.asks, changed.asks, 'ascending');
  }
}

/** Bars as they form and close. A chart must see each, so they are told, not held. */
export class BarsTopic extends Topic {
  latest: Bar | null = $state.raw(null);
  readonly #listeners = new Set<(bar: Bar) => void>();

  listen(listener: (bar: Bar) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  snapshot(data: unknown): void {
    this.delta(data);
  }
  delta(data: unknown): void {
    for (const bar of asList<Bar>(data)) {
      this.latest = bar;
      for (const listener of this.#listeners) listener(bar);
    }
  }
}

/** Values of an indicator, the newest with every bar. A chart must see each, so they are told, not held. */
export class IndicatorTopic extends Topic {
  readonly #listeners = new Set<(series: IndicatorSeries) => void>();

  listen(listener: (series: IndicatorSeries) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  snapshot(data: unknown): void {
    this.delta(data);
  }
  delta(data: unknown): void {
    for (const series of asList<IndicatorSeries>(data))
      for (const listener of this.#listeners) listener(series);
  }
}
