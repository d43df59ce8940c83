import { describe, expect, it } from 'vitest';
import { listKey } from './list-keys';

function press(key: string, count: number, marked: number) {
  const did: string[] = [];
  let prevented = false;
  const event = { key, preventDefault: () => (prevented = true) } as unknown as KeyboardEvent;
  const handled = listKey(event, {
    count,
    marked,
    mark: (index) => did.push(`mark ${index}`),
    take: (index) => did.push(`take ${index}`),
  });
  expect(prevented).toBe(handled);
  return { did, handled };
}

describe('keys of a list', () => {
  it('mark the next and the one before, and stay within the list', () => {
    expect(press('ArrowDown', 3, 0).did).toEqual(['mark 1']);
    expect(press('ArrowDown', 3, 2).did).toEqual(['mark 2']);
    expect(press('ArrowUp', 3, 2).did).toEqual(['mark 1']);
    expect(press('ArrowUp', 3, 0).did).toEqual(['mark 0']);
    expect(press('ArrowDown', 0, 0).did).toEqual(['mark 0']);
  });
  it('take what is marked, when there is something', () => {
    expect(press('Enter', 3, 1)).toEqual({ did: ['take 1'], handled: true });
    expect(press('Enter', 0, 0)).toEqual({ did: [], handled: false });
    expect(press('Enter', 2, 2)).toEqual({ did: [], handled: false });
  });
  it('leave the others to the field', () => {
    for (const key of ['a', 'Home', 'ArrowLeft', 'Escape'])
      expect(press(key, 3, 1)).toEqual({ did: [], handled: false });
  });
});
