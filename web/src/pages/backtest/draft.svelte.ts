/** A backtest that is being written. It lives as long as the page, so that looking into another tab loses nothing. */
import type { BacktestKind, BacktestObjective, NewBacktest, StrategyKind } from '$/api/types';
import { configText, gridText, type Plan } from './config-text';
import { windowProblem } from './draft-check';

export const WINDOWS = ['train', 'test', 'step', 'purge', 'embargo'] as const;
export type WindowName = (typeof WINDOWS)[number];

export class Draft {
  kind: BacktestKind = $state('RUN');
  objective: BacktestObjective = $state('SHARPE');
  anchored = $state(false);
  readonly plan: Plan = $state({
    strategy: 'ema_cross',
    file: '',
    instrument: '',
    interval: '',
    cash: '100000',
    tick: '',
    lot: '',
    fee: '0.001',
  });
  readonly text = $state({ name: '', config: '', grid: '' });
  readonly windows: Record<WindowName, string> = $state({
    train: '500',
    test: '100',
    step: '',
    purge: '0',
    embargo: '0',
  });
  /** What this page wrote into the two texts; anything else was typed by a person. */
  #written = { config: '', grid: '' };

  /** Whether something that was typed would be lost by writing anew. */
  get edited(): boolean {
    return this.text.config.trim() !== '' && this.text.config !== this.#written.config;
  }

  /** From the fields to the text. A grid that was typed stays. */
  write(strategy: StrategyKind | undefined): void {
    this.put(configText(this.plan, strategy));
    if (this.text.grid.trim() === '' || this.text.grid === this.#written.grid) {
      this.text.grid = this.#written.grid = gridText(strategy);
    }
  }

  /** Puts a whole configuration there, e.g. an example. */
  put(config: string): void {
    this.text.config = this.#written.config = config;
  }

  /** What was asked before, to be changed and asked again. */
  adopt(request: NewBacktest): void {
    this.kind = request.kind;
    this.objective = request.objective ?? 'SHARPE';
    this.put(request.config);
    this.text.grid = this.#written.grid = request.grid ?? '';
    this.text.name = request.name ?? '';
    const walk = request.walk;
    if (!walk) return;
    for (const name of WINDOWS) this.windows[name] = walk[name]?.toString() ?? '';
    this.anchored = walk.anchored ?? false;
  }

  /** What is wrong with a window's length, if anything. */
  problem(name: WindowName): string | null {
    return this.kind === 'WALK_FORWARD' ? windowProblem(name, this.windows[name]) : null;
  }

  get whole(): boolean {
    const grid = this.kind === 'RUN' || this.text.grid.trim() !== '';
    return this.text.config.trim() !== '' && grid && WINDOWS.every((name) => !this.problem(name));
  }

  get request(): NewBacktest {
    const { kind, objective, text, windows } = this;
    const body: NewBacktest = { kind, config: text.config, objective };
    if (text.name.trim()) body.name = text.name.trim();
    if (kind !== 'RUN') body.grid = text.grid;
    if (kind === 'WALK_FORWARD') {
      body.walk = {
        train: Number(windows.train),
        test: Number(windows.test),
        purge: Number(windows.purge),
        embargo: Number(windows.embargo),
        anchored: this.anchored,
        ...(windows.step.trim() && { step: Number(windows.step) }),
      };
    }
    return body;
  }
}
