import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime } from './format';

describe('times for people', () => {
  it('are in the chosen zone', () => {
    expect(formatTime('2026-11-22T10:00:05.250Z', 'time', 'UTC')).toBe('10:00:05');
    expect(formatTime('2026-11-22T10:00:05.250Z', 'time', 'Asia/Kolkata')).toBe('15:30:05');
    expect(formatTime('2026-11-22T10:00:05.250Z', 'precise', 'UTC')).toBe('10:00:05.250');
    expect(formatTime('2026-11-22T00:00:00Z', 'date', 'UTC')).toBe('22 Nov 2026');
    expect(formatTime('nonsense', 'time', 'UTC')).toBe('–');
  });
  it('durations show their two largest units', () => {
    expect(formatDuration(850)).toBe('850 ms');
    expect(formatDuration(5_000)).toBe('5 s');
    expect(formatDuration(302_000)).toBe('5 min 2 s');
    expect(formatDuration(3_600_000)).toBe('1 h');
    expect(formatDuration(273_600_000)).toBe('3 d 4 h');
    expect(formatDuration(Number.NaN)).toBe('–');
  });
});
