import { describe, expect, it } from 'vitest';
import type { Backup, Backups } from '$/api/types';
import { ageOf, scheduleOf, sizeOf, trustOf } from './backup-words';

const BACKUP: Backup = {
  id: '2026-11-30T110000Z',
  taken_at: '2026-11-30T11:00:00Z',
  bytes: 1_234_567,
  journal_bytes: null,
  key: '5f1d0c3a',
  database: 'SQLite',
  migration: 9,
  build: '0.1.0',
  rows: 10,
  verified_at: null,
  drilled_at: null,
  fault: null,
};
const NOW = Date.parse('2026-11-30T12:30:00Z');

describe('a backup in words', () => {
  it('has a size in three digits', () => {
    expect([0, 999, 1_234, 99_960, 1_234_567, 5e15].map(sizeOf)).toEqual([
      '0 B',
      '999 B',
      '1.23 kB',
      '100 kB',
      '1.23 MB',
      '5000 TB',
    ]);
    expect(sizeOf(999_600)).toBe('1.00 MB');
    expect(sizeOf(null)).toBe('–');
  });

  it('is trusted as far as it was looked at, and not when something was wrong', () => {
    const at = '2026-11-30T11:00:00Z';
    expect(trustOf(BACKUP).tone).toBe('warn');
    expect(trustOf({ ...BACKUP, verified_at: at }).word).toBe('✓ Whole');
    expect(trustOf({ ...BACKUP, verified_at: at, drilled_at: at }).word).toBe('✓ Restored on trial');
    expect(trustOf({ ...BACKUP, drilled_at: at, fault: 'changed' }).tone).toBe('bad');
  });

  it('is late after twice its time, and when there is none at all', () => {
    expect(ageOf(BACKUP.taken_at, 3_600, NOW)).toEqual({ text: '1 h 30 min ago', late: false });
    expect(ageOf(BACKUP.taken_at, 1_800, NOW).late).toBe(true);
    expect(ageOf(BACKUP.taken_at, null, NOW).late).toBe(false);
    expect(ageOf(null, 3_600, NOW)).toEqual({ text: 'never', late: true });
    expect(ageOf(null, null, NOW).late).toBe(false);
  });

  it('says when they are made, or that none are', () => {
    const of: Backups = {
      folder: 'data/backups',
      key: '5f1d0c3a',
      every_s: 3_600,
      drill_every_s: null,
      keep_all_days: 7,
      keep_daily_days: 90,
      last_taken_at: null,
      last_drilled_at: null,
      running: null,
      items: [],
      next_cursor: null,
    };
    expect(scheduleOf(of)).toMatch(/^Taken every 1 h, restored on trial not by themselves\./);
    expect(scheduleOf({ ...of, key: null })).toMatch(/no key/);
  });
});
