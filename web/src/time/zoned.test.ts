import { describe, expect, it } from 'vitest';
import { dateIn, zonedToUtc } from './zoned';

describe('a time of a form', () => {
  it('is read in the zone that was chosen', () => {
    expect(zonedToUtc('2026-11-30T16:00', 'UTC')).toBe('2026-11-30T16:00:00Z');
    expect(zonedToUtc('2026-11-30T15:30', 'Asia/Kolkata')).toBe('2026-11-30T10:00:00Z');
    expect(zonedToUtc('2026-07-01T09:30:15', 'America/New_York')).toBe('2026-07-01T13:30:15Z');
    expect(zonedToUtc('2026-12-01T09:30', 'America/New_York')).toBe('2026-12-01T14:30:00Z');
  });
  it('is right on both sides of a change of the clocks', () => {
    expect(zonedToUtc('2026-03-08T01:59', 'America/New_York')).toBe('2026-03-08T06:59:00Z');
    expect(zonedToUtc('2026-03-08T03:00', 'America/New_York')).toBe('2026-03-08T07:00:00Z');
    expect(zonedToUtc('2026-11-01T03:00', 'America/New_York')).toBe('2026-11-01T08:00:00Z');
  });
  it.each(['', 'tomorrow', '2026-11-30', '2026-13-01T00:00'])('is none in "%s"', (text) => {
    expect(zonedToUtc(text, 'UTC')).toBeNull();
  });
});

describe('the date of a moment', () => {
  it('is that of the zone', () => {
    expect(dateIn('2026-11-30T23:30:00Z', 'UTC')).toBe('2026-11-30');
    expect(dateIn('2026-11-30T23:30:00Z', 'Asia/Kolkata')).toBe('2026-12-01');
    expect(dateIn('2026-12-01T04:59:59Z', 'America/New_York')).toBe('2026-11-30');
  });
});
