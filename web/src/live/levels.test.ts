import { describe, expect, it } from 'vitest';
import type { Level } from '$/api/types';
import { mergeLevels } from './levels';

const bids: Level[] = [
  ['101.5', '1'],
  ['101.0', '2'],
  ['99.5', '3'],
];

describe('levels of a book', () => {
  it('come, change and go in their place', () => {
    expect(mergeLevels(bids, [['100.00', '4']], 'descending').map(([p]) => p)).toEqual([
      '101.5',
      '101.0',
      '100.00',
      '99.5',
    ]);
    expect(mergeLevels(bids, [['101', '9']], 'descending')).toEqual([
      ['101.5', '1'],
      ['101', '9'],
      ['99.5', '3'],
    ]);
    expect(mergeLevels(bids, [['101.5', '0']], 'descending')[0]).toEqual(['101.0', '2']);
    expect(mergeLevels(bids, [['98', '1']], 'descending').at(-1)).toEqual(['98', '1']);
    expect(
      mergeLevels(
        [
          ['9', '1'],
          ['10', '1'],
        ],
        [['9.5', '2']],
        'ascending',
      ).map(([p]) => p),
    ).toEqual(['9', '9.5', '10']);
  });
  it('that are unknown and empty change nothing', () => {
    expect(mergeLevels(bids, [['100', '0.000']], 'descending')).toEqual(bids);
  });
  it('are bounded', () => {
    const many: Level[] = Array.from({ length: 60 }, (_, i) => [String(100 + i), '1']);
    expect(mergeLevels([], many, 'ascending')).toHaveLength(50);
  });
});
