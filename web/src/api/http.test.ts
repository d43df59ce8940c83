import { describe, expect, it } from 'vitest';
import { Http, pathWithQuery } from './http';
import { ApiError } from './problem';

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });
const problem = {
  title: 'Unprocessable',
  status: 422,
  detail: 'off the tick',
  error_code: 'OFF_TICK',
  correlation_id: 'c-1',
  errors: [{ field: 'price', code: 'OFF_TICK', message: 'not a multiple of 0.05' }],
};

function client(answer: () => Response | Promise<Response>) {
  const calls: { url: string; init: RequestInit }[] = [];
  const http = new Http('/api/v1', async (url, init) => {
    calls.push({ url, init });
    return answer();
  });
  return { http, calls };
}
const headers = (init: RequestInit | undefined) => init?.headers as Record<string, string>;

describe('requests', () => {
  it('carry the CSRF token on unsafe methods only', async () => {
    const { http, calls } = client(() => json(200, {}));
    http.csrfToken = 'secret';
    await http.json('GET', '/accounts');
    await http.json('POST', '/orders', { body: { a: 1 } });
    expect(headers(calls[0]?.init)).not.toHaveProperty('x-csrf-token');
    expect(headers(calls[1]?.init)).toMatchObject({
      'x-csrf-token': 'secret',
      'content-type': 'application/json',
    });
    expect(calls[1]?.init.body).toBe('{"a":1}');
  });
  it('turn a problem document into an error with its fields', async () => {
    const { http } = client(() => json(422, problem));
    const error = await http.json('POST', '/orders').catch((e: unknown) => e as ApiError);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 422,
      code: 'OFF_TICK',
      message: 'off the tick',
      correlationId: 'c-1',
    });
    expect((error as ApiError).field('price')).toBe('not a multiple of 0.05');
    expect((error as ApiError).field('quantity')).toBeNull();
  });
  it('survive an error that is no problem document, and silence', async () => {
    const odd = client(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(odd.http.json('GET', '/x')).rejects.toMatchObject({ status: 502, code: 'HTTP_502' });
    const silent = client(() => Promise.reject(new TypeError('refused')));
    await expect(silent.http.json('GET', '/x')).rejects.toMatchObject({ status: 0, code: 'NETWORK' });
  });
  it('tell the session about a 401, but not while signing in', async () => {
    const { http } = client(() => json(401, { ...problem, status: 401 }));
    let told = 0;
    http.onUnauthenticated = () => (told += 1);
    await http.json('POST', '/session').catch(() => undefined);
    expect(told).toBe(0);
    await http.json('GET', '/accounts').catch(() => undefined);
    expect(told).toBe(1);
  });
  it('leave out empty query parameters', () => {
    expect(pathWithQuery('/a', { x: 1, y: null, z: undefined, w: '' })).toBe('/a?x=1');
    expect(pathWithQuery('/a', { overlays: 'EMA_3,VWAP' })).toBe('/a?overlays=EMA_3%2CVWAP');
    expect(pathWithQuery('/a')).toBe('/a');
  });
});
