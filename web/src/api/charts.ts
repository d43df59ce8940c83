/** Requests of the chart page: the registry of indicators, their values, drawings and templates. */
import { request } from './plain';

export interface IndicatorChoice {
  value: number;
  name: string;
}
export interface IndicatorParameter {
  name: string;
  kind: 'int' | 'float' | 'choice';
  default: number;
  min: number;
  max: number;
  choices?: IndicatorChoice[];
  /** The parameter whose value it takes when an id leaves it out. */
  follows?: string | null;
}
export interface Indicator {
  name: string;
  aliases?: string[];
  title: string;
  group: string;
  inputs: string[];
  parameters: IndicatorParameter[];
  outputs: { name: string }[];
  overlay: boolean;
  warm_up: number;
}
export interface IndicatorSeries {
  instrument: string;
  interval: string;
  /** Canonical id. */
  indicator: string;
  outputs: string[];
  times: string[];
  /** One list per output; `null` = no value. */
  values: (number | null)[][];
  forming?: boolean;
}
export interface IndicatorRequest {
  instrument: string;
  interval: string;
  indicators: string[];
  /** Bars that open at this time or later. */
  from?: string;
  /** Bars that open before this time. */
  to?: string;
  limit?: number;
}
export interface IndicatorRefused {
  indicator: string;
  error: { title: string; detail?: string | null };
}

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
  indicators: async () => (await request<{ indicators: Indicator[] }>('GET', ['indicators'])).indicators,
  query: async (requests: IndicatorRequest[], signal?: AbortSignal) =>
    (
      await request<{ results: (IndicatorSeries | IndicatorRefused)[] }>('POST', ['indicators', 'query'], {
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
