/** What is wrong with a field before the server is asked; it checks the same again, and everything else. */
import { compare, parseDecimal } from '$/money/decimal';
import type { Plan } from './config-text';

const BARS_MAX = 4_294_967_295;
const ZERO = { units: 0n, scale: 0 };

export type PlanProblems = Partial<Record<keyof Plan, string>>;

function decimal(text: string, least: 'above' | 'from'): boolean {
  const value = parseDecimal(text);
  return value !== null && compare(value, ZERO) >= (least === 'above' ? 1 : 0);
}

/** Before a configuration is written of the fields. */
export function planProblems(plan: Plan): PlanProblems {
  const problems: PlanProblems = {};
  if (!plan.file) problems.file = 'Send a file or take bars first.';
  if (!/^[^\s.]\S*\.[^\s.]+$/.test(plan.instrument.trim()))
    problems.instrument = 'SYMBOL.MARKET, e.g. SPY.ARCX';
  if (!/^(\d+[smhd]|[DWM])$/.test(plan.interval.trim()))
    problems.interval = 'A number with s, m or h, or D, W, M';
  if (!decimal(plan.cash, 'above')) problems.cash = 'A number above 0, e.g. 100000';
  if (!decimal(plan.tick, 'above')) problems.tick = 'A number above 0, e.g. 0.01';
  if (!decimal(plan.lot, 'above')) problems.lot = 'A number above 0, e.g. 1';
  if (!decimal(plan.fee, 'from')) problems.fee = 'A number, e.g. 0.001 for 0.1 %';
  return problems;
}

/** A length in bars. */
export function windowProblem(name: string, text: string): string | null {
  const trimmed = text.trim();
  if (name === 'step' && trimmed === '') return null;
  const least = name === 'purge' || name === 'embargo' ? 0 : 1;
  const whole = /^\d+$/.test(trimmed) && Number(trimmed) <= BARS_MAX;
  return whole && Number(trimmed) >= least ? null : `A whole number, ${least} or more`;
}
