/** Something loaded from the API: its data, whether it is loading, and what went wrong. */
import { untrack } from 'svelte';
import { describeError } from './problem';

export class Resource<T> {
  data: T | null = $state.raw(null);
  error: unknown = $state.raw(null);
  loading: boolean = $state(false);
  readonly #load: () => Promise<T>;
  #generation = 0;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  get message(): string | null {
    return this.error === null ? null : describeError(this.error);
  }

  /** Loads again; what was there stays visible until then. */
  reload(): Promise<void> {
    return this.adopt(this.#load());
  }

  /** Waits for a load that was started elsewhere. A later one wins over an earlier one. */
  async adopt(promise: Promise<T>): Promise<void> {
    const generation = ++this.#generation;
    this.loading = true;
    try {
      const data = await promise;
      if (generation !== this.#generation) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (generation === this.#generation) this.error = error;
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
  }
}

/**
 * A resource that loads when the component appears and whenever what `load` reads synchronously changes;
 * with `every_ms` also again and again while the page is visible.
 */
export function useResource<T>(load: () => Promise<T>, every_ms?: number): Resource<T> {
  const resource = new Resource(load);
  $effect(() => {
    // The synchronous part of `load` is tracked, the resource's own state is not.
    const first = load();
    untrack(() => {
      // Another account's rows must not show while this one's load.
      resource.data = null;
      void resource.adopt(first);
    });
    if (every_ms === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void resource.reload();
    }, every_ms);
    return () => clearInterval(timer);
  });
  return resource;
}
