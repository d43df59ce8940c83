import { describe, expect, it } from 'vitest';
import { contentOf, emptyDraft, fieldTitle, problemsOf, termsText, type Draft } from './action-form';

const draft = (change: Partial<Draft>): Draft => ({
  ...emptyDraft('INFY.XNSE', '2026-12-01'),
  source: 'NSE circular',
  ...change,
});

describe('the form of a corporate action', () => {
  it('wants the terms of its kind, and sends no others', () => {
    expect(Object.keys(problemsOf(draft({})))).toEqual(['new', 'held']);
    const split = draft({ new: ' 2 ', held: '1', amount: '9' });
    expect(problemsOf(split)).toEqual({});
    expect(contentOf(split)).toEqual({
      instrument: 'INFY.XNSE',
      ex_date: '2026-12-01',
      kind: 'SPLIT',
      source: 'NSE circular',
      new: '2',
      held: '1',
    });
  });
  it.each(['0', '-1', 'two', '1e3', ''])('refuses "%s" as an amount', (amount) => {
    expect(problemsOf(draft({ kind: 'DIVIDEND', amount, currency: 'INR' })).amount).toBeTruthy();
  });
  it('takes 0 as the price of a delisting, and of nothing else', () => {
    expect(problemsOf(draft({ kind: 'DELISTING', price: '0' }))).toEqual({});
    expect(problemsOf(draft({ kind: 'DELISTING', price: '-1' })).price).toContain('0 for worthless');
    expect(problemsOf(draft({ kind: 'DELISTING', price: 'none' })).price).toBeTruthy();
    expect(problemsOf(draft({ kind: 'RIGHTS', new: '1', held: '5', price: '0' })).price).toBeTruthy();
  });
  it('leaves to the server what a merger needs, but not what a number is', () => {
    expect(problemsOf(draft({ kind: 'MERGER', amount: '54.20', currency: 'USD' }))).toEqual({});
    expect(
      contentOf(draft({ kind: 'MERGER', amount: '54.20', currency: 'USD', held: ' ' })),
    ).not.toHaveProperty('held');
    expect(Object.keys(problemsOf(draft({ kind: 'MERGER', new: 'one' })))).toEqual(['new']);
  });
  it('keeps amounts as text, digit by digit', () => {
    const dividend = draft({ kind: 'DIVIDEND', amount: '0.1000000000000000055', currency: 'INR' });
    expect(contentOf(dividend).amount).toBe('0.1000000000000000055');
  });
  it('wants a whole instrument, a date and a source', () => {
    const problems = problemsOf(draft({ instrument: 'INFY', ex_date: '', source: ' ', new: '2', held: '1' }));
    expect(Object.keys(problems).sort()).toEqual(['ex_date', 'instrument', 'source']);
  });
  it('sends of earnings when they are and whether that is sure', () => {
    const earnings = draft({ kind: 'EARNINGS', period: '2026Q3', confirmed: true });
    expect(contentOf(earnings)).toMatchObject({ period: '2026Q3', confirmed: true });
    expect('time' in contentOf(earnings)).toBe(false);
    expect(contentOf({ ...earnings, time: 'AFTER_CLOSE' }).time).toBe('AFTER_CLOSE');
  });
  it('calls the two sides of a ratio by what they are', () => {
    expect(fieldTitle('SPLIT', 'held')).toBe('Units before');
    expect(fieldTitle('RIGHTS', 'held')).toBe('Units held');
    expect(fieldTitle('DIVIDEND', 'amount')).toBe('Amount per unit');
  });
});

describe('terms in words', () => {
  const stored = (change: Partial<Draft>) => ({ ...contentOf(draft(change)), source: 'NSE circular' });
  it.each([
    [{ new: '2', held: '1' }, '2 for 1'],
    [{ kind: 'BONUS', new: '1', held: '4' }, '1 per 4 held'],
    [{ kind: 'DIVIDEND', amount: '20.50', currency: 'INR' }, '20.50 INR a unit'],
    [
      { kind: 'SPIN_OFF', new: '1', held: '1', into: 'JIOFIN.XNSE', cost_fraction: '0.0468' },
      '1 JIOFIN.XNSE per 1 held, 0.0468 of the value',
    ],
    [{ kind: 'MERGER', amount: '54.20', currency: 'USD' }, '54.20 USD a unit'],
    [{ kind: 'SYMBOL_CHANGE', into: 'META.XNAS' }, 'from then on META.XNAS'],
    [{ kind: 'DELISTING', price: '0.01' }, 'settled at 0.01'],
    [{ kind: 'RIGHTS', new: '1', held: '5', price: '100' }, '1 per 5 held, at 100'],
    [{ kind: 'EARNINGS', period: '2026Q3', time: 'AFTER_CLOSE' }, '2026Q3, after the session, not confirmed'],
  ] as [Partial<Draft>, string][])('of %j', (change, text) => {
    expect(termsText(stored(change))).toBe(text);
  });
});
