/** What one chart of the page shows, as the address holds it. The first one's names are plain, others are numbered. */
import { router } from '$/app/router.svelte';
import { INTERVAL_DEFAULT, INTERVALS } from './intervals';

export const GRIDS = [1, 2, 3, 4] as const;

/** Intervals of the second to fourth chart when the address names none: from near to far. */
const OTHERS = ['1m', '5m', '1h'] as const;

export function gridSize(): number {
  return GRIDS.find((size) => String(size) === router.get('grid')) ?? 1;
}
/** Whether all charts show the page's instrument. */
export function isLinked(): boolean {
  return router.get('linked') !== 'no';
}

export class Cell {
  readonly index: number;
  readonly #suffix: string;

  constructor(index: number) {
    this.index = index;
    this.#suffix = index === 0 ? '' : String(index + 1);
  }

  get interval(): string {
    const usual = this.index === 0 ? INTERVAL_DEFAULT : (OTHERS[this.index - 1] ?? INTERVAL_DEFAULT);
    return INTERVALS.find((name) => name === this.get('interval')) ?? usual;
  }
  setInterval(interval: string): void {
    this.set('interval', interval);
  }

  /** The instrument of its own, when charts are not linked. */
  get instrument(): string | null {
    return isLinked() ? router.get('instrument') : this.get('instrument');
  }
  setInstrument(id: string): void {
    if (isLinked()) router.set({ instrument: id });
    else this.set('instrument', id);
  }

  /** A value of this chart in the address. */
  get(name: string): string | null {
    return router.get(name + this.#suffix);
  }
  set(name: string, value: string | null): void {
    router.set({ [name + this.#suffix]: value });
  }
}
