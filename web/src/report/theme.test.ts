import { describe, expect, it } from 'vitest';
import { themeOf } from './theme';

describe('the theme of a report', () => {
  it('is what the address asks for, or else the system’s', () => {
    expect([themeOf('#dark', false), themeOf('#light', true)]).toEqual(['dark', 'light']);
    expect([themeOf('', true), themeOf('#trades', false)]).toEqual(['dark', 'light']);
  });
});
