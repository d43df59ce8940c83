/**
 * Replay: the chart as it was at a moment, moved forward by hand or by a clock. All charts of the page share it.
 * At speed 1 a bar comes each second.
 */

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10] as const;
const BAR_MS = 1_000;

export interface Ticker {
  start(run: () => void, every_ms: number): unknown;
  stop(handle: unknown): void;
}

const browserTicker: Ticker = {
  start: (run, every_ms) => setInterval(run, every_ms),
  stop: (handle) => clearInterval(handle as ReturnType<typeof setInterval>),
};

/** Where the moment is kept, for all charts to see. */
export interface Stage {
  /** Bars that have closed by this moment show, in seconds; `null` = live. */
  moment: number | null;
}

export class Replay {
  playing: boolean = $state(false);
  speed: number = $state(1);
  readonly #stage: Stage;
  readonly #ticker: Ticker;
  #handle: unknown = null;
  /** The moments to go to: when the bars of the chart that leads close. Sorted. */
  #closes: () => readonly number[] = () => [];

  constructor(stage: Stage, ticker: Ticker = browserTicker) {
    this.#stage = stage;
    this.#ticker = ticker;
  }

  get moment(): number | null {
    return this.#stage.moment;
  }

  /** The chart whose bars are the steps. */
  lead(closes: () => readonly number[]): void {
    this.#closes = closes;
  }

  start(moment: number): void {
    this.#stage.moment = moment;
  }

  step(bars: number): void {
    if (this.moment === null) return;
    const closes = this.#closes();
    const { moment } = this;
    const shown = closes.filter((close) => close <= moment).length;
    // At least one bar stays, and there is no step beyond the newest.
    const next = closes[Math.min(Math.max(shown - 1 + bars, 0), closes.length - 1)];
    if (next === undefined || next === moment) {
      if (bars > 0) this.pause();
      return;
    }
    this.#stage.moment = next;
    if (next === closes.at(-1)) this.pause();
  }

  play(): void {
    if (this.moment === null || this.playing) return;
    this.playing = true;
    this.#handle = this.#ticker.start(() => this.step(1), BAR_MS / this.speed);
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.#ticker.stop(this.#handle);
    this.#handle = null;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    if (!this.playing) return;
    this.pause();
    this.play();
  }

  /** Space plays and pauses; `.` and `,` step. */
  key(event: KeyboardEvent): boolean {
    if (this.moment === null) return false;
    const action = {
      ' ': () => this.toggle(),
      '.': () => this.step(1),
      ',': () => this.step(-1),
    }[event.key];
    action?.();
    return action !== undefined;
  }

  /** Back to what is live. */
  end(): void {
    this.pause();
    this.#stage.moment = null;
  }
}
