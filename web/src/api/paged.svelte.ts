/** A list that comes page by page, newest first. */
import { untrack } from 'svelte';
import type { Page } from './types';

export class Paged<T> {
  items: T[] | null = $state.raw(null);
  next: string | null = $state(null);
  error: unknown = $state.raw(null);
  loading: boolean = $state(false);
  readonly #load: (cursor: string | null) => Promise<Page<T>>;
  #generation = 0;

  constructor(load: (cursor: string | null) => Promise<Page<T>>) {
    this.#load = load;
  }

  restart(first: Promise<Page<T>> = this.#load(null)): Promise<void> {
    this.items = null;
    return this.#adopt(first);
  }

  more(): Promise<void> {
    return this.next === null || this.loading ? Promise.resolve() : this.#adopt(this.#load(this.next));
  }

  async #adopt(promise: Promise<Page<T>>): Promise<void> {
    const generation = ++this.#generation;
    this.loading = true;
    try {
      const page = await promise;
      if (generation !== this.#generation) return;
      this.items = [...(this.items ?? []), ...page.items];
      this.next = page.next_cursor ?? null;
      this.error = null;
    } catch (error) {
      if (generation === this.#generation) this.error = error;
    } finally {
      if (generation === this.#generation) this.loading = false;
    }
  }
}

/** Starts over whenever what `load` reads synchronously changes. */
export function usePaged<T>(load: (cursor: string | null) => Promise<Page<T>>): Paged<T> {
  const paged = new Paged(load);
  $effect(() => {
    const first = load(null);
    untrack(() => void paged.restart(first));
  });
  return paged;
}
