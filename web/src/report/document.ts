/** The result of a backtest as `tradewind backtest run --json` prints it, version 1; only what is shown here. */

export interface Assumption {
  about: string;
  text: string;
}

export interface Trade {
  instrument: string;
  strategy: string | null;
  side: 'BUY' | 'SELL';
  quantity: string;
  entry_ts: string;
  entry_price: string;
  exit_ts: string;
  exit_price: string;
  pnl: string;
  fees: string;
  return_fraction: number | null;
  bars_held: number;
}

export interface Point {
  ts: string;
  value: number;
}

export interface Drawdown {
  start: string;
  trough: string;
  end: string;
  recovery: string | null;
  depth: number;
  days: number;
}

export interface Slice {
  key: string;
  trades: number;
  wins: number;
  pnl: string;
  fees: string;
  share: number | null;
}

export interface FanPoint {
  trade: number;
  p05: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
}

export type Method = { kind: 'BOOTSTRAP'; block: number } | { kind: 'SHUFFLE' };

export interface MonteCarlo {
  settings: { runs: number; seed: number; method: Method; ruin_level: number; confidence: number };
  trades: number;
  /** Money lost; below 0 it is a gain. */
  value_at_risk: number;
  conditional_value_at_risk: number;
  probability_of_loss: number;
  probability_of_ruin: number;
  fan: FanPoint[];
}

export interface Lookahead {
  verdict: 'equal' | 'different' | 'not_made';
  cuts: { at: string; orders: number }[];
  difference: string | null;
}

export type Figures = Record<string, unknown>;

export interface Statistics {
  returns: Figures & {
    drawdowns: Drawdown[];
    monthly: { year: number; months: (number | null)[]; year_return: number }[];
    rolling: { window: number; sharpe: Point[]; sortino: Point[]; volatility: Point[]; beta: Point[] };
    benchmark: Figures | null;
  };
  trades: Figures;
  exposure: Figures;
  turnover_annual: number | null;
  attribution: Record<
    'by_strategy' | 'by_instrument' | 'by_side' | 'by_month' | 'by_weekday' | 'by_hour',
    Slice[]
  > & {
    total: string;
  };
  monte_carlo: MonteCarlo | null;
  deflated_sharpe: Figures | null;
}

export interface Report {
  format: string;
  version: number;
  program: string;
  name: string;
  setup: {
    strategy: string;
    script_sha256: string | null;
    parameters: Record<string, unknown>;
    interval: string;
    instruments: string[];
    benchmark: string | null;
    cash: string;
    currency: string;
    seed: number;
    first: string;
    last: string;
    config_sha256: string;
  };
  assumptions: Assumption[];
  checks: {
    lookahead: Lookahead;
    ledger: string | null;
    illegal_outcomes: number;
    hash: string;
  };
  summary: Record<string, unknown> & {
    orders_by_state: Record<string, number>;
    denials: Record<string, number>;
    halts: { ts: string | null; strategy: string; reason: string }[];
    gaps: { instrument: string; count: number; longest: number; longest_at_row: number }[];
    open_positions: { instrument: string; quantity: string }[];
    initial_equity: string;
    final_equity: string;
    fees: string;
    trades: number;
  };
  statistics: Statistics;
  equity: {
    sampling: string;
    ts: string[];
    equity: number[];
    exposure: number[];
    drawdown: number[];
    benchmark: number[];
  };
  trades: Trade[];
}

const FORMAT = 'tradewind.backtest';
const VERSION = 1;

/** Reads the document embedded in the page; the message of the error is for people. */
export function read(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('This page holds no result: it is a template that `tradewind backtest report` fills.');
  }
  const document = value as Partial<Report>;
  if (document.format !== FORMAT || document.version !== VERSION) {
    throw new Error(
      `This page shows results of form ${FORMAT} ${VERSION}, not ${String(document.format)} ${String(document.version)}.`,
    );
  }
  return document as Report;
}
