import { expect, test } from 'vitest';
import { asCurl, asPython, bodyText, callOf, missingOf, SHOWN_MAX } from './call';
import type { Operation } from './document';

const OPERATION: Operation = {
  id: 'x',
  method: 'POST',
  path: '/api/v1/accounts/{account}/orders',
  tag: 'orders',
  summary: '',
  description: '',
  deprecated: false,
  guarded: true,
  parameters: [
    { name: 'account', in: 'path', required: true },
    { name: 'limit', in: 'query' },
    { name: 'Idempotency-Key', in: 'header' },
  ],
  body: { media: 'application/json', schema: null, example: undefined, required: true },
  answers: [],
  errors: [],
};
const VALUES = { 'path account': 'a/b', 'query limit': '5', 'header Idempotency-Key': "it's" };

test('what is missing is named', () => {
  expect(missingOf(OPERATION, {}, ' ')).toEqual(['account', 'body']);
  expect(missingOf(OPERATION, VALUES, '{}')).toEqual([]);
});

test('path parts are escaped, queries and headers set, the empty left out', () => {
  expect(callOf(OPERATION, VALUES, '{}')).toEqual({
    method: 'POST',
    target: '/api/v1/accounts/a%2Fb/orders?limit=5',
    headers: { 'Idempotency-Key': "it's", 'Content-Type': 'application/json' },
    body: '{}',
  });
  expect(callOf(OPERATION, { 'path account': 'a' }, '').target).toBe('/api/v1/accounts/a/orders');
});

test('curl takes quotes literally and the key from the environment', () => {
  const text = asCurl(callOf(OPERATION, VALUES, `{"a":"it's $HOME"}`), 'http://h', true);
  expect(text).toContain(`curl -X POST 'http://h/api/v1/accounts/a%2Fb/orders?limit=5'`);
  expect(text).toContain('-H "Authorization: Bearer $TRADEWIND_KEY"');
  expect(text).toContain(`-H 'Idempotency-Key: it'\\''s'`);
  expect(text).toContain(`--data-binary '{"a":"it'\\''s $HOME"}'`);
});

test('python has literals of its own language', () => {
  const text = asPython(callOf(OPERATION, VALUES, '{"a":"é\\n"}'), 'http://h', true);
  expect(text).toContain('"Authorization": f"Bearer {os.environ[\'TRADEWIND_KEY\']}",');
  expect(text).toContain('content="{\\"a\\":\\"\\u00e9\\\\n\\"}".encode(),');
  expect(
    asPython(callOf({ ...OPERATION, parameters: [], body: null }, {}, ''), 'http://h', false),
  ).not.toContain('headers');
});

test('a body shows as text, as JSON by lines, or by its size', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(bodyText('application/json', bytes('{"a":1}'))).toBe('{\n  "a": 1\n}');
  expect(bodyText('application/problem+json', bytes('{'))).toBe('{');
  expect(bodyText('application/zip', bytes('abc'))).toBe('3 bytes of application/zip');
  expect(bodyText('text/csv', bytes('x'.repeat(SHOWN_MAX + 5)))).toMatch(/5 more characters$/);
});
