/**
 * One place through which every request goes: the CSRF header on unsafe methods, problems as `ApiError`, and a
 * word to the session when the server no longer knows us.
 */
import { ApiError, networkError, problemOf } from './problem';

export type Fetch = (request: Request) => Promise<Response>;

const SAFE = new Set(['GET', 'HEAD']);
/** While signing in or setting a password, a 401 is an answer like any other. */
const SIGNING_IN = /\/api\/v1\/(session(\/link)?|setup|password-reset)$/;

export class Http {
  /** Set by the session; sent with every unsafe method. */
  csrfToken: string | null = null;
  /** Called on every 401 outside of signing in. */
  onUnauthenticated: () => void = () => undefined;
  readonly #fetch: Fetch;

  constructor(fetcher: Fetch) {
    this.#fetch = fetcher;
  }

  /** Answers only what succeeded; everything else is thrown. */
  async send(request: Request): Promise<Response> {
    if (!SAFE.has(request.method) && this.csrfToken) request.headers.set('x-csrf-token', this.csrfToken);
    return this.settle(await this.#reach(request), request.url);
  }

  /** A response that succeeded, or the problem that it tells of, thrown. */
  async settle(response: Response, url: string): Promise<Response> {
    if (response.ok) return response;
    const error = await problemOf(response);
    if (error.status === 401 && !SIGNING_IN.test(new URL(url).pathname)) this.onUnauthenticated();
    throw error;
  }

  async #reach(request: Request): Promise<Response> {
    try {
      return await this.#fetch(request);
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
      throw cause instanceof ApiError ? cause : networkError(cause);
    }
  }
}

export const http = new Http((request) => fetch(request));
