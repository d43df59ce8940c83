import { expect, test } from 'vitest';
import { exampleOf, groupsOf, limitsOf, matches, rowsOf, typeOf, type OpenApi } from './document';

const DOCUMENT: OpenApi = {
  info: { title: 'T', version: '1' },
  tags: [
    { name: 'orders', description: 'Orders.' },
    { name: 'empty', description: 'Nothing.' },
  ],
  paths: {
    '/api/v1/accounts/{account}/orders': {
      post: {
        operationId: 'post_order',
        summary: 'Places an order.',
        tags: ['orders'],
        security: [{ session: [] }],
        parameters: [{ name: 'account', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewOrder' } } },
        },
        responses: {
          '201': {
            description: 'Placed.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
          '204': { description: 'Nothing.' },
          '422': {
            description: 'Problem: VALIDATION, RISK_DENIED.',
            content: { 'application/problem+json': {} },
          },
        },
      },
    },
    '/healthz': { get: { responses: {} } },
  },
};
const SCHEMAS = {
  Side: { enum: ['BUY', 'SELL'], type: 'string' },
  Price: { type: 'string', example: '12.5' },
  NewOrder: {
    type: 'object',
    required: ['side', 'quantity', 'legs'],
    properties: {
      side: { $ref: '#/components/schemas/Side' },
      quantity: { type: 'integer', minimum: 1, maximum: 9 },
      note: { type: 'string' },
      id: { type: 'string', example: 'my-1' },
      price: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Price', description: 'Limit.' }] },
      legs: {
        type: 'array',
        items: {
          type: 'object',
          required: ['at'],
          properties: { at: { type: 'string', format: 'date-time' } },
        },
      },
    },
  },
};

test('operations come by tag, those without one under other, empty groups not at all', () => {
  const groups = groupsOf(DOCUMENT);
  expect(groups.map((group) => group.name)).toEqual(['orders', 'other']);
  const post = groups[0]?.operations[0];
  expect(post).toMatchObject({
    id: 'post_order',
    method: 'POST',
    guarded: true,
    body: { media: 'application/json', required: true },
  });
  expect(post?.answers.map((answer) => [answer.status, answer.media])).toEqual([
    ['201', 'application/json'],
    ['204', null],
  ]);
  expect(post?.errors).toEqual([{ status: '422', codes: ['VALIDATION', 'RISK_DENIED'] }]);
  expect(groups[1]?.operations[0]).toMatchObject({ id: 'get /healthz', guarded: false, body: null });
});

test('a search takes every word, wherever it stands', () => {
  const post = groupsOf(DOCUMENT)[0]?.operations[0];
  if (!post) throw new Error('no operation');
  expect(matches(post, 'post ORDERS')).toBe(true);
  expect(matches(post, 'places account')).toBe(true);
  expect(matches(post, 'cancel')).toBe(false);
});

test('types read as words, with schemas as links', () => {
  expect(typeOf({ type: 'array', items: { $ref: '#/components/schemas/Order' } })).toEqual([
    'list of ',
    { ref: 'Order' },
  ]);
  expect(typeOf({ oneOf: [{ $ref: '#/x/Price' }, { type: 'null' }] })).toEqual([
    { ref: 'Price' },
    ' | ',
    'null',
  ]);
  expect(typeOf({ type: ['string', 'null'] })).toEqual(['string | null']);
  expect(typeOf({ type: 'integer', format: 'int32' })).toEqual(['integer (int32)']);
  expect(typeOf({ additionalProperties: { type: 'number' } })).toEqual(['map of ', 'number']);
  expect(typeOf(null)).toEqual(['any']);
});

test('limits say what a value has to be', () => {
  expect(limitsOf({ minimum: 1, maximum: 500 })).toEqual(['1 to 500']);
  expect(limitsOf({ maxLength: 64 })).toEqual(['at most 64 characters']);
  expect(limitsOf({ minItems: 1, default: 'a', pattern: '^a$' })).toEqual([
    'at least 1 entries',
    'matches ^a$',
    '"a" when absent',
  ]);
});

test('fields of objects in place follow theirs, and a nullable one keeps its meaning', () => {
  const rows = rowsOf(SCHEMAS.NewOrder);
  expect(rows.map((row) => `${row.name}${row.required ? '*' : ''}`)).toEqual([
    'side*',
    'quantity*',
    'note',
    'id',
    'price',
    'legs*',
    'legs[].at*',
  ]);
  expect(rows.find((row) => row.name === 'price')?.about).toBe('Limit.');
  expect(rows.find((row) => row.name === 'quantity')?.about).toBe('1 to 9');
});

test('an example has what is required and what the document shows', () => {
  expect(exampleOf({ $ref: '#/components/schemas/NewOrder' }, SCHEMAS)).toEqual({
    side: 'BUY',
    quantity: 1,
    id: 'my-1',
    legs: [{ at: '2026-01-01T00:00:00Z' }],
  });
});

test('an example to be sent has what is required alone, and all that is known where nothing is', () => {
  expect(exampleOf({ $ref: '#/components/schemas/NewOrder' }, SCHEMAS, true)).not.toHaveProperty('id');
  expect(exampleOf({ properties: { id: { example: 'a' }, other: {} } }, SCHEMAS, true)).toEqual({ id: 'a' });
});

test('a schema that holds itself ends', () => {
  const tree = { Tree: { required: ['next'], properties: { next: { $ref: '#/Tree' } } } };
  expect(JSON.stringify(exampleOf({ $ref: '#/Tree' }, tree))).toContain('null');
});
