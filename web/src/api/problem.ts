/** Errors of the API as values: what RFC 9457 problem documents say, or that nothing answered at all. */
import type { FieldProblem, Problem } from './types';

export class ApiError extends Error {
  readonly status: number;
  /** Stable code of the server's catalogue; `NETWORK` when there was no answer. */
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly correlationId: string | null;

  constructor(
    status: number,
    code: string,
    message: string,
    fields: FieldProblem[] = [],
    id?: string | null,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.correlationId = id ?? null;
  }

  /** The message for a form field, if the server named it. */
  field(name: string): string | null {
    return this.fields.find((entry) => entry.field === name)?.message ?? null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'error_code' in body && 'title' in body;
}

/** Reads a failed response. A body that is no problem document still gives a sensible error. */
export async function problemOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) {
    const text = body.detail ?? body.title;
    return new ApiError(response.status, body.error_code, text, body.errors ?? [], body.correlation_id);
  }
  const id = response.headers.get('x-request-id');
  return new ApiError(
    response.status,
    `HTTP_${response.status}`,
    response.statusText || 'Request failed',
    [],
    id,
  );
}

export function networkError(cause: unknown): ApiError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(0, 'NETWORK', `The server does not answer (${reason}).`);
}

/** One sentence for people, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
