/** Requests that the generated client does not know: a file as the body, and routes newer than the document. */
import { http } from './http';

export interface Plain {
  query?: Record<string, string | null | undefined>;
  headers?: Record<string, string>;
  /** Sent as it is. */
  file?: Blob;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** A path under `/api/v1/` with its query; parts are escaped, and what is not given is left out. */
export function apiPath(parts: readonly string[], query: Plain['query'] = {}): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const text = new URLSearchParams(set).toString();
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** The JSON that came back, undefined without a body; failures are thrown as by every other request. */
export async function request<T>(method: string, parts: readonly string[], plain: Plain = {}): Promise<T> {
  const headers = new Headers(plain.headers);
  let body: BodyInit | null = null;
  if (plain.file) {
    body = plain.file;
    headers.set('content-type', plain.file.type || 'application/octet-stream');
  } else if (plain.body !== undefined) {
    body = JSON.stringify(plain.body);
    headers.set('content-type', 'application/json');
  }
  const url = new URL(apiPath(parts, plain.query), location.origin);
  const { signal = null } = plain;
  const init: RequestInit = { method, headers, body, signal, credentials: 'same-origin', cache: 'no-store' };
  const response = await http.send(new Request(url, init));
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}
