import { describe, expect, it } from 'vitest';
import { chartKey } from './chart-keys';
import { MOVING, REPLAY, type KeyHelp } from './key-list';
import type { PriceChart } from './price-chart';
import { Replay } from './replay.svelte';

const keysOf = (list: readonly KeyHelp[]) => list.flatMap((entry) => entry.keys);
const event = (key: string) => ({ key }) as KeyboardEvent;

const timeScale = {
  getVisibleLogicalRange: () => ({ from: 10, to: 20 }),
  scrollPosition: () => 0,
  scrollToPosition: () => undefined,
  setVisibleLogicalRange: () => undefined,
  scrollToRealTime: () => undefined,
};
const chart = { api: { timeScale: () => timeScale } } as unknown as PriceChart;
const ticker = { start: () => 1, stop: () => undefined };

describe('the keys that the help tells of', () => {
  it('move the chart', () => {
    for (const key of keysOf(MOVING)) expect(chartKey(chart, event(key)), key).toBe(true);
    expect(chartKey(chart, event('x'))).toBe(false);
  });
  it('drive a replay, and nothing while there is none', () => {
    const replay = new Replay({ moment: 5 }, ticker);
    for (const key of keysOf(REPLAY)) expect(replay.key(event(key)), key).toBe(true);
    expect(new Replay({ moment: null }, ticker).key(event(' '))).toBe(false);
  });
});
