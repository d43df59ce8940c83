/**
 * How often live values are drawn. The library goes over all bars of a series for one new value of it, so with many
 * bars values are gathered for a while, and while the chart is being moved they wait until it rests.
 */

/** Milliseconds between two draws for each thousand bars: about a tenth of the time goes into drawing them. */
const REST_MS_PER_1000 = 20;
/** A chart that was not moved for so long rests. */
const SETTLED_MS = 120;
/** Values wait for a chart that is being moved so long at most. */
const HELD_MAX_MS = 1_000;

export class Pace {
  readonly #draw: () => void;
  /** How many bars the chart has. */
  readonly #bars: () => number;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #moving: ReturnType<typeof setTimeout> | null = null;
  #held_ms = 0;

  constructor(bars: () => number, draw: () => void) {
    this.#bars = bars;
    this.#draw = draw;
  }

  /** There is something to draw: now, or as soon as it may be. */
  ask(): void {
    this.#asked = true;
    if (this.#timer === null) this.#turn();
  }

  /** The chart was moved. */
  moved(): void {
    if (this.#moving !== null) clearTimeout(this.#moving);
    this.#moving = setTimeout(() => (this.#moving = null), SETTLED_MS);
  }

  close(): void {
    for (const timer of [this.#timer, this.#moving]) if (timer !== null) clearTimeout(timer);
    this.#timer = this.#moving = null;
    this.#asked = false;
  }

  #turn(): void {
    this.#timer = null;
    if (!this.#asked) return;
    if (this.#moving !== null && this.#held_ms < HELD_MAX_MS) {
      this.#held_ms += SETTLED_MS;
      this.#again(SETTLED_MS);
      return;
    }
    this.#asked = false;
    this.#held_ms = 0;
    this.#draw();
    this.#again((this.#bars() / 1_000) * REST_MS_PER_1000);
  }
  #again(wait_ms: number): void {
    this.#timer = setTimeout(() => this.#turn(), wait_ms);
  }
}
