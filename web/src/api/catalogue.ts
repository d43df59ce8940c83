/** Requests about stored market data: series, gaps, quality, backfill, compaction, retention. */
import { request } from './plain';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Catalogue = Schemas['Catalogue'];
export type CatalogueSeries = Schemas['CatalogueSeries'];
export type CatalogueGap = Schemas['CatalogueGap'];
export type CatalogueGaps = Schemas['CatalogueGaps'];
export type SeriesQuality = Schemas['SeriesQuality'];
export type NewBackfill = Schemas['NewBackfill'];
export type Backfilled = Schemas['Backfilled'];
export type RetentionPolicy = Schemas['RetentionPolicy'];
export type RetentionDue = Schemas['RetentionDue'];
export type Retention = Schemas['Retention'];

/** A series of bars. */
export interface BarSeries {
  instrument: string;
  interval: string;
}
export interface SeriesFilter {
  kind?: string | null;
  instrument?: string | null;
}

export const catalogue = {
  list: (filter: SeriesFilter, cursor: string | null) =>
    request<Catalogue>('GET', ['catalogue'], { query: { ...filter, cursor } }),
  gaps: ({ instrument, interval }: BarSeries, days: number) =>
    request<CatalogueGaps>('GET', ['catalogue', 'gaps'], {
      query: { instrument, interval, days: String(days) },
    }),
  quality: ({ instrument, interval }: BarSeries) =>
    request<SeriesQuality>('GET', ['catalogue', 'quality'], { query: { instrument, interval } }),
  backfill: (body: NewBackfill, signal: AbortSignal) =>
    request<Backfilled>('POST', ['catalogue', 'backfill'], { body, signal }),
  compact: () => request<Schemas['CatalogueCompacted']>('POST', ['catalogue', 'compact']),
  retention: () => request<Retention>('GET', ['catalogue', 'retention']),
  applyRetention: () => request<Retention>('POST', ['catalogue', 'retention']),
};
