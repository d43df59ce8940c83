import { describe, expect, it } from 'vitest';
import type { NotificationSettings } from '$/api/types';
import type { Notice } from './notices';
import { Notifier, meansOf, type Means } from './notifier.svelte';

const SETTINGS: NotificationSettings = {
  events: [
    { event: 'ORDER_FILLED', toast: true, desktop: true, sound: true },
    { event: 'JOB_DONE', toast: false, desktop: false, sound: true },
  ],
  strategies: false,
  quiet: { from: '22:00', to: '07:00', zone: 'UTC' },
};
const DAY = Date.parse('2026-11-30T12:00:00Z');
const NIGHT = Date.parse('2026-11-30T23:00:00Z');
const notice = (event: Notice['event']): Notice => ({
  event,
  key: event,
  text: 'it',
  detail: null,
  bad: false,
});

describe('telling', () => {
  it('is done by what was chosen, at night by lines in the page alone', () => {
    expect(meansOf(SETTINGS, notice('ORDER_FILLED'), DAY)).toEqual(['toast', 'desktop', 'sound']);
    expect(meansOf(SETTINGS, notice('ORDER_FILLED'), NIGHT)).toEqual(['toast']);
    expect(meansOf(SETTINGS, notice('JOB_DONE'), NIGHT)).toEqual([]);
    expect(meansOf(SETTINGS, notice('SYSTEM'), DAY)).toEqual([]);
  });

  it('waits until it is known what is wanted, and a test asks nobody', () => {
    const told: string[] = [];
    const means: Means = {
      toast: () => told.push('toast'),
      desktop: () => told.push('desktop'),
      sound: () => told.push('sound'),
    };
    const notifier = new Notifier(means, () => NIGHT);
    notifier.tell(notice('ORDER_FILLED'));
    expect(told).toEqual([]);
    notifier.chosen = { settings: SETTINGS, tag: '"1"' };
    notifier.tell(null);
    notifier.tell(notice('ORDER_FILLED'));
    expect(told).toEqual(['toast']);
    notifier.test({ event: 'SYSTEM', toast: false, desktop: true, sound: true });
    expect(told).toEqual(['toast', 'desktop', 'sound']);
  });
});
