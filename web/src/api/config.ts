/** The configuration that the program runs with. */
import { http } from './http';
import { apiPath } from './plain';
import type { RunningConfig } from './types';

/** What was read, and the state that it is: what a change is based on. */
export interface ReadConfig {
  config: RunningConfig;
  tag: string;
}

async function send(init: RequestInit): Promise<ReadConfig> {
  const url = new URL(apiPath(['config']), location.origin);
  const response = await http.send(
    new Request(url, { credentials: 'same-origin', cache: 'no-store', ...init }),
  );
  const tag = response.headers.get('etag') ?? '';
  return { config: (await response.json()) as RunningConfig, tag };
}

export const configuration = {
  read: () => send({ method: 'GET' }),
  /** Null goes back to what the configuration says. */
  change: (tag: string, values: Record<string, string | null>) =>
    send({
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'if-match': tag.replace(/^W\//, '') },
      body: JSON.stringify({ values }),
    }),
};
