/** The drawings of every instrument that the page shows; charts of the same instrument share them. */
import { DrawingStore } from './drawing-store.svelte';

export class DrawingStores {
  readonly #stores = new Map<string, DrawingStore>();

  of(instrument: string, decimals: number): DrawingStore {
    let store = this.#stores.get(instrument);
    if (!store) {
      store = new DrawingStore(instrument, decimals);
      this.#stores.set(instrument, store);
    }
    return store;
  }

  /** Lets go of a selected drawing on every other instrument. */
  selectOnly(store: DrawingStore): void {
    for (const other of this.#stores.values()) if (other !== store) other.select(null);
  }
}
