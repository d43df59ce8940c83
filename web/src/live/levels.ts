/** Levels of a book: merging changed ones into sorted ones, compared as exact decimals. */
import type { Level } from '$/api/types';
import { compare, parseDecimal, sign } from '$/money/decimal';

export type Order = 'ascending' | 'descending';

/** Levels kept on each side; the hub's own depth. */
const LEVELS_MAX = 50;

function comparePrices(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [parseDecimal(a), parseDecimal(b)];
  return x && y ? compare(x, y) : 0;
}

export function compareLevels(order: Order): (a: Level, b: Level) => number {
  return order === 'ascending' ? (a, b) => comparePrices(a[0], b[0]) : (a, b) => comparePrices(b[0], a[0]);
}

/** The side with the changed levels in place; a size of zero removes a level. */
export function mergeLevels(side: Level[], changed: Level[], order: Order): Level[] {
  const before = compareLevels(order);
  const merged = [...side];
  for (const level of changed) {
    const at = merged.findIndex((other) => before(other, level) >= 0);
    const found = merged[at];
    const same = found !== undefined && comparePrices(found[0], level[0]) === 0;
    const gone = sign(level[1]) === 0;
    if (same && gone) merged.splice(at, 1);
    else if (same) merged[at] = level;
    else if (!gone) merged.splice(at === -1 ? merged.length : at, 0, level);
  }
  return merged.slice(0, LEVELS_MAX);
}
