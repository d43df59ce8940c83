/** Quality of series as it was computed since the page was opened. Each asks the server to read the whole series. */
import { catalogue, type BarSeries, type SeriesQuality } from '$/api/catalogue';

export type Score =
  | { state: 'computing' }
  | { state: 'known'; quality: SeriesQuality; at: number }
  | { state: 'failed'; error: unknown };

const keyOf = ({ instrument, interval }: BarSeries) => `${instrument}~${interval}`;

export class Scores {
  /** Of a run over many: how far it is; `null` when none is under way. */
  run: { done: number; of: number } | null = $state.raw(null);
  #known: Record<string, Score> = $state.raw({});
  #stopped = false;
  /** Asked for once more while they are under way. */
  readonly #again = new Set<string>();
  readonly #load: (series: BarSeries) => Promise<SeriesQuality>;
  readonly #now: () => number;

  constructor(
    load: (series: BarSeries) => Promise<SeriesQuality> = catalogue.quality,
    now = () => Date.now(),
  ) {
    this.#load = load;
    this.#now = now;
  }

  of(series: BarSeries | null): Score | null {
    return (series && this.#known[keyOf(series)]) ?? null;
  }

  /** While one is under way, once more after it: the series may be another since it was read. */
  async compute(series: BarSeries): Promise<void> {
    const key = keyOf(series);
    if (this.of(series)?.state === 'computing') {
      this.#again.add(key);
      return;
    }
    this.#set(series, { state: 'computing' });
    let score: Score;
    do {
      this.#again.delete(key);
      score = await this.#ask(series);
    } while (this.#again.has(key));
    this.#set(series, score);
  }
  async #ask(series: BarSeries): Promise<Score> {
    try {
      return { state: 'known', quality: await this.#load(series), at: this.#now() };
    } catch (error) {
      return { state: 'failed', error };
    }
  }

  /** One after the other, so that the server has time for others; those that are known are left. */
  async computeAll(list: readonly BarSeries[]): Promise<void> {
    if (this.run) return;
    const open = list.filter((series) => this.of(series)?.state !== 'known');
    this.#stopped = false;
    this.run = { done: 0, of: open.length };
    for (const [done, series] of open.entries()) {
      if (this.#stopped) break;
      this.run = { done, of: open.length };
      // One that is being computed tells by itself.
      if (this.of(series)?.state !== 'computing') await this.compute(series);
    }
    this.run = null;
  }

  /** Ends a run after the series that is under way. */
  stop(): void {
    this.#stopped = true;
  }

  #set(series: BarSeries, score: Score): void {
    this.#known = { ...this.#known, [keyOf(series)]: score };
  }
}
