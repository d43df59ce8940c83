/** Requests about corporate actions and earnings, and the factors that follow from them. */
import { request } from './plain';
import type { Decimal, Page, Timestamp } from './types';

export interface AdjustmentFactor {
  before: string;
  price: Decimal;
  volume: Decimal;
}
export type ActionKind = 'split' | 'bonus' | 'stock_dividend' | 'dividend' | 'rights' | 'earnings';
export interface NewCorporateAction {
  instrument: string;
  ex_date: string;
  kind: ActionKind;
  new?: Decimal | null;
  held?: Decimal | null;
  amount?: Decimal | null;
  currency?: string | null;
  price?: Decimal | null;
  period?: string | null;
  time?: string | null;
  confirmed?: boolean | null;
  source?: string | null;
}
export interface CorporateAction extends NewCorporateAction {
  id: string;
  added_by?: string;
  added_at?: Timestamp;
}
export interface ActionsImported {
  imported: number;
}

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
