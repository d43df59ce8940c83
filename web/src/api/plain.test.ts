import { describe, expect, it } from 'vitest';
import { apiPath } from './plain';

describe('a path of the API', () => {
  it('escapes its parts and leaves out what is not given', () => {
    const parts = ['accounts', 'a/b', 'statements', 'preview'];
    expect(apiPath(parts, { preset: 'coinbase', market: '', currency: null })).toBe(
      '/api/v1/accounts/a%2Fb/statements/preview?preset=coinbase',
    );
    expect(apiPath(['x'])).toBe('/api/v1/x');
  });
});
