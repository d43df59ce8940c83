/**
 * Values of the indicators that a chart shows, as the engine computes them: the window's range at first, what is
 * before it as the window grows, and the newest with every bar.
 */
import { charts, type IndicatorRefused, type IndicatorRequest, type IndicatorSeries } from '$/api/charts';
import { describeError } from '$/api/problem';
import { agrees, EMPTY, extend, merged, RUNNING, type ValueSeries } from './align';
import { barTime, type BarWindow } from './bar-window';
import { isAborted, type Selection } from './chart-model.svelte';
import { intervalSeconds } from './intervals';
import { keyOf, type ShownIndicator } from './shown-indicators';

/** Values asked for after a close: the closed bar's, its neighbours' that a late trade may amend, the forming one's. */
const TAIL = 8;
/** Bars of what is known that are read once more with those before: whether the two go together shows in them. */
const OVERLAP = 3;

/** What is asked for: all bars of the window, those before what is known, or the newest. */
type Part = 'whole' | 'older' | 'newest';

/** What became of values; those that are apart do not go with what is known, so that the whole has to be read. */
type Outcome = 'taken' | 'refused' | 'apart';

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
  /** Counts the readings as a whole: an answer to a question of before the last one is out of date. */
  generation: number;
  /** Readings as a whole that are under way. */
  reading: number;
}

/** Newest values that came while a question was under way: they are newer than its answer. */
type Since = Map<Fed, ValueSeries>;

function isRefused(result: IndicatorSeries | IndicatorRefused): result is IndicatorRefused {
  return 'error' in result;
}

export function toValues(series: Pick<IndicatorSeries, 'times' | 'values'>): ValueSeries {
  return { times: series.times.map(barTime), values: series.values };
}

/** Of what runs once at a time, and once more when it was asked for meanwhile. */
type Turn = 'idle' | 'busy' | 'again';

export class IndicatorFeed {
  /** Changes with every error that comes or goes. */
  errors: Record<string, string> = $state.raw({});
  readonly #fed = new Map<string, Fed>();
  readonly #window: BarWindow;
  /** Values came: of these, once per answer; `newest` when only those of the last bars changed. */
  readonly #changed: (keys: readonly string[], newest: boolean) => void;
  #selection: Selection = { instrument: '', interval: '' };
  #abort = new AbortController();
  #tail: Turn = 'idle';
  #growth: Turn = 'idle';
  /** The window's first bar when it was last heard of. */
  #first = Number.POSITIVE_INFINITY;
  /** Bars that are known changed: what follows from them is to be read again. */
  #amended = false;
  readonly #open = new Set<Since>();

  constructor(window: BarWindow, changed: (keys: readonly string[], newest: boolean) => void) {
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
    this.#first = this.#window.times[0] ?? Number.POSITIVE_INFINITY;
    this.#amended = false;
    await this.show(list);
  }

  /** Reads those that are new, forgets those that are gone. */
  async show(list: readonly ShownIndicator[]): Promise<void> {
    const keys = new Set(list.map(keyOf));
    for (const key of this.#fed.keys()) if (!keys.has(key)) this.#fed.delete(key);
    const fresh = list.filter((shown) => !this.#fed.has(keyOf(shown)));
    const added = fresh.map((shown): Fed => ({
      shown,
      data: EMPTY,
      whole: false,
      error: null,
      generation: 0,
      reading: 0,
    }));
    for (const fed of added) this.#fed.set(keyOf(fed.shown), fed);
    await this.#read(added, 'whole');
  }

  /** The window grew to the left, or its past was amended. Never more than one such request at a time. */
  async older(): Promise<void> {
    const first = this.#window.times[0] ?? Number.POSITIVE_INFINITY;
    this.#amended ||= first >= this.#first;
    this.#first = first;
    if (this.#growth !== 'idle') {
      this.#growth = 'again';
      return;
    }
    do {
      this.#growth = 'busy';
      const amended = this.#amended;
      this.#amended = false;
      const fed = [...this.#fed.values()];
      const parts = amended ? [] : fed.filter(growsByPart);
      await Promise.all([
        this.#read(parts, 'older'),
        this.#read(
          fed.filter((entry) => !parts.includes(entry)),
          'whole',
        ),
      ]);
    } while (this.#wantsAgain('growth'));
    this.#growth = 'idle';
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
      const wholes = fed.filter((entry) => entry.whole);
      await this.#read(
        fed.filter((entry) => !entry.whole),
        'newest',
      );
      await this.#read(wholes, 'whole');
    } while (this.#wantsAgain('tail'));
    this.#tail = 'idle';
  }
  #wantsAgain(what: 'tail' | 'growth'): boolean {
    return (what === 'tail' ? this.#tail : this.#growth) === 'again';
  }

  /** Values from the hub. */
  live(key: string, series: Pick<IndicatorSeries, 'times' | 'values'>): void {
    const fed = this.#fed.get(key);
    // Before the history is here there is nothing to extend.
    if (!fed || fed.whole || fed.data.times.length === 0) return;
    if (this.#extend(fed, toValues(series)) === 'taken') this.#changed([key], true);
    else if (fed.reading === 0) void this.#read([fed], 'whole');
  }

  async #read(list: readonly Fed[], part: Part): Promise<void> {
    if (list.length === 0 || (part !== 'newest' && this.#window.count === 0)) return;
    const { instrument, interval } = this.#selection;
    const { signal } = this.#abort;
    const nameOf = ({ shown }: Fed) => shown.interval ?? interval;
    const intervals = [...new Set(list.map(nameOf))];
    const groups = intervals.map((name) => list.filter((fed) => nameOf(fed) === name));
    const requests = groups.map((group, index): IndicatorRequest => {
      const name = intervals[index] ?? interval;
      const higher_s = name === interval ? 0 : intervalSeconds(name);
      const indicators = group.map((fed) => fed.shown.id);
      return { instrument, interval: name, indicators, ...this.#range(group, part, higher_s) };
    });
    const asked = groups.flat().map((fed) => {
      if (part === 'whole') [fed.generation, fed.reading] = [fed.generation + 1, fed.reading + 1];
      return { fed, generation: fed.generation };
    });
    const current = asked.map(
      ({ fed, generation }) =>
        () =>
          fed.generation === generation && this.#fed.get(keyOf(fed.shown)) === fed,
    );
    const since: Since = new Map();
    this.#open.add(since);
    const of: Record<Outcome, Fed[]> = { taken: [], refused: [], apart: [] };
    try {
      const results = await charts.query(requests, signal);
      if (signal.aborted) return;
      results.forEach((result, index) => {
        const fed = asked[index]?.fed;
        if (fed && current[index]?.()) of[this.#take(fed, result, part, since.get(fed))].push(fed);
      });
      const { taken } = of;
      if (taken.length > 0)
        this.#changed(
          taken.map((fed) => keyOf(fed.shown)),
          part === 'newest',
        );
    } catch (error) {
      if (isAborted(error) || signal.aborted) return;
      // After a close the next one tries again; the connection's state says what is wrong.
      if (part === 'newest') return;
      asked.forEach(({ fed }, index) => current[index]?.() && this.#fail(fed, describeError(error)));
    } finally {
      this.#open.delete(since);
      if (part === 'whole') for (const { fed } of asked) fed.reading -= 1;
    }
    await this.#read(of.apart, 'whole');
  }

  #range(
    group: readonly Fed[],
    part: Part,
    higher_s: number,
  ): Pick<IndicatorRequest, 'from' | 'to' | 'limit'> {
    if (part === 'newest') return { limit: TAIL };
    // One of a higher interval begins before the window does.
    const from = at((this.#window.times[0] ?? 0) - 2 * higher_s);
    if (part === 'whole') return { from };
    return { from, to: at(Math.max(...group.map((fed) => fed.data.times[OVERLAP] ?? 0))) };
  }

  #take(
    fed: Fed,
    result: IndicatorSeries | IndicatorRefused,
    part: Part,
    since: ValueSeries | undefined,
  ): Outcome {
    if (isRefused(result)) {
      this.#fail(fed, result.error.detail ?? result.error.title);
      return 'refused';
    }
    if (fed.error !== null) this.#fail(fed, null);
    const values = toValues(result);
    const newer = since && !fed.whole && goesOn(values, since) ? extend(values, since) : values;
    if (part === 'newest') return this.#extend(fed, newer);
    if (part === 'older' && !agrees(fed.data, values)) return 'apart';
    fed.data = part === 'older' ? merged(fed.data, values) : newer;
    return 'taken';
  }

  /** Newest values. They are apart when more bars closed than they hold, or when they begin elsewhere. */
  #extend(fed: Fed, values: ValueSeries): Outcome {
    const hole = leavesHole(fed.data, values);
    fed.whole ||= !hole && !agrees(fed.data, values);
    if (hole || fed.whole) return 'apart';
    fed.data = extend(fed.data, values);
    for (const since of this.#open)
      since.set(fed, extend(since.get(fed) ?? { times: [], values: [] }, values));
    return 'taken';
  }

  #fail(fed: Fed, error: string | null): void {
    const key = keyOf(fed.shown);
    fed.error = error;
    const others = Object.entries(this.errors).filter(([other]) => other !== key);
    this.errors = Object.fromEntries(error === null ? others : [...others, [key, error]]);
  }
}

/** RFC 3339 of seconds. */
function at(time: number): string {
  return new Date(time * 1000).toISOString();
}

function leavesHole(known: ValueSeries, part: ValueSeries): boolean {
  return (part.times[0] ?? 0) > (known.times.at(-1) ?? 0);
}
function goesOn(known: ValueSeries, part: ValueSeries): boolean {
  return !leavesHole(known, part) && agrees(known, part);
}

/** Whether what is before its values can be read alone. */
function growsByPart({ whole, error, reading, data }: Fed): boolean {
  return !whole && error === null && reading === 0 && data.times.length > OVERLAP + RUNNING;
}
