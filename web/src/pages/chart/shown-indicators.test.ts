import { describe, expect, it } from 'vitest';
import {
  addShown,
  changeShown,
  INDICATORS_DEFAULT,
  keyOf,
  nextColour,
  readShown,
  SHOWN_MAX,
  writeShown,
} from './shown-indicators';
import { fromTemplate, toTemplate } from './template';

describe('indicators in the address', () => {
  it('come back as they were written', () => {
    const text = 'EMA_20~3,RSI_14@1h~2!,BBANDS_20_2.5~1,SAREXT_0_-1_0.02~4';
    expect(writeShown(readShown(text))).toBe(text);
    expect(readShown(text)[1]).toEqual({ id: 'RSI_14', interval: '1h', colour: 2, hidden: true });
  });
  it('are the usual ones without a word, and none when it says so', () => {
    expect(readShown(null).map(keyOf)).toEqual(['EMA_3', 'EMA_5']);
    expect(writeShown(readShown(null))).toBeNull();
    expect(INDICATORS_DEFAULT).toContain('EMA_3');
    expect(readShown('none')).toEqual([]);
    expect(writeShown([])).toBe('none');
  });
  it('take colours that are free, and drop doubles and nonsense', () => {
    expect(readShown('EMA_3,VWAP,EMA_3,<b>,é,EMA_9~9').map((shown) => [shown.id, shown.colour])).toEqual([
      ['EMA_3', 1],
      ['VWAP', 2],
      ['EMA_9', 3],
    ]);
  });
  it('are bounded', () => {
    const many = Array.from({ length: 40 }, (_, n) => `EMA_${n + 1}`).join(',');
    const list = readShown(many);
    expect(list).toHaveLength(SHOWN_MAX);
    expect(addShown(list, 'RSI_14', null)).toHaveLength(SHOWN_MAX);
  });
});

describe('changes', () => {
  const list = readShown('EMA_20~1,RSI_14~2,RSI_14@1h~3');
  it('add once, each interval for itself', () => {
    expect(addShown(list, 'RSI_14', null)).toEqual(list);
    expect(addShown(list, 'RSI_14', '4h').map(keyOf).at(-1)).toBe('RSI_14@4h');
    expect(addShown(list, 'ATR_14', null).at(-1)?.colour).toBe(4);
  });
  it('touch one', () => {
    expect(changeShown(list, 'RSI_14', { hidden: true }).map((shown) => shown.hidden)).toEqual([
      false,
      true,
      false,
    ]);
    expect(changeShown(list, 'RSI_14@1h', null).map(keyOf)).toEqual(['EMA_20', 'RSI_14']);
    expect(changeShown(list, 'RSI_14', { id: 'EMA_20' }).map(keyOf)).toEqual(['EMA_20', 'RSI_14@1h']);
  });
  it('know the colour that is used least', () => {
    expect(nextColour([])).toBe(1);
    expect(nextColour(list)).toBe(4);
  });
});

describe('templates', () => {
  it('bring back indicators, intervals and colours', () => {
    const list = readShown('EMA_20~5,RSI_14@1h~2');
    const content = toTemplate(list, '5m');
    expect(content.interval).toBe('5m');
    expect(fromTemplate(content)).toEqual(list);
  });
  it('of another hand are read with what they have', () => {
    expect(
      fromTemplate({ indicators: [{ id: 'EMA_3' }, { id: 'EMA_3' }, { id: 'VWAP', colors: ['#fff'] }] }),
    ).toEqual([
      { id: 'EMA_3', interval: null, colour: 1, hidden: false },
      { id: 'VWAP', interval: null, colour: 2, hidden: false },
    ]);
  });
});
