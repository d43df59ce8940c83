/**
 * One place through which every request goes: base path, JSON, the CSRF header on unsafe methods, problems as
 * `ApiError`, and a word to the session when the server no longer knows us.
 */
import { ApiError, networkError, problemOf } from './problem';

export type Query = Record<string, string | number | boolean | null | undefined>;
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const SAFE = new Set(['GET', 'HEAD']);

export function pathWithQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

export class Http {
  /** Set by the session; sent with every unsafe method. */
  csrfToken: string | null = null;
  /** Called on every 401 outside of signing in. */
  onUnauthenticated: () => void = () => undefined;
  readonly #base: string;
  readonly #fetch: Fetch;

  constructor(base: string, fetcher: Fetch) {
    this.#base = base;
    this.#fetch = fetcher;
  }

  async request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (!SAFE.has(method) && this.csrfToken) headers['x-csrf-token'] = this.csrfToken;
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
    if (options.body !== undefined) init.body = JSON.stringify(options.body);
    if (options.signal) init.signal = options.signal;
    const response = await this.#send(this.#base + pathWithQuery(path, options.query), init);
    if (response.ok) return response;
    const error = await problemOf(response);
    if (error.status === 401 && !path.startsWith('/session') && path !== '/setup') this.onUnauthenticated();
    throw error;
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(method, path, options);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(url, init);
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
      throw cause instanceof ApiError ? cause : networkError(cause);
    }
  }
}

export const http = new Http('/api/v1', (url, init) => fetch(url, init));
