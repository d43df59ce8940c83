import { describe, expect, it } from 'vitest';
import type { NewBacktest, StrategyKind } from '$/api/types';
import { planProblems, windowProblem } from './draft-check';
import { Draft } from './draft.svelte';

const cross: StrategyKind = {
  name: 'ema_cross',
  title: 'EMA cross',
  description: '',
  parameters: [{ name: 'fast', kind: 'WHOLE', default: '10', min: '1', max: '500', description: '' }],
};
const filled = () => {
  const draft = new Draft();
  Object.assign(draft.plan, {
    file: 'spy.csv',
    instrument: 'SPY.FILE',
    interval: '1d',
    tick: '0.01',
    lot: '1',
  });
  return draft;
};

describe('a draft', () => {
  it('knows whether writing anew would lose what was typed', () => {
    const draft = filled();
    expect(draft.edited).toBe(false);
    draft.write(cross);
    expect(draft.text.config).toContain('fast = 10');
    expect(draft.edited).toBe(false);
    draft.text.config += '# mine\n';
    expect(draft.edited).toBe(true);
  });
  it('keeps a grid that was typed, and follows the strategy with one that was not', () => {
    const draft = filled();
    draft.write(cross);
    expect(draft.text.grid).toBe('fast = { from = 5, to = 20, step = 2 }\n');
    draft.write({ ...cross, parameters: [] });
    expect(draft.text.grid).toBe('');
    draft.text.grid = 'fast = [3]';
    draft.write(cross);
    expect(draft.text.grid).toBe('fast = [3]');
  });
  it('asks again for exactly what was asked', () => {
    const asked: NewBacktest = {
      kind: 'WALK_FORWARD',
      name: 'mine',
      config: 'seed = 1\n',
      grid: 'fast = [3, 5]\n',
      objective: 'SORTINO',
      walk: { train: 300, test: 60, step: 30, purge: 2, embargo: 1, anchored: true },
    };
    const draft = new Draft();
    draft.adopt(asked);
    expect(draft.whole).toBe(true);
    expect(draft.request).toEqual(asked);
    draft.windows.step = '';
    expect(draft.request.walk).not.toHaveProperty('step');
  });
  it('is not whole without a configuration, a grid where one is needed, and lengths that are numbers', () => {
    const draft = filled();
    expect(draft.whole).toBe(false);
    draft.put('seed = 1');
    expect(draft.whole).toBe(true);
    draft.kind = 'SWEEP';
    expect(draft.whole).toBe(false);
    draft.text.grid = 'fast = [1]';
    expect(draft.whole).toBe(true);
    draft.kind = 'WALK_FORWARD';
    draft.windows.train = '0';
    expect([draft.whole, draft.problem('train')]).toEqual([false, 'A whole number, 1 or more']);
  });
});

describe('fields', () => {
  it('are told apart, good from bad', () => {
    expect(planProblems(filled().plan)).toEqual({});
    const wrong = { file: '', instrument: 'SPY', interval: 'day', cash: '-1', tick: '0', lot: '', fee: 'x' };
    const problems = planProblems({ ...filled().plan, ...wrong });
    expect(Object.keys(problems).sort()).toEqual(Object.keys(wrong).sort());
  });
  it('of lengths take whole numbers only', () => {
    expect(windowProblem('step', '')).toBeNull();
    expect(windowProblem('purge', '0')).toBeNull();
    for (const text of ['', '1.5', '-1', 'x', '4294967296'])
      expect(windowProblem('purge', text)).toBeTruthy();
    expect(windowProblem('test', '0')).toBeTruthy();
  });
});
