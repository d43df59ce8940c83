/** Requests about corporate actions and earnings, and the factors that follow from them. */
import { request } from './plain';
import type { components } from './schema';
import type { Page } from './types';

type Schemas = components['schemas'];

export type CorporateEvent = Schemas['CorporateEvent'];
export type CorporateEventKind = Schemas['CorporateEventKind'];
export type NewCorporateEvent = Schemas['NewCorporateEvent'];
export type AdjustFor = Schemas['AdjustFor'];
export type Adjustments = Schemas['Adjustments'];
export type EarningsTime = Schemas['EarningsTime'];

export interface EventFilter {
  instrument?: string | null;
  from?: string | null;
  to?: string | null;
}

export const corporateActions = {
  list: (filter: EventFilter, cursor: string | null) =>
    request<Page<CorporateEvent>>('GET', ['corporate-actions'], { query: { ...filter, cursor } }),
  add: (body: NewCorporateEvent) => request<CorporateEvent>('POST', ['corporate-actions'], { body }),
  /** All of the file or nothing; what is wrong is told by line. */
  importFile: (file: Blob) =>
    request<Schemas['CorporateEventsImported']>('POST', ['corporate-actions'], {
      file: new Blob([file], { type: 'text/csv' }),
    }),
  remove: (id: string) => request<undefined>('DELETE', ['corporate-actions', id]),
  adjustments: (instrument: string, adjust: AdjustFor) =>
    request<Adjustments>('GET', ['instruments', instrument, 'adjustments'], { query: { adjust } }),
};
