import { describe, expect, it } from 'vitest';
import { isQuiet } from './quiet';

const at = (text: string) => Date.parse(text);

describe('quiet hours', () => {
  it('go over midnight when they end before they begin, in the zone that was chosen', () => {
    const night = { from: '22:00', to: '07:00', zone: 'Asia/Kolkata' };
    // 22:00 in Kolkata is 16:30 UTC.
    expect(isQuiet(night, at('2026-11-30T16:29:00Z'))).toBe(false);
    expect(isQuiet(night, at('2026-11-30T16:30:00Z'))).toBe(true);
    expect(isQuiet(night, at('2026-11-30T23:00:00Z'))).toBe(true);
    expect(isQuiet(night, at('2026-12-01T01:30:00Z'))).toBe(false);
  });

  it('are within a day otherwise; the end is not quiet any more', () => {
    const noon = { from: '12:00', to: '13:30', zone: 'UTC' };
    expect(isQuiet(noon, at('2026-11-30T11:59:59Z'))).toBe(false);
    expect(isQuiet(noon, at('2026-11-30T12:00:00Z'))).toBe(true);
    expect(isQuiet(noon, at('2026-11-30T13:30:00Z'))).toBe(false);
  });

  it('are none where there are none, or their zone is not known here', () => {
    expect(isQuiet(null, at('2026-11-30T12:00:00Z'))).toBe(false);
    expect(isQuiet({ from: '00:00', to: '23:59', zone: 'Mars/Olympus' }, at('2026-11-30T12:00:00Z'))).toBe(
      false,
    );
  });
});
