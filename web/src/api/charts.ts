/** Requests of the chart page: the registry of indicators, their values, drawings and templates. */
import { request } from './plain';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Indicator = Schemas['Indicator'];
export type IndicatorParameter = Schemas['IndicatorParameter'];
export type IndicatorRequest = Schemas['IndicatorRequest'];
export type IndicatorRefused = Schemas['IndicatorRefused'];
export type IndicatorSeries = Schemas['IndicatorSeries'];

export type Drawing = Schemas['Drawing'];
export type DrawingKind = Schemas['DrawingKind'];
export type DrawingContent = Schemas['DrawingChange'];
export type Template = Schemas['ChartTemplate'];

const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` });

export const charts = {
  indicators: async () => (await request<Schemas['Indicators']>('GET', ['indicators'])).indicators,
  query: async (requests: IndicatorRequest[], signal?: AbortSignal) =>
    (
      await request<Schemas['IndicatorResults']>('POST', ['indicators', 'query'], {
        body: { requests },
        ...(signal && { signal }),
      })
    ).results,
  drawings: async (instrument: string) =>
    (await request<Schemas['Drawings']>('GET', ['chart', 'drawings'], { query: { instrument } })).drawings,
  createDrawing: (instrument: string, body: DrawingContent) =>
    request<Drawing>('POST', ['chart', 'drawings'], { body: { instrument, ...body } }),
  changeDrawing: (drawing: Drawing, body: DrawingContent) =>
    request<Drawing>('PUT', ['chart', 'drawings', drawing.id], { body, headers: ifMatch(drawing.version) }),
  removeDrawing: (id: string) => request<undefined>('DELETE', ['chart', 'drawings', id]),
  templates: async () => (await request<Schemas['ChartTemplates']>('GET', ['chart', 'templates'])).templates,
  saveTemplate: (name: string, content: Template['content']) =>
    request<Template>('PUT', ['chart', 'templates', name], { body: { content } }),
  removeTemplate: (name: string) => request<undefined>('DELETE', ['chart', 'templates', name]),
};
