/** The parts of an OpenAPI 3.1 document that the reference shows, and how they read. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  description?: string;
  schema?: Schema;
}
type Content = Record<string, { schema?: Schema; example?: unknown }>;
interface Raw {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  deprecated?: boolean;
  security?: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses?: Record<string, { description?: string; content?: Content }>;
}
export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Raw>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Answer {
  status: string;
  about: string;
  media: string | null;
  schema: Schema | null;
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  deprecated: boolean;
  /** Whether it takes a session or a key. */
  guarded: boolean;
  parameters: Parameter[];
  body: { media: string; schema: Schema | null; example: unknown; required: boolean } | null;
  answers: Answer[];
  /** Codes of problems, by status. */
  errors: { status: string; codes: string[] }[];
}
export interface Group {
  name: string;
  about: string;
  operations: Operation[];
}

const PROBLEM = 'application/problem+json';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function operation(path: string, method: string, raw: Raw): Operation {
  const answers: Answer[] = [];
  const errors: Operation['errors'] = [];
  for (const [status, { description = '', content = {} }] of Object.entries(raw.responses ?? {})) {
    if (content[PROBLEM]) {
      errors.push({ status, codes: description.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\b(?=[,.]|$)/g) ?? [] });
      continue;
    }
    const kinds = Object.entries(content);
    if (kinds.length === 0) answers.push({ status, about: description, media: null, schema: null });
    for (const [media, { schema = null }] of kinds)
      answers.push({ status, about: description, media, schema });
  }
  // The first sentence is what it does; the rest is how.
  const [title = '', ...rest] = (raw.summary ?? '').split(/(?<=\.)\s+/);
  const [media, sent] = Object.entries(raw.requestBody?.content ?? {})[0] ?? [];
  return {
    id: raw.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    tag: raw.tags?.[0] ?? 'other',
    summary: title,
    description: [...rest, raw.description ?? ''].join(' ').trim(),
    deprecated: raw.deprecated ?? false,
    guarded: (raw.security?.length ?? 0) > 0,
    parameters: raw.parameters ?? [],
    body:
      media && sent
        ? {
            media,
            schema: sent.schema ?? null,
            example: sent.example,
            required: raw.requestBody?.required ?? false,
          }
        : null,
    answers,
    errors,
  };
}

/** Operations by tag, in the document's order; groups without any are left out. */
export function groupsOf(document: OpenApi): Group[] {
  const groups = new Map<string, Group>();
  for (const { name, description = '' } of document.tags ?? []) {
    groups.set(name, { name, about: description, operations: [] });
  }
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, raw] of Object.entries(item)) {
      if (!METHODS.includes(method)) continue;
      const one = operation(path, method, raw);
      const group = groups.get(one.tag) ?? { name: one.tag, about: '', operations: [] };
      group.operations.push(one);
      groups.set(one.tag, group);
    }
  }
  return [...groups.values()].filter((group) => group.operations.length > 0);
}

/** Whether each word is in the operation's method, path, name or summary. */
export function matches(one: Operation, words: string): boolean {
  const text = `${one.method} ${one.path} ${one.id} ${one.summary} ${one.tag}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export const nameOf = (ref: string): string => ref.split('/').pop() ?? ref;

/** A type in words, in pieces, so that names of schemas can be links. */
export type Piece = string | { ref: string };

function joined(parts: readonly Schema[], between: string): Piece[] {
  return parts.flatMap((part, index) => (index > 0 ? [between, ...typeOf(part)] : typeOf(part)));
}

export function typeOf(schema: Schema | null | undefined): Piece[] {
  if (!schema) return ['any'];
  if (schema.$ref) return [{ ref: nameOf(schema.$ref) }];
  const either = schema.oneOf ?? schema.anyOf;
  if (either) return joined(either, ' | ');
  if (schema.allOf) return joined(schema.allOf, ' & ');
  if (schema.enum) return [schema.enum.map(String).join(' | ')];
  if (schema.items) return ['list of ', ...typeOf(schema.items)];
  if (typeof schema.additionalProperties === 'object')
    return ['map of ', ...typeOf(schema.additionalProperties)];
  const type = [schema.type ?? 'any'].flat().join(' | ');
  return [schema.format ? `${type} (${schema.format})` : type];
}

/** `1 to 64`, `at most 256`: what a number or a count has to be. */
function range(min: number | undefined, max: number | undefined): string | null {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? null : `at most ${max}`;
}

/** What a value has to satisfy beside its type. */
export function limitsOf(schema: Schema): string[] {
  const counted = (text: string | null, what: string) => (text ? [`${text}${what}`] : []);
  return [
    ...counted(range(schema.minimum, schema.maximum), ''),
    ...counted(range(schema.minLength, schema.maxLength), ' characters'),
    ...counted(range(schema.minItems, schema.maxItems), ' entries'),
    ...(schema.pattern ? [`matches ${schema.pattern}`] : []),
    ...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} when absent`]),
  ];
}

export interface Row {
  name: string;
  required: boolean;
  type: Piece[];
  about: string;
}
const DEPTH_MAX = 3;

/** The fields of an object; those of objects written in place follow theirs, as `items[].price`. */
export function rowsOf(schema: Schema, prefix = '', depth = 0): Row[] {
  const needed = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([field, value]) => {
    const name = prefix + field;
    const inner = value.items ?? value;
    const described = value.oneOf?.find((one) => one.description);
    const about = [value.description ?? described?.description ?? '', ...limitsOf(value)]
      .filter(Boolean)
      .join(' · ');
    const row: Row = { name, required: needed.has(field), type: typeOf(value), about };
    if (!inner.properties || depth >= DEPTH_MAX) return [row];
    row.type = [value.items ? 'list of objects' : 'object'];
    return [row, ...rowsOf(inner, `${name}${value.items ? '[]' : ''}.`, depth + 1)];
  });
}

/**
 * A value as the schema wants it, with the document's examples. Of an object: what is required and, unless it is to be
 * sent, what has an example; all examples together may contradict each other.
 */
export function exampleOf(
  schema: Schema | null,
  schemas: Record<string, Schema>,
  sent = false,
  depth = 0,
): unknown {
  if (!schema || depth > 6) return null;
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref) return exampleOf(schemas[nameOf(schema.$ref)] ?? null, schemas, sent, depth + 1);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const either = (schema.oneOf ?? schema.anyOf)?.find((one) => one.type !== 'null');
  if (either) return exampleOf(either, schemas, sent, depth + 1);
  if (schema.allOf)
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, schemas, sent, depth + 1)));
  if (schema.properties) {
    const needed = new Set(schema.required);
    const shown = Object.entries(schema.properties).filter(
      ([name, value]) => needed.has(name) || (value.example !== undefined && !(sent && needed.size > 0)),
    );
    return Object.fromEntries(
      shown.map(([name, value]) => [name, exampleOf(value, schemas, sent, depth + 1)]),
    );
  }
  if (schema.items) return [exampleOf(schema.items, schemas, sent, depth + 1)];
  switch ([schema.type].flat()[0]) {
    case 'string':
      return schema.format === 'date-time'
        ? '2026-01-01T00:00:00Z'
        : schema.format === 'date'
          ? '2026-01-01'
          : '';
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return {};
  }
}
