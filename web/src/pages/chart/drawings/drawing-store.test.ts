import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$/api/problem';
import type { Drawing, DrawingContent } from '$/api/charts';
import { DrawingStore } from './drawing-store.svelte';

/** A server of one drawing list, with versions as the real one has. */
const server = vi.hoisted(() => ({
  list: [] as Drawing[],
  refuse: null as Error | null,
  held: [] as (() => void)[],
  hold: false,
  puts: 0,
}));
vi.mock('$/api/charts', () => ({
  charts: {
    drawings: async () => server.list.map((drawing) => ({ ...drawing })),
    createDrawing: async (instrument: string, body: DrawingContent) => {
      if (server.refuse) throw server.refuse;
      const id = `d${server.list.length + 1}`;
      const drawing = { style: {}, ...body, instrument, id, version: 1, created_at: '', updated_at: '' };
      server.list.push(drawing);
      return drawing;
    },
    changeDrawing: async (known: Drawing, body: DrawingContent) => {
      server.puts += 1;
      if (server.hold) await new Promise<void>((go) => server.held.push(go));
      if (server.refuse) throw server.refuse;
      const at = server.list.findIndex((drawing) => drawing.id === known.id);
      if (server.list[at]?.version !== known.version) throw new ApiError(412, 'VERSION', 'changed');
      const saved = { ...known, ...body, version: known.version + 1 };
      server.list[at] = saved;
      return saved;
    },
    removeDrawing: async (id: string) => {
      if (server.refuse) throw server.refuse;
      server.list = server.list.filter((drawing) => drawing.id !== id);
    },
  },
}));
const failures: string[] = [];
vi.mock('$/ui/toasts.svelte', () => ({ toasts: { fail: (what: string) => failures.push(what) } }));

describe('drawings', () => {
  let store: DrawingStore;
  const line = [
    { time: 60, price: 1.234567 },
    { time: 120, price: 2 },
  ];
  beforeEach(() => {
    Object.assign(server, { list: [], refuse: null, held: [], hold: false, puts: 0 });
    failures.length = 0;
    store = new DrawingStore('A.X', 2);
  });

  it('are kept with times and prices as text, and come back', async () => {
    await store.add('TREND_LINE', line);
    expect(server.list[0]?.points).toEqual([
      { time: '1970-01-01T00:01:00.000Z', price: '1.23' },
      { time: '1970-01-01T00:02:00.000Z', price: '2.00' },
    ]);
    const other = new DrawingStore('A.X', 2);
    await other.reload();
    expect(other.list[0]?.anchors).toEqual([
      { time: 60, price: 1.23 },
      { time: 120, price: 2 },
    ]);
    expect(store.selected).toBe('d1');
  });
  it('keep the last of many quick changes, with one request at a time', async () => {
    await store.add('HORIZONTAL_LINE', [{ time: 0, price: 1 }]);
    server.hold = true;
    const done = store.change('d1', { colour: 2 });
    store.preview('d1', { colour: 3 });
    void store.change('d1', { colour: 4 });
    server.hold = false;
    server.held.forEach((go) => go());
    await done;
    expect([server.puts, server.list[0]?.style.color, server.list[0]?.version]).toEqual([2, 'series-4', 3]);
  });
  it('go back when the server refuses, and say so', async () => {
    await store.add('TEXT', [{ time: 0, price: 1 }], 'note');
    server.refuse = new ApiError(422, 'NO', 'no');
    await store.change('d1', { text: 'other' });
    expect(store.list[0]?.text).toBe('note');
    await store.remove('d1');
    expect(store.list.map((drawn) => drawn.id)).toEqual(['d1']);
    expect(await store.add('TEXT', [{ time: 0, price: 1 }])).toBeNull();
    expect(failures).toHaveLength(3);
  });
  it('are read again when another page changed them', async () => {
    await store.add('TEXT', [{ time: 0, price: 1 }], 'mine');
    const [drawing] = server.list;
    if (drawing) server.list = [{ ...drawing, version: 7, style: { ...drawing.style, text: 'theirs' } }];
    await store.change('d1', { text: 'again' });
    expect(store.list[0]?.text).toBe('theirs');
  });
  it('are chosen around the ends', async () => {
    for (const price of [1, 2, 3]) await store.add('HORIZONTAL_LINE', [{ time: 0, price }]);
    store.select(null);
    store.selectNext(1);
    expect(store.selected).toBe('d1');
    store.selectNext(-1);
    expect(store.selected).toBe('d3');
    store.selectNext(1);
    expect(store.selected).toBe('d1');
    await store.remove('d1');
    expect(store.selected).toBeNull();
  });
  it('take a typed price, and nothing that is none', async () => {
    await store.add('HORIZONTAL_LINE', [{ time: 0, price: 1 }]);
    store.setPrice('d1', 0, 'abc');
    expect(store.current?.anchors[0]?.price).toBe(1);
    store.setPrice('d1', 0, '1,234.5');
    expect(store.current?.anchors[0]?.price).toBe(1234.5);
  });
});
