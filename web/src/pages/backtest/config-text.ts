/** From what is filled in to the text of a configuration: the same that `tradewind backtest` reads. */
import type { Instrument, StrategyKind } from '$/api/types';

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
  const found = /^(.+\..+)-(\d+[smhd]|[DWM])\.csv$/.exec(file);
  if (found) return { instrument: found[1] ?? '', interval: found[2] ?? '' };
  const [stem = '', ...rest] = file.replace(/\.(csv|parquet|pq)(\.gz)?$/, '').split('.');
  const interval = rest.find((part) => /^(\d+[smhd]|[DWM])$/.test(part)) ?? '1d';
  return { instrument: `${stem.toUpperCase().replace(/[^A-Z0-9-]/g, '') || 'DATA'}.FILE`, interval };
}

/** Steps of an instrument that the program knows; plain cents and units otherwise. */
export function stepsOf(instrument: Instrument | null): { tick: string; lot: string } {
  return { tick: instrument?.tick ?? '0.01', lot: instrument?.lot ?? '1' };
}

const quoted = (text: string) => JSON.stringify(text);

/** A parameter's value as TOML: the API gives all of them as text. */
function parameter(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text) || text === 'true' || text === 'false' || text.startsWith('['))
    return text;
  return quoted(text);
}

/** Account, instrument and data. */
export function headText({ cash, instrument, tick, lot, file, interval }: Plan): string {
  const [, currency = 'USD'] = /-([A-Z]{3,5})\./.exec(instrument) ?? [];
  return [
    '[account]',
    `cash = ${quoted(cash)}`,
    `currency = ${quoted(currency)}`,
    '',
    '[[instruments]]',
    `id = ${quoted(instrument)}`,
    ...(instrument.includes('-') ? ['kind = "spot"'] : []),
    `tick = ${quoted(tick)}`,
    `lot = ${quoted(lot)}`,
    '',
    '[[data]]',
    `file = ${quoted(file)}`,
    `interval = ${quoted(interval)}`,
  ].join('\n');
}

/** Fees and limits. */
export function tailText({ fee }: Plan): string {
  return [
    '[[fees]]',
    `maker = ${quoted(fee)}`,
    `taker = ${quoted(fee)}`,
    '',
    '# The limits of a new paper account ("account") would deny large positions.',
    '[risk]',
    'profile = "wide"',
    '',
  ].join('\n');
}

export function configText(plan: Plan, strategy: StrategyKind | undefined): string {
  const parameters = (strategy?.parameters ?? []).map((p) => `${p.name} = ${parameter(p.default)}`);
  const what = plan.strategy.endsWith('.rhai')
    ? `script = ${quoted(plan.strategy)}`
    : `id = ${quoted(plan.strategy)}`;
  const strategyText = ['[strategy]', what];
  if (parameters.length > 0) strategyText.push('', '[strategy.parameters]', ...parameters);
  const fills = '[fills]\nfill = "next_open"';
  return ['seed = 1', headText(plan), strategyText.join('\n'), fills, tailText(plan)].join('\n\n');
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

/**
 * The same configuration with other parameters of its strategy, e.g. those of a sweep's variant. Everything else
 * stays as it was written, comments too.
 */
export function withParameters(config: string, values: Record<string, string>): string {
  const entries = Object.entries(values).map(([name, value]) => [name, parameter(value)] as const);
  const inline = /^(\s*parameters\s*=\s*\{)(.*)(\}.*)$/m;
  const found = inline.exec(config);
  if (found) {
    const [whole, open = '', body = '', close = ''] = found;
    const changed = entries.reduce(replaceInline, body);
    return config.replace(whole, () => `${open}${changed}${close}`);
  }
  const lines = config.split('\n');
  const header = lines.findIndex((line) => /^\s*\[strategy\.parameters\]/.test(line));
  if (header < 0) {
    const added = entries.map(([name, value]) => `${name} = ${value}`);
    return [config.trimEnd(), '', '[strategy.parameters]', ...added, ''].join('\n');
  }
  for (const [name, value] of entries) {
    const next = lines.findIndex((line, at) => at > header && /^\s*\[/.test(line));
    const end = next < 0 ? lines.length : next;
    const at = lines.findIndex((line, at) => at > header && at < end && keyOf(line) === name);
    if (at < 0) lines.splice(header + 1, 0, `${name} = ${value}`);
    else lines[at] = `${name} = ${value}`;
  }
  return lines.join('\n');
}

function keyOf(line: string): string | null {
  return /^\s*"?([\w-]+)"?\s*=/.exec(line)?.[1] ?? null;
}

/** Names of parameters are letters, digits and `_`, so they need no escaping in a pattern. */
function replaceInline(body: string, [name, value]: readonly [string, string]): string {
  const pair = new RegExp(`(^|,)(\\s*)${name}\\s*=\\s*("[^"]*"|\\[[^\\]]*\\]|[^,]*?)(?=\\s*(,|$))`);
  if (pair.test(body)) return body.replace(pair, (_, before, space) => `${before}${space}${name} = ${value}`);
  return body.trim() ? `${body.trimEnd()}, ${name} = ${value} ` : ` ${name} = ${value} `;
}
