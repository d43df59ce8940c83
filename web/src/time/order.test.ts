import { expect, it } from 'vitest';
import { newestFirst } from './order';

it('timestamps sort by time whatever digits their fractions have', () => {
  const times = [
    '2026-11-22T10:00:01Z',
    '2026-11-22T10:00:01.5Z',
    '2026-11-22T10:00:01.25Z',
    '2026-11-22T09:59:59.999999999Z',
  ];
  expect([...times].sort(newestFirst)).toEqual([
    '2026-11-22T10:00:01.5Z',
    '2026-11-22T10:00:01.25Z',
    '2026-11-22T10:00:01Z',
    '2026-11-22T09:59:59.999999999Z',
  ]);
  expect(newestFirst('2026-11-22T10:00:01Z', '2026-11-22T10:00:01.000Z')).toBe(0);
});
