'use strict';
// Draws the OpenAPI document that this server serves. Builds nodes, never markup from text.
const el = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

const typeOf = (schema) => {
  if (!schema) return 'any';
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return el('a', { href: `#schema-${name}` }, name);
  }
  for (const key of ['oneOf', 'anyOf', 'allOf']) {
    if (schema[key]) return el('span', {}, ...schema[key].flatMap((part, n) => (n ? [' | ', typeOf(part)] : [typeOf(part)])));
  }
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.type === 'array') return el('span', {}, 'list of ', typeOf(schema.items));
  const type = [].concat(schema.type ?? 'any').join(' | ');
  return schema.format ? `${type} (${schema.format})` : type;
};

const table = (head, rows) =>
  el('table', {},
    el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map((cell) => el('td', {}, cell ?? ''))))));

const section = (title, node) => el('section', {}, el('h4', {}, title), node);

const operation = (path, method, op) => {
  const body = el('div');
  if (op.description) body.append(el('p', {}, op.description));
  if (op.parameters?.length) {
    body.append(section('Parameters', table(['name', 'in', 'type', 'meaning'],
      op.parameters.map((p) => [p.name + (p.required ? ' *' : ''), p.in, typeOf(p.schema), p.description]))));
  }
  const sent = op.requestBody?.content?.['application/json'];
  if (sent) body.append(section('Body', el('p', {}, typeOf(sent.schema))));
  body.append(section('Answers', table(['status', 'type', 'meaning'],
    Object.entries(op.responses ?? {}).map(([status, answer]) => [
      status, typeOf(Object.values(answer.content ?? {})[0]?.schema), answer.description]))));
  const summary = el('summary', {}, el('span', { class: 'method' }, method.toUpperCase()),
    el('span', { class: 'path' }, path), ` ${op.summary ?? ''}`);
  return el('details', { 'data-text': `${method} ${path} ${op.summary ?? ''}`.toLowerCase() }, summary, body);
};

const schemaOf = (name, schema) => {
  const body = el('div');
  if (schema.description) body.append(el('p', {}, schema.description));
  if (schema.properties) {
    const needed = new Set(schema.required ?? []);
    body.append(table(['field', 'type', 'meaning'], Object.entries(schema.properties).map(([field, value]) =>
      [field + (needed.has(field) ? ' *' : ''), typeOf(value), value.description])));
  } else {
    body.append(el('pre', {}, JSON.stringify(schema, null, 2)));
  }
  return el('details', { id: `schema-${name}`, 'data-text': name.toLowerCase() }, el('summary', {}, name), body);
};

const draw = (doc) => {
  const content = document.getElementById('content');
  content.replaceChildren();
  const groups = new Map((doc.tags ?? []).map((tag) => [tag.name, { about: tag.description, list: [] }]));
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(item)) {
      const tag = op.tags?.[0] ?? 'other';
      if (!groups.has(tag)) groups.set(tag, { about: '', list: [] });
      groups.get(tag).list.push(operation(path, method, op));
    }
  }
  for (const [name, group] of groups) {
    content.append(el('section', {}, el('h2', {}, name), el('p', {}, group.about ?? ''), ...group.list));
  }
  const schemas = Object.entries(doc.components?.schemas ?? {}).map(([name, schema]) => schemaOf(name, schema));
  content.append(el('section', {}, el('h2', {}, 'Schemas'), ...schemas));
};

document.getElementById('find').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const node of document.querySelectorAll('details')) node.hidden = !node.dataset.text.includes(wanted);
});

fetch('/api/v1/openapi.json')
  .then((answer) => answer.json())
  .then(draw)
  .catch((error) => document.getElementById('content').replaceChildren(el('p', {}, `Could not be loaded: ${error}`)));
