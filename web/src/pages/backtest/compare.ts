/** Results side by side: the figures that people look at first, and what the runs differ in. */
import { count, percent, ratio } from './figures-text';

export interface ResultDocument {
  name: string;
  setup: {
    strategy: string;
    parameters: Record<string, unknown>;
    instruments: string[];
    first: string;
    last: string;
    cash: string;
    currency: string;
  };
  assumptions: { about: string; text: string }[];
  statistics: Record<string, unknown>;
  equity: { ts: string[]; equity: number[] };
}
export interface ComparedRow {
  title: string;
  values: string[];
}

const FIGURES: readonly [title: string, path: string, shown: (value: number | null) => string][] = [
  ['Total return', 'returns.total_return', percent],
  ['Return a year', 'returns.cagr', percent],
  ['Volatility a year', 'returns.volatility', percent],
  ['Sharpe ratio', 'returns.sharpe', ratio],
  ['Sortino ratio', 'returns.sortino', ratio],
  ['Calmar ratio', 'returns.calmar', ratio],
  ['Greatest drawdown', 'returns.max_drawdown', percent],
  ['Share of time invested', 'exposure.share_of_points', percent],
  ['Trades', 'trades.count', count],
  ['Winning trades', 'trades.win_rate', percent],
  ['Profit factor', 'trades.profit_factor', ratio],
  ['Turnover a year', 'turnover_annual', ratio],
  ['Probability of loss', 'monte_carlo.probability_of_loss', percent],
];

function figure(document: ResultDocument, path: string): number | null {
  let at: unknown = document.statistics;
  for (const key of path.split('.')) {
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return typeof at === 'number' ? at : null;
}

function facts({ setup, assumptions }: ResultDocument): [string, string][] {
  const parameters = Object.entries(setup.parameters).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return [
    ['Strategy', setup.strategy],
    ['Parameters', parameters.join(', ')],
    ['Instruments', setup.instruments.join(', ')],
    ['Period', `${setup.first.slice(0, 10)} to ${setup.last.slice(0, 10)}`],
    ['Cash', `${setup.cash} ${setup.currency}`],
    ...assumptions.map(({ about, text }): [string, string] => [about, text]),
  ];
}

export function compare(documents: readonly ResultDocument[]): {
  names: string[];
  rows: ComparedRow[];
  differences: ComparedRow[];
} {
  const all = documents.map((document) => new Map(facts(document)));
  const titles = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const described = titles.map((title) => ({ title, values: all.map((one) => one.get(title) ?? '–') }));
  return {
    names: documents.map((document) => document.name),
    rows: FIGURES.map(([title, path, shown]) => ({
      title,
      values: documents.map((document) => shown(figure(document, path))),
    })),
    differences: described.filter(({ values }) => values.some((value) => value !== values[0])),
  };
}
