/**
 * Values of the indicators that a chart shows, as the engine computes them: the window's range at first, what is
 * before it as the window grows, and the newest with every bar.
 */
import { charts, type IndicatorRefused, type IndicatorRequest, type IndicatorSeries } from '$/api/charts';
import { describeError } from '$/api/problem';
import { agrees, EMPTY, extend, type ValueSeries } from './align';
import { barTime, type BarWindow } from './bar-window';
import { isAborted, type Selection } from './chart-model.svelte';
import { intervalSeconds } from './intervals';
import { keyOf, type ShownIndicator } from './shown-indicators';

/** Values asked for after a close: the closed bar's, its neighbours' that a late trade may amend, the forming one's. */
const TAIL = 8;

export interface Fed {
  readonly shown: Pick<ShownIndicator, 'id' | 'interval'>;
  data: ValueSeries;
  /**
   * Its newest values do not go with those before, since it adds up from the first bar that is read (OBV): it is read
   * as a whole each time.
   */
  whole: boolean;
  /** Why there are no values. */
  error: string | null;
}

function isRefused(result: IndicatorSeries | IndicatorRefused): result is IndicatorRefused {
  return 'error' in result;
}

export function toValues(series: Pick<IndicatorSeries, 'times' | 'values'>): ValueSeries {
  return { times: series.times.map(barTime), values: series.values };
}

export class IndicatorFeed {
  /** Changes with every error that comes or goes. */
  errors: Record<string, string> = $state.raw({});
  readonly #fed = new Map<string, Fed>();
  readonly #window: BarWindow;
  /** Values came: of one indicator; `newest` when only those of the last bars changed. */
  readonly #changed: (key: string, newest: boolean) => void;
  #selection: Selection = { instrument: '', interval: '' };
  #abort = new AbortController();
  #tail: 'idle' | 'busy' | 'again' = 'idle';

  constructor(window: BarWindow, changed: (key: string, newest: boolean) => void) {
    this.#window = window;
    this.#changed = changed;
  }

  get(key: string): Fed | undefined {
    return this.#fed.get(key);
  }

  /** The window shows something else: everything is read again. */
  async restart(selection: Selection, list: readonly ShownIndicator[]): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#selection = selection;
    this.#fed.clear();
    this.errors = {};
    await this.show(list);
  }

  /** Reads those that are new, forgets those that are gone. */
  async show(list: readonly ShownIndicator[]): Promise<void> {
    const keys = new Set(list.map(keyOf));
    for (const key of this.#fed.keys()) if (!keys.has(key)) this.#fed.delete(key);
    const fresh = list.filter((shown) => !this.#fed.has(keyOf(shown)));
    for (const shown of fresh) this.#fed.set(keyOf(shown), { shown, data: EMPTY, whole: false, error: null });
    await this.#readWhole(fresh);
  }

  /** The window grew to the left. */
  older(): Promise<void> {
    return this.#readWhole([...this.#fed.values()].map((fed) => fed.shown));
  }

  /** Whether some are to be read at every close, whatever the hub tells. */
  get needsCloses(): boolean {
    return [...this.#fed.values()].some((fed) => fed.whole);
  }

  /** A bar closed: the newest values of all. Never more than one such request at a time. */
  async refresh(): Promise<void> {
    if (this.#tail !== 'idle') {
      this.#tail = 'again';
      return;
    }
    do {
      this.#tail = 'busy';
      const fed = [...this.#fed.values()];
      const of = (whole: boolean) => fed.filter((entry) => entry.whole === whole).map((entry) => entry.shown);
      await this.#read(of(false), () => ({ limit: TAIL }), true);
      await this.#readWhole(of(true));
    } while (this.#wantsAgain());
    this.#tail = 'idle';
  }
  #wantsAgain(): boolean {
    return this.#tail === 'again';
  }

  /** Values from the hub. */
  live(key: string, series: Pick<IndicatorSeries, 'times' | 'values'>): void {
    const fed = this.#fed.get(key);
    // Before the history is here there is nothing to extend.
    if (!fed || fed.whole || fed.data.times.length === 0) return;
    this.#extend(key, fed, toValues(series));
  }

  /** Over all bars of the window, and one of a higher interval before it. */
  async #readWhole(list: readonly Fed['shown'][]): Promise<void> {
    const first = this.#window.times[0];
    if (first !== undefined) await this.#read(list, (higher_s) => ({ from: at(first - 2 * higher_s) }));
  }

  async #read(
    list: readonly Fed['shown'][],
    range: (higher_s: number) => Omit<IndicatorRequest, 'instrument' | 'interval' | 'indicators'>,
    newest = false,
  ): Promise<void> {
    if (list.length === 0) return;
    const { instrument, interval } = this.#selection;
    const { signal } = this.#abort;
    const intervals = [...new Set(list.map((shown) => shown.interval ?? interval))];
    const groups = intervals.map((name) => list.filter((shown) => (shown.interval ?? interval) === name));
    const requests = groups.map((group, index): IndicatorRequest => {
      const name = intervals[index] ?? interval;
      const higher_s = name === interval ? 0 : intervalSeconds(name);
      return { instrument, interval: name, indicators: group.map((shown) => shown.id), ...range(higher_s) };
    });
    const asked = groups.flat();
    try {
      const results = await charts.query(requests, signal);
      if (signal.aborted) return;
      results.forEach((result, index) => {
        const shown = asked[index];
        if (shown) this.#take(keyOf(shown), result, newest);
      });
    } catch (error) {
      if (isAborted(error) || signal.aborted) return;
      // After a close the next one tries again; the connection's state says what is wrong.
      if (!newest) for (const shown of asked) this.#fail(keyOf(shown), describeError(error));
    }
  }

  #take(key: string, result: IndicatorSeries | IndicatorRefused, newest: boolean): void {
    const fed = this.#fed.get(key);
    if (!fed) return;
    if (isRefused(result)) return this.#fail(key, result.error.detail ?? result.error.title);
    if (fed.error !== null) this.#fail(key, null);
    const values = toValues(result);
    if (newest) return this.#extend(key, fed, values);
    fed.data = values;
    this.#changed(key, false);
  }

  #extend(key: string, fed: Fed, values: ValueSeries): void {
    const hole = (values.times[0] ?? 0) > (fed.data.times.at(-1) ?? 0);
    fed.whole ||= !hole && !agrees(fed.data, values);
    // More bars closed than the part holds, or it begins elsewhere: the whole range is read.
    if (hole || fed.whole) return void this.#readWhole([fed.shown]);
    fed.data = extend(fed.data, values);
    this.#changed(key, true);
  }

  #fail(key: string, error: string | null): void {
    const fed = this.#fed.get(key);
    if (!fed) return;
    fed.error = error;
    const others = Object.entries(this.errors).filter(([other]) => other !== key);
    this.errors = Object.fromEntries(error === null ? others : [...others, [key, error]]);
  }
}

/** RFC 3339 of seconds. */
function at(time: number): string {
  return new Date(time * 1000).toISOString();
}
