import { expect, test } from 'vitest';
import { backupFile, grouped } from './codes';

test('a secret is shown in groups of four, the last one shorter', () => {
  expect(grouped('GEZDGNBVGY3TQO')).toBe('GEZD GNBV GY3T QO');
  expect(grouped('')).toBe('');
});

test('the file of backup codes says whose they are and has one a line', () => {
  const file = backupFile(['aaaa-bbbb', 'cccc-dddd'], 'asha', 'desk.example', '2026-11-30T07:00:00Z');
  expect(file.split('\n')).toEqual([
    'Tradewind backup codes of asha at desk.example, made 2026-11-30T07:00:00Z. Each works once.',
    '',
    'aaaa-bbbb',
    'cccc-dddd',
    '',
  ]);
});
