/** What one wants to be told of. */
import { http } from './http';
import { apiPath } from './plain';
import type { NotificationSettings } from './types';

/** What was chosen, and the version that a new choice is based on. */
export interface Chosen {
  settings: NotificationSettings;
  tag: string;
}

async function send(init: RequestInit): Promise<Chosen> {
  const url = new URL(apiPath(['me', 'notifications']), location.origin);
  const response = await http.send(
    new Request(url, { credentials: 'same-origin', cache: 'no-store', ...init }),
  );
  const tag = response.headers.get('etag') ?? '';
  return { settings: (await response.json()) as NotificationSettings, tag };
}

export const notifications = {
  read: () => send({ method: 'GET' }),
  choose: (tag: string, settings: NotificationSettings) =>
    send({
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': tag.replace(/^W\//, '') },
      body: JSON.stringify(settings),
    }),
};
