/** Work behind requests: one's own, and for administrators everybody's of their organisation. */
import { request } from './plain';
import type { Job, Page } from './types';

export interface JobFilter {
  kind?: string | null;
  state?: string | null;
}

export const jobs = {
  list: (filter: JobFilter, limit: number) =>
    request<Page<Job>>('GET', ['jobs'], { query: { ...filter, limit: String(limit) } }),
  get: (id: string) => request<Job>('GET', ['jobs', id]),
  cancel: (id: string) => request<Job>('POST', ['jobs', id, 'cancel']),
};
