/** Wall-clock text of a form (`2026-11-30T16:00`), in the zone that a person chose, as a moment. */

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

/** How far the zone's clocks are ahead of UTC at a moment, in ms. */
function offsetAt(ms: number, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone && { timeZone: zone }),
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((entry) => entry.type === type)?.value);
  const [year, month, day] = [part('year'), part('month'), part('day')];
  const wall = Date.UTC(year, month - 1, day, part('hour'), part('minute'), part('second'));
  return wall - Math.floor(ms / 1_000) * 1_000;
}

/** The date of a moment by a zone's clocks, `2026-11-30`. */
export function dateIn(ts: string, zone: string | undefined): string {
  const ms = Date.parse(ts);
  return new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 10);
}

/**
 * RFC 3339 in UTC; `null` when the text is no time. A wall time that is skipped by a change of the clocks is read as
 * if they had not changed yet, one that comes twice as one of the two.
 */
export function zonedToUtc(text: string, zone: string | undefined): string | null {
  const match = PATTERN.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, hour, minute, second = '00'] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const wall = Date.parse(iso);
  if (Number.isNaN(wall)) return null;
  const first = wall - offsetAt(wall, zone);
  const moment = wall - offsetAt(first, zone);
  return new Date(moment).toISOString().replace('.000Z', 'Z');
}
