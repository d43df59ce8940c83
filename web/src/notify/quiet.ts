/** Whether it is quiet now: hours of a day in somebody's own zone. */
import type { QuietHours } from '$/api/types';

/** `HH:MM` in a zone; null where the zone is not known to this browser. */
export function timeIn(zone: string, at_ms: number): string | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: zone,
    }).format(at_ms);
  } catch {
    return null;
  }
}

export function isQuiet(quiet: QuietHours | null | undefined, at_ms: number): boolean {
  if (!quiet) return false;
  const now = timeIn(quiet.zone, at_ms);
  if (now === null) return false;
  const { from, to } = quiet;
  return from <= to ? from <= now && now < to : now >= from || now < to;
}
