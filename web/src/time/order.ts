/** Order of timestamps. Their fractions have as many digits as they need, so plain text comparison would lie. */

/** Text that sorts as the time does, to the nanosecond, for RFC 3339 in UTC. */
export function sortKey(ts: string): string {
  const [whole = '', fraction = ''] = ts.replace(/Z$/, '').split('.');
  return `${whole}.${fraction.padEnd(9, '0')}`;
}

/** Negative when `a` is later: newest first. */
export function newestFirst(a: string, b: string): number {
  const [x, y] = [sortKey(a), sortKey(b)];
  return x < y ? 1 : x > y ? -1 : 0;
}
