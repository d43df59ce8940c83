/** The audit log: who did what, and whether the log is whole. */
import { apiPath, request } from './plain';
import type { AuditEntry, AuditVerification, Organisation, Page } from './types';

export interface AuditFilter {
  who?: string | null;
  action?: string | null;
  /** RFC 3339; not before, and before. */
  from?: string | null;
  to?: string | null;
}

export const audit = {
  list: (filter: AuditFilter, cursor: string | null) =>
    request<Page<AuditEntry>>('GET', ['audit'], { query: { ...filter, cursor } }),
  verify: () => request<AuditVerification>('GET', ['audit', 'verify']),
  exportHref: (format: 'JSONL' | 'CSV') => apiPath(['audit', 'export'], { format }),
};

export const organisation = {
  get: () => request<Organisation>('GET', ['organisation']),
  rename: (name: string, version: number) =>
    request<Organisation>('PATCH', ['organisation'], {
      body: { name },
      headers: { 'If-Match': `"${version}"` },
    }),
};
