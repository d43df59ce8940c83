/** Words for jobs. */
import type { Job, JobKind, JobState } from '$/api/types';
import { formatDuration } from '$/time/format';
import type { Tone } from '$/ui/Badge.svelte';

export const KINDS: Record<JobKind, string> = {
  BACKTEST: 'Backtest',
  SWEEP: 'Sweep',
  WALK_FORWARD: 'Walk-forward',
  BACKFILL: 'Backfill',
  COMPACTION: 'Compaction',
  RETENTION: 'Retention',
  BACKUP: 'Backup',
  BACKUP_CHECK: 'Backup check',
  RESTORE_DRILL: 'Restore on trial',
};
export const STATES: Record<JobState, { word: string; tone: Tone }> = {
  QUEUED: { word: 'Waiting', tone: 'neutral' },
  RUNNING: { word: 'Running', tone: 'info' },
  CANCELED: { word: 'Canceled', tone: 'warn' },
  FAILED: { word: 'Failed', tone: 'bad' },
  COMPLETE: { word: 'Complete', tone: 'good' },
};

/** What one may choose from a list of words; anything else in an address counts as nothing chosen. */
export function chosen<K extends string>(words: Record<K, unknown>, text: string | null): K | null {
  return text !== null && Object.hasOwn(words, text) ? (text as K) : null;
}

const whole = new Intl.NumberFormat('en-GB');

/** How far it is, as a part of 1 where the whole is known, and in words. */
export function progressOf(job: Job): { part: number | null; text: string } | null {
  if (!job.progress) return null;
  const { done, total, unit } = job.progress;
  const of = total === null || total === undefined ? '' : ` of ${whole.format(total)}`;
  const part = total ? Math.min(1, done / total) : null;
  return { part, text: `${whole.format(done)}${of} ${unit}` };
}

/** How long it took, or has taken so far. */
export function tookOf(job: Job, now_ms: number): string {
  if (!job.started_at) return '–';
  const end_ms = job.finished_at ? Date.parse(job.finished_at) : now_ms;
  return formatDuration(Math.max(0, end_ms - Date.parse(job.started_at)));
}

/** Who asked for it. */
export function whoOf(job: Job): string {
  return job.owner ? (job.owner.display_name ?? job.owner.id) : 'The program';
}
