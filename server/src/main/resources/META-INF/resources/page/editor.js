// "Edit a record": loads one, sends only what was changed, and shows the edit on its way.

import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, listPath, recordPath } from './api.js';
import { draftOf, Field, jsonOf } from './fields.js';
import { delivered, Journey, listen } from './journey.js';
import { parseExact, valueText } from './text.js';

const CHOICES = 50;
const CALM = { messages: {}, general: '' };

const keyPartsOf = (entity, values) => entity.key.map((name) => valueText(values[name]));

/** The fields whose draft differs from the record. */
const touchedOf = (fields, { record, drafts }) =>
  fields.filter(({ name }) => name in drafts && drafts[name] !== draftOf(record[name]));

/** What a refusal says at the fields, and what is left to say above the form. */
function answerOf({ status, message: detail, problem }, fields) {
  const messages = {};
  const rest = [];
  for (const { field, message } of problem.findings ?? [{ field: problem.field, message: detail }]) {
    if (fields.some(({ name }) => name === field)) messages[field] = message;
    else rest.push(field ? `${field}: ${message}` : message);
  }
  if (status === 412) rest.push('Load the record again, then edit it.');
  return { messages, general: rest.join(' ') };
}

/** Chooses an entity and a key; the first record is loaded by itself. */
function Chooser({ entities, entity, choose, keyParts, setKeyParts, load }) {
  const [choices, setChoices] = useState([]);
  const asked = useRef(false);
  asked.current = keyParts.length > 0;
  useEffect(() => {
    const loading = new AbortController();
    const show = ({ body: { items } }) => {
      setChoices(items);
      if (!asked.current && items.length > 0) load(keyPartsOf(entity, items[0]));
    };
    setChoices([]);
    // The list is a convenience: a key can be entered without it.
    call(`${listPath(entity)}?limit=${CHOICES}`, { signal: loading.signal }).then(show, () => {});
    return () => loading.abort();
  }, [entity.name]);

  const list = entity.key.length === 1 ? 'choices' : undefined;
  const label = entity.fields.find(({ name, type }) => type === 'string' && !entity.key.includes(name))?.name;
  const submit = (event) => {
    event.preventDefault();
    load(keyParts.map((part) => part.trim()));
  };
  const keyInput = (name, index) => {
    const onInput = ({ target }) => setKeyParts(entity.key.map((_, i) => (i === index ? target.value : (keyParts[i] ?? ''))));
    return h('label', { key: name }, name,
      h('input', { value: keyParts[index] ?? '', required: true, autocomplete: 'off', list, onInput }));
  };
  return h('form', { class: 'chooser', onSubmit: submit },
    h('label', null, 'Entity',
      h('select', { value: entity.name, onChange: ({ target }) => choose(target.value) },
        entities.map(({ name }) => h('option', { key: name, value: name }, name)))),
    entity.key.map(keyInput),
    list && h('datalist', { id: list },
      choices.map((record) => h('option', { value: keyPartsOf(entity, record)[0] }, label && valueText(record[label])))),
    h('button', null, 'Load'));
}

/** Shown for the entities that can be written. */
export function Editor({ entities, status, stream }) {
  const [entityName, setEntityName] = useState(entities[0].name);
  const [keyParts, setKeyParts] = useState([]);
  const [loaded, setLoaded] = useState(null); // {parts, record, etag, drafts}
  const [answer, setAnswer] = useState(CALM);
  const [steps, setSteps] = useState([]);
  const [sending, setSending] = useState(false);
  const run = useRef(new AbortController());
  const form = useRef(null);
  const now = useRef(null);
  const entity = entities.find(({ name }) => name === entityName) ?? entities[0];
  const fields = entity.fields.filter(({ name }) => !entity.key.includes(name));
  now.current = { entity, fields, loaded, sending };

  /** Forgets the edit before: its timings, its messages, and what it still waits for. */
  function begin() {
    run.current.abort();
    run.current = new AbortController();
    setSteps([]);
    setAnswer(CALM);
    return run.current.signal;
  }

  function choose(name) {
    begin();
    setLoaded(null);
    setKeyParts([]);
    setEntityName(name);
  }

  async function load(parts) {
    const signal = begin();
    setKeyParts(parts);
    try {
      const { headers, body } = await call(recordPath(entity, parts), { signal });
      setLoaded({ parts, record: body, etag: headers.get('ETag'), drafts: {} });
      stream.remember(entity.name, Object.fromEntries(entity.key.map((name) => [name, body[name]])), body);
    } catch (failure) {
      if (signal.aborted) return;
      setLoaded(null);
      setAnswer({ messages: {}, general: failure.message });
    }
  }

  /** The record follows the stream, so that If-Match fails only where the same field was edited. */
  function follow({ kind, data }) {
    const { entity: of, fields: all, loaded: shown, sending: busy } = now.current;
    if (!shown || busy || kind !== 'updated' || !data.includes(`"${of.name}"`)) return;
    if (!shown.parts.every((part) => data.includes(part))) return;
    const { entity: name, key, version, origin = 'Somebody' } = JSON.parse(data);
    if (name !== of.name || keyPartsOf(of, key).some((part, index) => part !== shown.parts[index])) return;
    const { record } = parseExact(data);
    const differs = (field) => valueText(record[field]) !== valueText(shown.record[field]);
    const hit = touchedOf(all, shown).map((field) => field.name).filter(differs);
    if (hit.length === 0) setLoaded({ ...shown, record, etag: `"${version}"` });
    else setAnswer({ messages: {}, general: `Meanwhile ${origin} changed ${hit.join(', ')}. Load the record again.` });
  }
  useEffect(() => stream.onArrival(follow), [stream]);
  useEffect(() => () => run.current.abort(), []);

  function refuse(refusal) {
    setAnswer(refusal);
    const first = fields.find(({ name }) => refusal.messages[name]);
    form.current.elements[first?.name]?.focus();
  }

  /** The changed fields as a JSON merge patch; null where one cannot be read or nothing has changed. */
  function patch() {
    const read = touchedOf(fields, loaded).map((field) => [field.name, jsonOf(field, loaded.drafts[field.name])]);
    const wrong = read.filter(([, { message }]) => message);
    const messages = Object.fromEntries(wrong.map(([name, { message }]) => [name, message]));
    if (read.length > 0 && wrong.length === 0) {
      return `{${read.map(([name, { json }]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
    }
    refuse({ messages, general: read.length > 0 ? '' : 'Nothing was changed: nothing to send.' });
    return null;
  }

  async function send(event) {
    event.preventDefault();
    const body = sending ? null : patch();
    if (body === null) return;
    const signal = begin();
    const arrival = listen(stream, signal);
    const headers = { 'Content-Type': 'application/merge-patch+json', ...(loaded.etag && { 'If-Match': loaded.etag }) };
    setSending(true);
    const sentAt = performance.now();
    try {
      const written = await call(recordPath(entity, loaded.parts), { method: 'PATCH', headers, body });
      const answeredAt = performance.now();
      if (signal.aborted) return;
      const etag = written.headers.get('ETag');
      setLoaded({ ...loaded, record: written.body, etag, drafts: {} });
      const cursor = etag === loaded.etag ? null : written.headers.get('Unisono-Cursor');
      time({ cursor, sentAt, answeredAt, arrival, signal });
    } catch (failure) {
      if (!signal.aborted) refuse(answerOf(failure, fields));
      run.current.abort();
    } finally {
      setSending(false);
    }
  }

  function time({ cursor, sentAt, answeredAt, arrival, signal }) {
    const members = status.syncs.filter((sync) => sync.entity === entity.name).flatMap((sync) => sync.members);
    const isTarget = ({ direction }) => direction === 'write';
    const owner = members.find((member) => !isTarget(member))?.system;
    const systems = [...new Set(members.filter(isTarget).map(({ system }) => system))];
    const first = { name: `${owner} has confirmed, the journal holds it`, millis: answeredAt - sentAt };
    if (cursor === null) return setSteps([first, { name: 'The record is as it was', note: 'nothing to carry on' }]);
    const waited = [
      { name: 'Arrived on this page', moment: arrival(cursor) },
      ...systems.map((system) => ({ system, name: `Arrived in ${system}`, moment: delivered(system, cursor, signal) })),
    ];
    setSteps([first, ...waited]);
    for (const { name, moment } of waited) {
      const update = (steps, outcome) => steps.map((step) => (step.name === name ? { ...step, ...outcome } : step));
      moment
        .then((at) => (at === null ? { note: 'did not arrive in time' } : { millis: at - sentAt }))
        .catch((failure) => ({ note: failure.message }))
        .then((outcome) => signal.aborted || setSteps((shown) => update(shown, outcome)));
    }
  }

  const touched = loaded ? touchedOf(fields, loaded) : [];
  const fieldOf = (field) => {
    const { name } = field;
    const change = (draft) => setLoaded({ ...loaded, drafts: { ...loaded.drafts, [name]: draft } });
    const draft = loaded.drafts[name] ?? draftOf(loaded.record[name]);
    return h(Field, { key: name, field, draft, touched: touched.includes(field), message: answer.messages[name], change });
  };
  return h('section', { class: 'card editor', 'aria-labelledby': 'editor-title' },
    h('header', null, h('h2', { id: 'editor-title' }, 'Edit a record')),
    h(Chooser, { entities, entity, choose, keyParts, setKeyParts, load }),
    h('p', { class: answer.general && 'notice', role: 'alert' }, answer.general),
    loaded && h('form', { ref: form, onSubmit: send, noValidate: true },
      h('div', { class: 'fields' }, fields.map(fieldOf)),
      h('div', { class: 'actions' },
        h('button', { class: 'primary', 'aria-disabled': String(sending) }, sending ? 'Sending…' : 'Send the change'),
        h('span', { class: 'quiet' }, touched.map(({ name }) => name).join(', ') || 'nothing changed yet'))),
    steps.length > 0 && h(Journey, { steps, targets: status.targets }));
}
