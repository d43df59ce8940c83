import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

const texts = () => toasts.list.map((toast) => toast.text);

describe('toasts', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    toasts.list.forEach((toast) => toasts.dismiss(toast.id));
    vi.useRealTimers();
  });

  it('say once what one did and what then happened, and twice what happened twice', () => {
    toasts.good('Kill switch engaged');
    toasts.notice('on 1', 'Kill switch engaged', 'a drill', 'bad');
    expect(toasts.list).toMatchObject([{ text: 'Kill switch engaged', detail: 'a drill' }]);
    toasts.good('Kill switch engaged');
    expect(toasts.list).toMatchObject([{ text: 'Kill switch engaged', detail: 'a drill' }]);
    toasts.notice('o1', 'Filled: Buy 1', null, 'good');
    toasts.notice('o2', 'Filled: Buy 1', null, 'good');
    toasts.notice('o2', 'Filled: Buy 1', null, 'good');
    expect(texts()).toEqual(['Kill switch engaged', 'Filled: Buy 1', 'Filled: Buy 1']);
    vi.advanceTimersByTime(60_000);
    expect(texts()).toEqual([]);
  });

  it('that tell of failures stay, whatever happens beside them', () => {
    toasts.fail('Not sent', new Error('no way'));
    for (let n = 0; n < 9; n += 1) toasts.notice(`o${n}`, `Filled ${n}`, null, 'good');
    expect(texts()).toEqual(['Not sent: no way', 'Filled 6', 'Filled 7', 'Filled 8']);
    vi.advanceTimersByTime(60_000);
    expect(texts()).toEqual(['Not sent: no way']);
    for (let n = 0; n < 5; n += 1) toasts.fail(`Not sent ${n}`, new Error('no way'));
    expect(texts()).toHaveLength(4);
    expect(texts()[3]).toBe('Not sent 4: no way');
  });
});
