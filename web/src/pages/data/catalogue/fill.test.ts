import { describe, expect, it } from 'vitest';
import type { Backfilled } from '$/api/catalogue';
import { fill } from './fill';

const round = (change: Partial<Backfilled>): Backfilled => ({
  asked: 60,
  added: 7_200,
  empty: 0,
  skipped: 0,
  failures: [],
  gaps_left: 3,
  ...change,
});

async function filled(...rounds: Backfilled[]) {
  const told: Backfilled[] = [];
  const left = [...rounds];
  const ask = () => {
    const next = left.shift();
    return next ? Promise.resolve(next) : Promise.reject(new Error('asked once more'));
  };
  await fill(ask, (sofar) => told.push(sofar));
  return { told, unasked: left.length };
}

describe('a backfill', () => {
  it('goes on until nothing is left, and tells the sums', async () => {
    const { told } = await filled(round({}), round({ asked: 4, added: 480, empty: 1, gaps_left: 0 }));
    expect(told.map((sofar) => sofar.added)).toEqual([7_200, 7_680]);
    expect(told.at(-1)).toEqual(round({ asked: 64, added: 7_680, empty: 1, gaps_left: 0 }));
  });
  it('ends when the venue has nothing more', async () => {
    const { told } = await filled(round({}), round({ added: 0, asked: 0, skipped: 12 }));
    expect(told.at(-1)).toMatchObject({ added: 7_200, skipped: 12, gaps_left: 3 });
  });
  it('ends where the venue’s history does', async () => {
    const { unasked } = await filled(round({ added: 10, empty: 59 }), round({}));
    expect(unasked).toBe(1);
  });
  it('ends with the failures of a round', async () => {
    const { told, unasked } = await filled(round({ failures: ['429'] }), round({}));
    expect(told).toHaveLength(1);
    expect(unasked).toBe(1);
  });
  it('passes on what a round could not do', async () => {
    await expect(filled()).rejects.toThrow('asked once more');
  });
});
