import { describe, expect, it } from 'vitest';
import { Rows } from './rows.svelte';

interface Item {
  id: string;
  at: number;
  gone?: boolean;
}
const make = (max?: number) =>
  new Rows<Item>({
    key: (item) => item.id,
    compare: (a, b) => b.at - a.at,
    keep: (item) => !item.gone,
    ...(max !== undefined && { max }),
  });
const ids = (rows: Rows<Item>) => rows.list.map((row) => row.key);

describe('live rows', () => {
  it('keep the row object when its value changes, so that only that row redraws', () => {
    const rows = make();
    rows.replace([
      { id: 'a', at: 1 },
      { id: 'b', at: 2 },
    ]);
    const [list, row] = [rows.list, rows.get('a')];
    rows.upsert({ id: 'a', at: 1 });
    expect(rows.list).toBe(list);
    expect(rows.get('a')).toBe(row);
    rows.replace([{ id: 'a', at: 9 }]);
    expect(rows.get('a')).toBe(row);
    expect(row?.value.at).toBe(9);
    expect(rows.get('b')).toBeUndefined();
  });
  it('stay sorted and bounded', () => {
    const rows = make(2);
    rows.replace([
      { id: 'a', at: 1 },
      { id: 'b', at: 2 },
    ]);
    rows.upsert({ id: 'c', at: 3 });
    expect(ids(rows)).toEqual(['c', 'b']);
    expect(rows.get('a')).toBeUndefined();
  });
  it('leave when they are no longer kept', () => {
    const rows = make();
    rows.replace([
      { id: 'a', at: 1 },
      { id: 'b', at: 2, gone: true },
    ]);
    expect(ids(rows)).toEqual(['a']);
    rows.upsert({ id: 'a', at: 1, gone: true });
    rows.upsert({ id: 'z', at: 1, gone: true });
    expect(ids(rows)).toEqual([]);
  });
  it('name each key once even if a snapshot repeats it', () => {
    const rows = make();
    rows.replace([
      { id: 'a', at: 1 },
      { id: 'a', at: 2 },
    ]);
    expect(ids(rows)).toEqual(['a']);
  });
});
