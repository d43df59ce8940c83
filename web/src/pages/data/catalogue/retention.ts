/** What a retention run would do, in words. */
import type { RetentionDue, RetentionPolicy } from '$/api/catalogue';
import { formatBytes } from '../connections';
import { count } from './series';

export function policyText({ keep_days, into }: RetentionPolicy): string {
  if (keep_days === null || keep_days === undefined) return 'for ever';
  return `${count(keep_days)} days${into ? `, then made into ${into} bars` : ''}`;
}

/** Lines of the question before it is done. */
export function consequences(due: readonly RetentionDue[]): string[] {
  const sum = (of: (entry: RetentionDue) => number) => due.reduce((total, entry) => total + of(entry), 0);
  const made = due.filter((entry) => entry.into).length;
  return [
    `Files that go: ${count(due.length)} (${count(sum((entry) => entry.rows))} rows, ${formatBytes(sum((entry) => entry.bytes))}).`,
    ...(made > 0 ? [`Made into coarser bars first, which stay: ${count(made)}.`] : []),
    'What has gone does not come back, other than from the venue or a backup.',
  ];
}
