/** A file on its way to the server, with how much of it has gone. `fetch` does not tell that; the older request does. */
import { http } from './http';
import { apiPath } from './plain';
import { networkError } from './problem';

export interface Watch {
  /** Told of the part that has gone, 0 to 1. */
  onpart?: (part: number) => void;
  signal?: AbortSignal;
}

/** What came back; failures are thrown as by every other request, and an `AbortError` when it was called off. */
export async function upload<T>(parts: readonly string[], file: Blob, watch: Watch = {}): Promise<T> {
  const url = new URL(apiPath(parts), location.origin).href;
  const response = await send(url, file, watch);
  return (await (await http.settle(response, url)).json()) as T;
}

function send(url: string, file: Blob, { onpart, signal }: Watch): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('content-type', file.type || 'application/octet-stream');
    if (http.csrfToken) request.setRequestHeader('x-csrf-token', http.csrfToken);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onpart?.(event.loaded / event.total);
    };
    request.onload = () => {
      const id = request.getResponseHeader('x-request-id');
      const init = { status: request.status, statusText: request.statusText };
      resolve(new Response(request.responseText, { ...init, headers: id ? { 'x-request-id': id } : {} }));
    };
    request.onerror = () => reject(networkError('the connection was lost while the file went out'));
    request.onabort = () => reject(new DOMException('called off', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
