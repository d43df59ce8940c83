import { beforeEach, describe, expect, it } from 'vitest';
import { shortcuts } from './keyboard';

let did: string[];
let time: number;
let press: (key: string, change?: object) => void;

beforeEach(() => {
  did = [];
  time = 0;
  const handle = shortcuts(
    { search: () => did.push('search'), help: () => did.push('help'), go: (page) => did.push(page) },
    () => time,
  );
  press = (key, change = {}) =>
    handle({ key, target: null, preventDefault: () => undefined, ...change } as unknown as KeyboardEvent);
});

describe('shortcuts', () => {
  it('search, help, and go by letters', () => {
    for (const key of ['/', '?', 'g', 't', 'g', 'd']) press(key);
    expect(did).toEqual(['search', 'help', 'trading', 'dashboard']);
  });
  it('forget the g after a while, and after an unknown letter', () => {
    press('g');
    time = 2_000;
    press('t');
    press('g');
    press('z');
    press('t');
    expect(did).toEqual([]);
  });
  it('keep out of the way of modifiers and of typing', () => {
    press('/', { ctrlKey: true });
    press('?', { target: { closest: () => ({}) } });
    expect(did).toEqual([]);
  });
});
