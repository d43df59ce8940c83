/** Times for people, in the zone they chose. Formatters are dear to make, so they are kept. */

export type TimeStyle = 'time' | 'moment' | 'datetime' | 'date' | 'precise' | 'clock' | 'weekday';

const STYLES: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  precise: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
  moment: { month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit' },
  weekday: { weekday: 'short' },
  date: { year: 'numeric', month: 'short', day: '2-digit' },
  datetime: {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
};
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(style: TimeStyle, zone: string | undefined): Intl.DateTimeFormat {
  const key = `${style} ${zone ?? ''}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      ...STYLES[style],
      hourCycle: 'h23',
      ...(zone && { timeZone: zone }),
    });
    formatters.set(key, found);
  }
  return found;
}

export function formatTime(ts: string | number, style: TimeStyle, zone: string | undefined): string {
  const date = new Date(ts);
  return Number.isNaN(date.getTime()) ? '–' : formatter(style, zone).format(date);
}

/** `3 d 4 h`, `5 min 2 s`, `850 ms`: the two largest units. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  return units
    .slice(first, first + 2)
    .map(
      ([name, size], i) =>
        [
          name,
          i === 0 ? Math.floor(seconds / size) : Math.floor((seconds % (units[first]?.[1] ?? 1)) / size),
        ] as const,
    )
    .filter(([, count], i) => i === 0 || count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(' ');
}
