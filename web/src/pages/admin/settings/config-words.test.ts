import { describe, expect, it } from 'vitest';
import type { ConfigValue } from '$/api/types';
import { found, sections, valueOf } from './config-words';

const of = (key: string, more: Partial<ConfigValue> = {}): ConfigValue => ({
  key,
  value: '5',
  set: true,
  secret: false,
  source: 'DEFAULT',
  restart: true,
  configured: null,
  about: '',
  ...more,
});

describe('the configuration', () => {
  it('never shows a secret, and says where nothing is set', () => {
    expect(valueOf(of('store.url', { secret: true, value: null }))).toEqual({ text: 'set', quiet: true });
    expect(valueOf(of('a', { secret: true, set: false, value: null })).text).toBe('not set');
    expect(valueOf(of('a', { value: null, set: false })).text).toBe('not set');
    expect(valueOf(of('a', { value: '[]' })).text).toBe('none');
    expect(valueOf(of('a', { value: 'false' }))).toEqual({ text: 'false', quiet: false });
  });

  it('is found by every word, wherever each stands', () => {
    const all = [
      of('limits.rates.read', { about: 'Reads, per person or key.', value: '1000/min' }),
      of('backup.every', { source: 'FILE', value: '1h' }),
    ];
    expect(found(all, 'PERSON 1000')).toEqual([all[0]]);
    expect(found(all, 'file')).toEqual([all[1]]);
    expect(found(all, 'person file')).toEqual([]);
    expect(found(all, '  ')).toEqual(all);
  });

  it('stands in sections, those without one first', () => {
    const names = sections([of('tape'), of('backup.every'), of('a.b.c'), of('listen')]);
    expect(names.map(({ name, values }) => [name, values.length])).toEqual([
      ['', 2],
      ['a', 1],
      ['backup', 1],
    ]);
  });
});
