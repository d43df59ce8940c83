/** From what is filled in to the text of a configuration: the same that `tradewind backtest` reads. */
import type { BacktestProgress, Instrument, StrategyKind } from '$/api/types';

export interface Plan {
  strategy: string;
  file: string;
  instrument: string;
  interval: string;
  cash: string;
  tick: string;
  lot: string;
  /** Parts of the notional, e.g. 0.001. */
  fee: string;
}

/** What a file's name says: the program names files of its own bars `BTC-USD.COINBASE-1m.csv`. */
export function readName(file: string): { instrument: string; interval: string } {
  const found = /^(.+\..+)-(\d+[smhd])\.csv$/.exec(file);
  if (found) return { instrument: found[1] ?? '', interval: found[2] ?? '' };
  const [stem = '', ...rest] = file.replace(/\.(csv|parquet|pq)(\.gz)?$/, '').split('.');
  const interval = rest.find((part) => /^\d+[smhd]$/.test(part)) ?? '1d';
  return { instrument: `${stem.toUpperCase().replace(/[^A-Z0-9-]/g, '') || 'DATA'}.FILE`, interval };
}

/** Steps of an instrument that the program knows; plain cents and units otherwise. */
export function stepsOf(instrument: Instrument | null): { tick: string; lot: string } {
  return { tick: instrument?.tick ?? '0.01', lot: instrument?.lot ?? '1' };
}

const quoted = (text: string) => JSON.stringify(text);

function parameter(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text) || text === 'true' || text === 'false' || text.startsWith('['))
    return text;
  return quoted(text);
}

export function configText(plan: Plan, strategy: StrategyKind | undefined): string {
  const parameters = (strategy?.parameters ?? []).map((p) => `${p.name} = ${parameter(p.default)}`);
  const [, currency = 'USD'] = /-([A-Z]{3,5})\./.exec(plan.instrument) ?? [];
  return [
    'seed = 1',
    '',
    '[account]',
    `cash = ${quoted(plan.cash)}`,
    `currency = ${quoted(currency)}`,
    '',
    '[[instruments]]',
    `id = ${quoted(plan.instrument)}`,
    ...(plan.instrument.includes('-') ? ['kind = "spot"'] : []),
    `tick = ${quoted(plan.tick)}`,
    `lot = ${quoted(plan.lot)}`,
    '',
    '[[data]]',
    `file = ${quoted(plan.file)}`,
    `interval = ${quoted(plan.interval)}`,
    '',
    '[strategy]',
    plan.strategy.endsWith('.rhai') ? `script = ${quoted(plan.strategy)}` : `id = ${quoted(plan.strategy)}`,
    ...(parameters.length > 0 ? ['', '[strategy.parameters]', ...parameters] : []),
    '',
    '[fills]',
    'fill = "next_open"',
    '',
    '[[fees]]',
    `maker = ${quoted(plan.fee)}`,
    `taker = ${quoted(plan.fee)}`,
    '',
    '# The limits of a new paper account ("account") would deny large positions.',
    '[risk]',
    'profile = "wide"',
    '',
  ].join('\n');
}

/** A first grid: the numbers of a strategy around their defaults. */
export function gridText(strategy: StrategyKind | undefined): string {
  const numbers = (strategy?.parameters ?? []).filter(
    (p) => /^\d+$/.test(p.default) && Number(p.default) > 1,
  );
  return numbers
    .slice(0, 2)
    .map((p) => {
      const value = Number(p.default);
      const from = Math.max(Math.ceil(Number(p.min ?? 1)), Math.floor(value / 2), 1);
      return `${p.name} = { from = ${from}, to = ${value * 2}, step = ${Math.max(1, Math.floor(value / 4))} }\n`;
    })
    .join('');
}

/** What a job is at, in words, and how much of it is done where that is known. */
export function progressOf(progress: BacktestProgress | null | undefined): {
  text: string;
  part: number | null;
} {
  if (!progress) return { text: 'starting', part: null };
  const { stage, done, total } = progress;
  const part = total ? Math.min(1, done / total) : null;
  const count = done.toLocaleString('en-US');
  const of = total ? ` of ${total.toLocaleString('en-US')}` : '';
  const words = {
    READING: 'reading the data',
    RUNNING: `${count}${of} rows`,
    CHECKING: `looking for look-ahead: ${count}${of} rows`,
    VARIANTS: `${count}${of} variants`,
    WINDOWS: `${count}${of} windows`,
  };
  return { text: words[stage], part };
}

/** `12.34 %`, `–` where there is none. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(2)} %`;
}
export function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(2);
}
