import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { IndicatorRequest, IndicatorSeries } from '$/api/charts';
import type { Bar } from '$/api/types';
import { BarWindow } from './bar-window';
import { IndicatorFeed } from './indicator-feed.svelte';

/** A server with a bar each minute; EMA_3 says the bar's number, OBV_ADDS counts from the first bar that is asked for. */
const server = vi.hoisted(() => ({
  bars: 5,
  asked: [] as IndicatorRequest[],
  held: [] as (() => void)[],
  hold: false,
}));
const at = (n: number) => new Date(n * 60_000).toISOString();
vi.mock('$/api/charts', () => ({
  charts: {
    query: async (requests: IndicatorRequest[]) => {
      server.asked.push(...requests);
      if (server.hold) await new Promise<void>((go) => server.held.push(go));
      return requests.flatMap((request) =>
        request.indicators.map((indicator) => {
          if (indicator === 'BAD') return { indicator, error: { title: 'Bad', detail: 'no such indicator' } };
          const all = Array.from({ length: server.bars }, (_, n) => n);
          const { from: least, to } = request;
          const from = all.filter((n) => (!least || at(n) >= least) && (!to || at(n) < to));
          const numbers = request.limit ? from.slice(-request.limit) : from;
          const values = numbers.map((n) => (indicator === 'ADDS' ? n - (numbers[0] ?? 0) + 1 : n + 1));
          return { indicator, times: numbers.map(at), values: [values] };
        }),
      );
    },
  },
}));

vi.mock('$/api', () => ({ market: {} }));

const bar = (n: number): Bar => ({
  ts: at(n),
  open: '1',
  high: '1',
  low: '1',
  close: '1',
  trades: 1,
  source: 'TRADES',
  complete: true,
  revision: 0,
  closed: true,
});
const shown = (id: string, interval: string | null = null) => ({ id, interval, colour: 1, hidden: false });

describe('values of indicators', () => {
  let window: BarWindow;
  let feed: IndicatorFeed;
  let told: string[];
  const selection = { instrument: 'A.X', interval: '1m' };
  const values = (key: string) => feed.get(key)?.data.values[0];
  beforeEach(() => {
    Object.assign(server, { bars: 5, asked: [], held: [], hold: false });
    window = new BarWindow();
    window.take({ bars: [0, 1, 2, 3, 4].map(bar) });
    told = [];
    feed = new IndicatorFeed(window, (keys, newest) =>
      told.push(`${keys.join(' ')} ${newest ? 'newest' : 'all'}`),
    );
  });

  it('are read for the window in one request per interval, and kept when others come', async () => {
    await feed.restart(selection, [shown('EMA_3'), shown('RSI_14'), shown('RSI_14', '5m')]);
    expect(server.asked.map((request) => [request.interval, request.indicators, request.from])).toEqual([
      ['1m', ['EMA_3', 'RSI_14'], at(0)],
      ['5m', ['RSI_14'], at(-10)],
    ]);
    await feed.show([shown('EMA_3'), shown('ATR_14')]);
    expect(server.asked.slice(2).map((request) => request.indicators)).toEqual([['ATR_14']]);
    expect(feed.get('RSI_14@5m')).toBeUndefined();
    expect(values('EMA_3')).toEqual([1, 2, 3, 4, 5]);
    // Once per answer, so that all is drawn once.
    expect(told).toEqual(['EMA_3 RSI_14 RSI_14@5m all', 'ATR_14 all']);
  });
  it('go on with each close', async () => {
    await feed.restart(selection, [shown('EMA_3')]);
    server.bars = 6;
    await feed.refresh();
    expect(values('EMA_3')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told).toEqual(['EMA_3 all', 'EMA_3 newest']);
  });
  it('are asked for once at a time, and once more when bars closed meanwhile', async () => {
    await feed.restart(selection, [shown('EMA_3')]);
    server.asked = [];
    server.hold = true;
    const done = feed.refresh();
    void feed.refresh();
    void feed.refresh();
    server.hold = false;
    server.bars = 7;
    server.held.forEach((go) => go());
    await done;
    expect(server.asked).toHaveLength(2);
    expect(values('EMA_3')).toHaveLength(7);
  });
  it('are read as a whole when a gap is too wide for the tail', async () => {
    await feed.restart(selection, [shown('EMA_3')]);
    server.bars = 40;
    await feed.refresh();
    await vi.waitFor(() => expect(values('EMA_3')).toHaveLength(40));
  });
  it('that add up from the first bar are read as a whole each time', async () => {
    server.bars = 20;
    await feed.restart(selection, [shown('ADDS')]);
    server.bars = 21;
    await feed.refresh();
    await vi.waitFor(() => expect(values('ADDS')?.at(-1)).toBe(21));
    expect(feed.needsCloses).toBe(true);
    feed.live('ADDS', { times: [at(21)], values: [[3]] } as unknown as IndicatorSeries);
    expect(values('ADDS')).toHaveLength(21);
    server.bars = 22;
    await feed.refresh();
    expect(values('ADDS')?.at(-1)).toBe(22);
  });
  it('come over the hub too', async () => {
    await feed.restart(selection, [shown('EMA_3')]);
    feed.live('EMA_3', { times: [at(4), at(5)], values: [[50, 60]] });
    expect(values('EMA_3')).toEqual([1, 2, 3, 4, 50, 60]);
    feed.live('NONE', { times: [at(5)], values: [[1]] });
    expect(told.at(-1)).toBe('EMA_3 newest');
  });
  it('that are refused say why, without harm to the others', async () => {
    await feed.restart(selection, [shown('BAD'), shown('EMA_3')]);
    expect(feed.errors).toEqual({ BAD: 'no such indicator' });
    expect(values('EMA_3')).toHaveLength(5);
    await feed.restart(selection, [shown('EMA_3')]);
    expect(feed.errors).toEqual({});
  });

  describe('when the window grows to the left', () => {
    const bars = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => bar(from + n));
    const settled = () => new Promise((resolve) => setTimeout(resolve));
    const release = async (which: number) => {
      server.held[which]?.();
      await settled();
    };
    beforeEach(async () => {
      server.bars = 20;
      window.clear();
      window.take({ bars: bars(10, 19) });
      await feed.restart(selection, [shown('EMA_3'), shown('ADDS'), shown('EMA_3', '5m')]);
      server.asked = [];
    });

    it('only what is before is read, and joined if it goes with the rest', async () => {
      window.take({ bars: bars(0, 9) });
      await feed.older();
      expect(
        server.asked.map(({ indicators, interval, from, to }) => [indicators, interval, from, to]),
      ).toEqual([
        [['EMA_3', 'ADDS'], '1m', at(0), at(13)],
        [['EMA_3'], '5m', at(-10), at(3)],
        [['ADDS'], '1m', at(0), undefined],
      ]);
      for (const key of ['EMA_3', 'ADDS', 'EMA_3@5m'])
        expect(values(key), key).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });
    it('once at a time, and once more for what came meanwhile', async () => {
      await feed.show([shown('EMA_3')]);
      server.hold = true;
      window.take({ bars: bars(8, 9) });
      const done = feed.older();
      window.take({ bars: bars(4, 7) });
      void feed.older();
      window.take({ bars: bars(0, 3) });
      void feed.older();
      expect(server.asked).toHaveLength(1);
      server.hold = false;
      await release(0);
      await done;
      expect(server.asked.map(({ from, to }) => [from, to])).toEqual([
        [at(8), at(13)],
        [at(0), at(11)],
      ]);
      expect(values('EMA_3')).toHaveLength(20);
    });
    it('but all is read again when what was there was amended', async () => {
      await feed.show([shown('EMA_3')]);
      await feed.older();
      expect(server.asked.map(({ from, to }) => [from, to])).toEqual([[at(10), undefined]]);
    });
    it('no answer takes away what came over the hub meanwhile', async () => {
      await feed.show([shown('EMA_3')]);
      server.hold = true;
      const done = feed.older();
      feed.live('EMA_3', { times: [at(19), at(20)], values: [[20, 21]] });
      feed.live('EMA_3', { times: [at(20)], values: [[22]] });
      await release(0);
      await done;
      expect(values('EMA_3')?.slice(-3)).toEqual([19, 20, 22]);
    });
    it('a late answer does not overwrite that of a later question', async () => {
      await feed.show([shown('EMA_3')]);
      server.hold = true;
      // A hole, so that the whole is read.
      feed.live('EMA_3', { times: [at(40)], values: [[41]] });
      feed.live('EMA_3', { times: [at(40)], values: [[41]] });
      expect(server.held).toHaveLength(1);
      void feed.older();
      server.bars = 42;
      await release(1);
      server.bars = 41;
      await release(0);
      expect(values('EMA_3')?.at(-1)).toBe(42);
    });
  });
});
