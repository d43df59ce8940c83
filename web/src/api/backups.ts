/** Backups of the database and the journal. */
import { request } from './plain';
import type { Backups, Job } from './types';

export const backups = {
  list: (limit: number) => request<Backups>('GET', ['backups'], { query: { limit: String(limit) } }),
  /** The same key is the same backup, however often it is sent. */
  take: (key: string) => request<Job>('POST', ['backups'], { headers: { 'idempotency-key': key } }),
  verify: (id: string) => request<Job>('POST', ['backups', id, 'verify']),
  drill: (id: string) => request<Job>('POST', ['backups', id, 'drill']),
};
