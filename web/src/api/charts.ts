/** Requests of the chart page: the registry of indicators, their values, drawings and templates. */
import { request } from './plain';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Indicator = Schemas['Indicator'];
export type IndicatorParameter = Schemas['IndicatorParameter'];
export type IndicatorRequest = Schemas['IndicatorRequest'];
export type IndicatorRefused = Schemas['IndicatorRefused'];
export type IndicatorSeries = Schemas['IndicatorSeries'];

export type DrawingKind =
  'trend_line' | 'ray' | 'horizontal_line' | 'vertical_line' | 'rectangle' | 'fibonacci' | 'text';
export interface DrawingPoint {
  time: string;
  price: string;
}
export interface DrawingStyle {
  color?: string | null;
  width?: number | null;
  text?: string | null;
}
export interface DrawingContent {
  kind: DrawingKind;
  points: DrawingPoint[];
  style: DrawingStyle;
}
export interface Drawing extends DrawingContent {
  id: string;
  instrument: string;
  version: number;
}

export interface TemplateIndicator {
  id: string;
  pane?: number | null;
  colors?: string[];
  interval?: string | null;
}
export interface Template {
  name: string;
  content: { indicators: TemplateIndicator[]; interval?: string | null };
  version: number;
}

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
    (await request<{ drawings: Drawing[] }>('GET', ['chart', 'drawings'], { query: { instrument } }))
      .drawings,
  createDrawing: (instrument: string, body: DrawingContent) =>
    request<Drawing>('POST', ['chart', 'drawings'], { body: { instrument, ...body } }),
  changeDrawing: (drawing: Drawing, body: DrawingContent) =>
    request<Drawing>('PUT', ['chart', 'drawings', drawing.id], { body, headers: ifMatch(drawing.version) }),
  removeDrawing: (id: string) => request<undefined>('DELETE', ['chart', 'drawings', id]),
  templates: async () => (await request<{ templates: Template[] }>('GET', ['chart', 'templates'])).templates,
  saveTemplate: (name: string, content: Template['content']) =>
    request<Template>('PUT', ['chart', 'templates', name], { body: { content } }),
  removeTemplate: (name: string) => request<undefined>('DELETE', ['chart', 'templates', name]),
};
