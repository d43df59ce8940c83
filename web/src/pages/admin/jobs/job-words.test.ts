import { describe, expect, it } from 'vitest';
import type { Job } from '$/api/types';
import { KINDS, chosen, progressOf, tookOf, whoOf } from './job-words';

const JOB: Job = {
  id: 'bt-1',
  kind: 'SWEEP',
  name: 'waves',
  state: 'RUNNING',
  owner: { id: 'u1', display_name: 'Ana' },
  created_at: '2026-11-22T09:00:00Z',
  started_at: '2026-11-22T09:00:05Z',
  finished_at: null,
  progress: { done: 1_500, total: 6_000, unit: 'variants' },
  result: null,
  error: null,
  cancelable: true,
};

describe('a job in words', () => {
  it('says how far it is, as a part only where the whole is known', () => {
    expect(progressOf(JOB)).toEqual({ part: 0.25, text: '1,500 of 6,000 variants' });
    const open = { ...JOB, progress: { done: 12, total: null, unit: 'rows read' } };
    expect(progressOf(open)).toEqual({ part: null, text: '12 rows read' });
    expect(progressOf({ ...JOB, progress: null })).toBeNull();
  });

  it('counts from its begin to its end, or to now', () => {
    expect(tookOf(JOB, Date.parse('2026-11-22T09:01:10Z'))).toBe('1 min 5 s');
    expect(tookOf({ ...JOB, finished_at: '2026-11-22T09:00:12Z' }, 0)).toBe('7 s');
    expect(tookOf({ ...JOB, started_at: null }, 0)).toBe('–');
    // The clock of this computer may be behind the server's.
    expect(tookOf(JOB, 0)).toBe('0 ms');
  });

  it('names who asked, also one who is gone, and the program', () => {
    expect(whoOf(JOB)).toBe('Ana');
    expect(whoOf({ ...JOB, owner: { id: 'u1', display_name: null } })).toBe('u1');
    expect(whoOf({ ...JOB, owner: null })).toBe('The program');
  });

  it('takes from an address what there is to choose, and nothing else', () => {
    expect(chosen(KINDS, 'SWEEP')).toBe('SWEEP');
    expect(chosen(KINDS, 'toString')).toBeNull();
    expect(chosen(KINDS, null)).toBeNull();
  });
});
