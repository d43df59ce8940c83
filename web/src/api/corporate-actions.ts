/** Requests about corporate actions and earnings, and the factors that follow from them. */
import type { ActionsImported, AdjustmentFactor, CorporateAction, NewCorporateAction } from './data-types';
import { request } from './plain';
import type { Page } from './types';

export interface ActionFilter {
  instrument?: string | null;
  from?: string | null;
  to?: string | null;
}

export const corporateActions = {
  list: (filter: ActionFilter, cursor: string | null) =>
    request<Page<CorporateAction>>('GET', ['corporate-actions'], { query: { ...filter, cursor } }),
  add: (body: NewCorporateAction) => request<CorporateAction>('POST', ['corporate-actions'], { body }),
  /** All of the file or nothing; what is wrong is told by line. */
  importFile: (file: Blob) =>
    request<ActionsImported>('POST', ['corporate-actions'], { file: new Blob([file], { type: 'text/csv' }) }),
  remove: (id: string) => request<undefined>('DELETE', ['corporate-actions', id]),
  adjustments: async (instrument: string) =>
    (await request<{ factors: AdjustmentFactor[] }>('GET', ['instruments', instrument, 'adjustments']))
      .factors,
};
