/** How a figure is written: percent, ratio, count, money, days. */

import type { Lookahead, Method } from './document';

export type Kind = 'percent' | 'ratio' | 'count' | 'money' | 'days' | 'seconds' | 'time';

export interface Row {
  label: string;
  key: string;
  kind: Kind;
  /** What it means, for the title. */
  title?: string;
}

const NONE = '–';

export function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const sign = whole.startsWith('-') ? '−' : '';
  const digits = whole.replace('-', '').replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? `${sign}${digits}` : `${sign}${digits}.${fraction}`;
}

/** Money given as decimal text, to two decimals without passing through binary fractions. */
export function money(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length <= 2) return grouped(`${whole}.${fraction.padEnd(2, '0')}`);
  const cents = BigInt(`${whole.replace('-', '')}${fraction.slice(0, 2)}`);
  const rest = fraction.slice(2);
  const first = rest.charAt(0);
  const tie = first === '5' && !/[1-9]/.test(rest.slice(1));
  const up = first > '5' || (first === '5' && (!tie || cents % 2n === 1n));
  const rounded = (cents + (up ? 1n : 0n)).toString().padStart(3, '0');
  const sign = whole.startsWith('-') && rounded !== '000' ? '-' : '';
  return grouped(`${sign}${rounded.slice(0, -2)}.${rounded.slice(-2)}`);
}

export function percent(value: number, digits = 2): string {
  return `${grouped((value * 100).toFixed(digits))} %`;
}

export function day(ts: string): string {
  return ts.slice(0, 10);
}

export function minute(ts: string): string {
  return `${ts.slice(0, 10)} ${ts.slice(11, 16)}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5_400) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds < 129_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

export function shown(value: unknown, kind: Kind): string {
  if (value === null || value === undefined || value === '') return NONE;
  if (kind === 'money') return money(typeof value === 'number' ? value.toFixed(6) : String(value));
  if (kind === 'time') return day(String(value));
  const number = Number(value);
  if (!Number.isFinite(number)) return NONE;
  if (kind === 'percent') return percent(number);
  if (kind === 'count') return grouped(number.toFixed(0));
  if (kind === 'days') return `${grouped(number.toFixed(0))} days`;
  if (kind === 'seconds') return duration(number);
  return grouped(number.toFixed(3));
}

/** How the trades were drawn in a simulation. */
export function methodText(method: Method): string {
  if (method.kind === 'SHUFFLE') return 'each once, in another order';
  return method.block === 1 ? 'drawn with replacement' : `drawn with replacement, ${method.block} in a row`;
}

/** What the repeated runs on less data showed. */
export function lookaheadText({ verdict, cuts, difference }: Lookahead): string {
  if (verdict === 'not_made') return 'not checked';
  if (verdict === 'different') return `THE STRATEGY LOOKS AHEAD: ${difference ?? 'decisions differ'}`;
  const many = `${cuts.length} ${cuts.length === 1 ? 'cut' : 'cuts'}`;
  return `decisions are the same without the data that follows (${many}: ${cuts.map((cut) => day(cut.at)).join(', ')})`;
}

export const EXPOSURE: Row[] = [
  { label: 'Share of time invested', key: 'share_of_points', kind: 'percent' },
  { label: 'Average leverage', key: 'average_leverage', kind: 'ratio' },
  { label: 'Greatest leverage', key: 'max_leverage', kind: 'ratio' },
  {
    label: 'Turnover a year',
    key: 'turnover_annual',
    kind: 'ratio',
    title: 'Value traded ÷ mean equity',
  },
];

export const RETURNS: Row[] = [
  { label: 'Total return', key: 'total_return', kind: 'percent' },
  { label: 'CAGR', key: 'cagr', kind: 'percent', title: 'Compound annual growth rate' },
  { label: 'Volatility, annual', key: 'volatility', kind: 'percent' },
  { label: 'Sharpe', key: 'sharpe', kind: 'ratio' },
  {
    label: 'Smart Sharpe',
    key: 'smart_sharpe',
    kind: 'ratio',
    title: 'Sharpe with a penalty for autocorrelation',
  },
  {
    label: 'Probabilistic Sharpe',
    key: 'probabilistic_sharpe',
    kind: 'percent',
    title: 'P(true Sharpe > 0)',
  },
  { label: 'Sortino', key: 'sortino', kind: 'ratio' },
  { label: 'Calmar', key: 'calmar', kind: 'ratio' },
  { label: 'Omega', key: 'omega', kind: 'ratio' },
  { label: 'Ulcer index', key: 'ulcer_index', kind: 'percent' },
  { label: 'Gain to pain', key: 'gain_to_pain', kind: 'ratio' },
  { label: 'Recovery factor', key: 'recovery_factor', kind: 'ratio' },
  { label: 'Tail ratio', key: 'tail_ratio', kind: 'ratio' },
  { label: 'Skewness', key: 'skewness', kind: 'ratio' },
  { label: 'Excess kurtosis', key: 'kurtosis', kind: 'ratio' },
  { label: 'Stability', key: 'stability', kind: 'ratio', title: 'R² of the cumulative log returns on time' },
  { label: 'Win rate of periods', key: 'win_rate', kind: 'percent' },
  { label: 'Profit factor of periods', key: 'profit_factor', kind: 'ratio' },
  { label: 'Max drawdown', key: 'max_drawdown', kind: 'percent' },
  { label: 'Periods', key: 'periods', kind: 'count' },
];

export const TRADES: Row[] = [
  { label: 'Closed trades', key: 'count', kind: 'count' },
  { label: 'Win rate', key: 'win_rate', kind: 'percent' },
  { label: 'Net result', key: 'net_pnl', kind: 'money' },
  { label: 'Fees', key: 'fees', kind: 'money' },
  { label: 'Expectancy', key: 'expectancy', kind: 'money', title: 'Mean result of a trade after fees' },
  { label: 'Average win', key: 'average_win', kind: 'money' },
  { label: 'Average loss', key: 'average_loss', kind: 'money' },
  { label: 'Largest win', key: 'largest_win', kind: 'money' },
  { label: 'Largest loss', key: 'largest_loss', kind: 'money' },
  { label: 'Payoff ratio', key: 'payoff_ratio', kind: 'ratio' },
  { label: 'Profit factor', key: 'profit_factor', kind: 'ratio' },
  { label: 'SQN', key: 'sqn', kind: 'ratio', title: 'System quality number' },
  { label: 'Longest winning streak', key: 'longest_winning_streak', kind: 'count' },
  { label: 'Longest losing streak', key: 'longest_losing_streak', kind: 'count' },
  { label: 'Average holding', key: 'average_holding_s', kind: 'seconds' },
  { label: 'Average bars held', key: 'average_bars_held', kind: 'ratio' },
];

export const BENCHMARK: Row[] = [
  { label: 'Benchmark return', key: 'benchmark_total_return', kind: 'percent' },
  { label: 'Benchmark CAGR', key: 'benchmark_cagr', kind: 'percent' },
  { label: 'Alpha, annual', key: 'alpha', kind: 'percent' },
  { label: 'Beta', key: 'beta', kind: 'ratio' },
  { label: 'Correlation', key: 'correlation', kind: 'ratio' },
  { label: 'R²', key: 'r_squared', kind: 'ratio' },
  { label: 'Tracking error', key: 'tracking_error', kind: 'percent' },
  { label: 'Information ratio, annual', key: 'information_ratio_annual', kind: 'ratio' },
  { label: 'Up capture', key: 'up_capture', kind: 'percent' },
  { label: 'Down capture', key: 'down_capture', kind: 'percent' },
];
