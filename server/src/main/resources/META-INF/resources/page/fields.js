// A form field for each field of an entity, and its text as a JSON value. Empty means no value.

import { h } from 'preact';
import { isNothing, valueText } from './text.js';

const INTEGER = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The JSON type of a field: the schema's, which may list null as well; else "json". */
function typeOf({ schema, type }) {
  const types = [schema?.type ?? type].flat().filter((name) => name !== 'null');
  return ['string', 'integer', 'number', 'boolean'].includes(types[0]) && types.length === 1 ? types[0] : 'json';
}

/** What a field of the form begins with. */
export const draftOf = (value) => (isNothing(value) ? '' : valueText(value));

/** A draft as {json}, its text with every digit as typed, or {message} that says what is wrong. */
export function jsonOf(field, draft) {
  const type = typeOf(field);
  const text = draft.trim();
  if (draft === '' && !(field.required && type === 'string')) return { json: 'null' };
  if (type === 'string') return { json: JSON.stringify(field.schema?.format ? text : draft) };
  if (type === 'integer' && !INTEGER.test(text)) return { message: 'This must be a whole number.' };
  if (type === 'integer') return { json: Number.isSafeInteger(Number(text)) ? text : JSON.stringify(text) };
  if (type === 'number' && !NUMBER.test(text)) return { message: 'This must be a number, such as 12.50.' };
  try {
    JSON.parse(text);
    return { json: text };
  } catch {
    return { message: 'This must be JSON.' };
  }
}

function control(field, draft, attributes) {
  const type = typeOf(field);
  const choices = field.schema?.enum?.map(valueText) ?? (type === 'boolean' ? ['true', 'false'] : null);
  if (choices) {
    const all = new Set([...(field.required ? [] : ['']), draft, ...choices]);
    return h('select', attributes, [...all].map((choice) => h('option', { key: choice, value: choice }, choice || 'no value')));
  }
  const typed = { ...attributes, placeholder: 'no value', autocomplete: 'off' };
  if (type === 'json' || draft.length > 80) return h('textarea', { ...typed, rows: 3 });
  if (field.schema?.format === 'date') return h('input', { ...typed, type: 'date' });
  return h('input', { ...typed, inputMode: { integer: 'numeric', number: 'decimal' }[type] });
}

/** One labelled control with its message. */
export function Field({ form = 'field', field, draft, touched, message, change }) {
  const { name, required, schema } = field;
  const id = `${form}-${name}`;
  const invalid = message && { 'aria-invalid': 'true', 'aria-describedby': `${id}-message` };
  const onInput = (event) => change(event.target.value);
  return h('div', { class: touched ? 'field touched' : 'field' },
    h('label', { for: id }, name, ' ', h('span', { class: 'quiet' }, required ? 'required' : schema?.format)),
    control(field, draft, { id, name, value: draft, onInput, disabled: schema?.readOnly === true, ...invalid }),
    message && h('p', { class: 'message', id: `${id}-message` }, message));
}
