/** What a person may ask about their own data, and what administrators do about it. */
import { ApiError } from './problem';
import { apiPath, request } from './plain';
import type {
  Consents,
  ConsentPurpose,
  DeletionRequest,
  Page,
  RetentionEnforced,
  RetentionReport,
} from './types';

const OWN = ['me', 'deletion-request'];
const of = (id: string, what: string) => ['deletion-requests', id, what];

export const privacy = {
  exportHref: () => apiPath(['me', 'data-export']),
  /** Null when there is none. */
  deletion: async (): Promise<DeletionRequest | null> => {
    try {
      return await request<DeletionRequest>('GET', OWN);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  },
  askDeletion: () => request<DeletionRequest>('POST', OWN),
  withdraw: () => request<undefined>('DELETE', OWN),
  consents: async () => (await request<Consents>('GET', ['me', 'consents'])).items,
  decide: (purpose: ConsentPurpose, granted: boolean, policy: string) =>
    request<Consents>('PUT', ['me', 'consents', purpose], { body: { granted, policy } }),

  requests: (cursor: string | null) =>
    request<Page<DeletionRequest>>('GET', ['deletion-requests'], { query: { cursor } }),
  hold: (id: string, reason: string) =>
    request<DeletionRequest>('POST', of(id, 'hold'), { body: { reason } }),
  release: (id: string) => request<DeletionRequest>('POST', of(id, 'release')),
  execute: (id: string) => request<DeletionRequest>('POST', of(id, 'execute')),
  retention: () => request<RetentionReport>('GET', ['retention']),
  enforce: () => request<RetentionEnforced>('POST', ['retention', 'enforce']),
};
