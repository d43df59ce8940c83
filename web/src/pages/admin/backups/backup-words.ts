/** Words for backups. */
import type { Backup, Backups } from '$/api/types';
import { formatDuration } from '$/time/format';
import type { Tone } from '$/ui/Badge.svelte';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `4.2 MB`: three digits are enough to compare. */
export function sizeOf(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '–';
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** How sure one can be of a backup. */
export function trustOf(backup: Backup): { word: string; tone: Tone } {
  if (backup.fault) return { word: '✕ Broken', tone: 'bad' };
  if (backup.drilled_at) return { word: '✓ Restored on trial', tone: 'good' };
  if (backup.verified_at) return { word: '✓ Whole', tone: 'good' };
  return { word: 'Not looked at', tone: 'warn' };
}

/** Something that ought to happen again and again: how long ago it was, and whether that is too long. */
export function ageOf(
  last: string | null | undefined,
  every_s: number | null | undefined,
  now_ms: number,
): { text: string; late: boolean } {
  if (!last) return { text: 'never', late: every_s !== null && every_s !== undefined };
  const age_ms = Math.max(0, now_ms - Date.parse(last));
  // One that is under way, or was tried and failed once, is no alarm yet.
  const late = every_s !== null && every_s !== undefined && age_ms > 2 * every_s * 1_000;
  return { text: `${formatDuration(age_ms)} ago`, late };
}

/** When they are made, in a sentence. */
export function scheduleOf(of: Backups): string {
  if (!of.key) return 'None are taken: this program was given no key for backups.';
  const each = (s: number | null | undefined) =>
    s ? `every ${formatDuration(s * 1_000)}` : 'not by themselves';
  return `Taken ${each(of.every_s)}, restored on trial ${each(of.drill_every_s)}. All are kept for ${of.keep_all_days} days, then one a day for ${of.keep_daily_days} days.`;
}
