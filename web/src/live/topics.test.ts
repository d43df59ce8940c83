import { describe, expect, it } from 'vitest';
import type { Bar, Quote } from '$/api/types';
import { BarsTopic, BookTopic, RowsTopic, ValueTopic } from './topics.svelte';

describe('topics', () => {
  it('hold the latest value, whole or as a list', () => {
    const topic = new ValueTopic<Quote>();
    topic.snapshot({ bid: '1' });
    expect(topic.value?.bid).toBe('1');
    topic.delta([{ bid: '2' }, { bid: '3' }]);
    expect(topic.value?.bid).toBe('3');
  });
  it('take one row or many in a delta', () => {
    const topic = new RowsTopic<{ id: string }>({ key: (item) => item.id });
    topic.snapshot([{ id: 'a' }]);
    topic.delta({ id: 'b' });
    topic.delta([{ id: 'c' }, { id: 'd' }]);
    expect(topic.rows.list.map((row) => row.key)).toEqual(['d', 'c', 'b', 'a']);
  });
  it('keep a book sorted through its deltas', () => {
    const topic = new BookTopic();
    topic.snapshot({
      bids: [
        ['9', '1'],
        ['10', '1'],
      ],
      asks: [
        ['12', '1'],
        ['11', '1'],
      ],
    });
    topic.delta({ bids: [['10', '0']], asks: [['11.5', '3']] });
    expect(topic.bids).toEqual([['9', '1']]);
    expect(topic.asks.map(([price]) => price)).toEqual(['11', '11.5', '12']);
  });
  it('tell every bar to every listener, and none after it left', () => {
    const topic = new BarsTopic();
    const heard: string[] = [];
    const leave = topic.listen((bar) => heard.push(bar.close));
    topic.snapshot([{ close: '1' }, { close: '2' }] as Bar[]);
    topic.delta({ close: '3' } as Bar);
    leave();
    topic.delta({ close: '4' } as Bar);
    expect(heard).toEqual(['1', '2', '3']);
  });
  it('say when they are live, stale or refused', () => {
    const topic = new ValueTopic();
    expect(topic.status).toBe('connecting');
    topic.live(true);
    topic.live(false);
    expect(topic.status).toBe('stale');
    topic.refused('NOT_FOUND', '');
    expect([topic.status, topic.refusal]).toEqual(['refused', 'NOT_FOUND']);
  });
});
