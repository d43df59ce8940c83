import { describe, expect, it } from 'vitest';
import { Http } from './http';
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
  const calls: Request[] = [];
  const http = new Http(async (request) => {
    calls.push(request);
    return answer();
  });
  const send = (method: string, path: string) => http.send(new Request(`http://x/api/v1${path}`, { method }));
  return { http, calls, send };
}

describe('requests', () => {
  it('carry the CSRF token on unsafe methods only', async () => {
    const { http, calls, send } = client(() => json(200, {}));
    http.csrfToken = 'secret';
    await send('GET', '/accounts');
    await send('POST', '/orders');
    expect(calls.map((request) => request.headers.get('x-csrf-token'))).toEqual([null, 'secret']);
  });
  it('turn a problem document into an error with its fields', async () => {
    const { send } = client(() => json(422, problem));
    const error = await send('POST', '/orders').catch((e: unknown) => e as ApiError);
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
    await expect(odd.send('GET', '/x')).rejects.toMatchObject({ status: 502, code: 'HTTP_502' });
    const silent = client(() => Promise.reject(new TypeError('refused')));
    await expect(silent.send('GET', '/x')).rejects.toMatchObject({ status: 0, code: 'NETWORK' });
  });
  it('tell the session about a 401, but not while signing in', async () => {
    const { http, send } = client(() => json(401, { ...problem, status: 401 }));
    let told = 0;
    http.onUnauthenticated = () => (told += 1);
    for (const path of ['/session', '/session/link', '/setup'])
      await send('POST', path).catch(() => undefined);
    expect(told).toBe(0);
    await send('GET', '/accounts').catch(() => undefined);
    await send('GET', '/sessions').catch(() => undefined);
    expect(told).toBe(2);
  });
});
