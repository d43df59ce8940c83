/** A request that a person puts together: what is missing, how it is sent, and the same as curl or Python. */
import type { Operation } from './document';

export interface Call {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  body: string | null;
}

const SAFE = new Set(['GET', 'HEAD']);
export const isSafe = (method: string): boolean => SAFE.has(method);

/** The key of a parameter among the given values: names are unique only within their place. */
export const keyOf = (parameter: { in: string; name: string }): string => `${parameter.in} ${parameter.name}`;

export function missingOf(operation: Operation, values: Record<string, string>, body: string): string[] {
  const missing = operation.parameters
    .filter((parameter) => parameter.required && !values[keyOf(parameter)]?.trim())
    .map((parameter) => parameter.name);
  if (operation.body?.required && !body.trim()) missing.push('body');
  return missing;
}

export function callOf(operation: Operation, values: Record<string, string>, body: string): Call {
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const value = values[keyOf(parameter)]?.trim();
    if (!value) continue;
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === 'query') query.set(parameter.name, value);
    else if (parameter.in === 'header') headers[parameter.name] = value;
  }
  const sent = operation.body && body.trim() ? body : null;
  if (sent !== null && operation.body) headers['Content-Type'] = operation.body.media;
  const text = query.toString();
  return { method: operation.method, target: text ? `${path}?${text}` : path, headers, body: sent };
}

/** In single quotes, as a POSIX shell takes it literally. */
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** With a key from the environment: a browser's session is never copied out of it. */
export function asCurl(call: Call, origin: string, guarded: boolean): string {
  const lines = [`curl -X ${call.method} ${shell(origin + call.target)}`];
  if (guarded) lines.push(`-H "Authorization: Bearer $TRADEWIND_KEY"`);
  for (const [name, value] of Object.entries(call.headers)) lines.push(`-H ${shell(`${name}: ${value}`)}`);
  if (call.body !== null) lines.push(`--data-binary ${shell(call.body)}`);
  return lines.join(' \\\n  ');
}

/** JSON text is a Python literal but for these: strings and numbers read the same. */
const python = (text: string): string => JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function asPython(call: Call, origin: string, guarded: boolean): string {
  const headers = Object.entries(call.headers).map(
    ([name, value]) => `    ${python(name)}: ${python(value)},`,
  );
  if (guarded) headers.unshift('    "Authorization": f"Bearer {os.environ[\'TRADEWIND_KEY\']}",');
  return [
    ...(guarded ? ['import os', ''] : []),
    'import httpx',
    '',
    'answer = httpx.request(',
    `    ${python(call.method)},`,
    `    ${python(origin + call.target)},`,
    ...(headers.length > 0 ? ['    headers={', ...headers.map((line) => `    ${line}`), '    },'] : []),
    ...(call.body === null ? [] : [`    content=${python(call.body)}.encode(),`]),
    ')',
    'print(answer.status_code, answer.text)',
  ].join('\n');
}

export interface Outcome {
  status: number;
  word: string;
  took_ms: number;
  headers: [string, string][];
  /** What shows of the body. */
  text: string;
  bytes: number;
}
/** More than this of a body is not drawn. */
export const SHOWN_MAX = 200_000;
const TEXT = /json|text|xml|javascript/;

/** JSON with one field a line; other text as it is; of anything else its size. */
export function bodyText(media: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  if (!TEXT.test(media)) return `${bytes.length} bytes of ${media || 'an unknown kind'}`;
  let text = new TextDecoder().decode(bytes);
  try {
    if (media.includes('json')) text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // It says that it is JSON and is not: shown as it came.
  }
  return text.length > SHOWN_MAX
    ? `${text.slice(0, SHOWN_MAX)}\n… ${text.length - SHOWN_MAX} more characters`
    : text;
}

/** Sends with the browser's own session; every status is an outcome. */
export async function send(call: Call, csrfToken: string | null): Promise<Outcome> {
  const headers = new Headers(call.headers);
  if (!isSafe(call.method) && csrfToken) headers.set('X-CSRF-Token', csrfToken);
  const began = performance.now();
  const init: RequestInit = { method: call.method, headers, body: call.body, cache: 'no-store' };
  const response = await fetch(call.target, init);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    word: response.statusText,
    took_ms: performance.now() - began,
    headers: [...response.headers.entries()],
    text: bodyText(response.headers.get('content-type') ?? '', bytes),
    bytes: bytes.length,
  };
}
