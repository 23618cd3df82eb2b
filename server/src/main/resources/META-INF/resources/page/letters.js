// What was refused on its way in or is held, where a person may correct it, let it through or give it up.

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { draftOf, Field, jsonOf } from './fields.js';
import { CLOCK, countOf, countText, isNothing, keyText, valueText } from './text.js';

const SHOWN = 20;
const PATH = '/v1/admin/dead-letters';

/** The fields at fault, to be corrected; none where the entity is not served or the row as a whole is at fault. */
const wrongFields = (letter, entity) =>
  (entity?.fields ?? []).filter(({ name }) => !entity.key.includes(name) && letter.findings.some(({ field }) => field === name));

const othersText = ({ row, key }, wrong) =>
  Object.entries(row ?? {})
    .filter(([name]) => !(name in (key ?? {})) && !wrong.some((field) => field.name === name))
    .map(([name, value]) => `${name}: ${valueText(value)}`).join(', ');

function Discard({ busy, onDiscard }) {
  const [reason, setReason] = useState('');
  const submit = (event) => {
    event.preventDefault();
    onDiscard(reason.trim());
  };
  return h('details', { class: 'rule' },
    h('summary', null, 'Give it up'),
    h('form', { class: 'actions', onSubmit: submit },
      h('label', null, 'Why', ' ',
        h('input', { value: reason, required: true, maxLength: 1000, onInput: ({ target }) => setReason(target.value) })),
      h('button', { disabled: busy || reason.trim() === '' }, 'Discard')));
}

function Letter({ letter, entity, onClosed, onTried }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(null);
  const [drafts, setDrafts] = useState({});
  const [messages, setMessages] = useState({});
  const { id, system, key, operation, time, state, attempts, cause } = letter;
  const wrong = wrongFields(letter, entity);
  const was = ({ name }) => draftOf((letter.edited ?? letter.row ?? {})[name]);
  const touched = wrong.filter((field) => field.name in drafts && drafts[field.name] !== was(field));

  async function act(work) {
    setBusy(true);
    setFailure(null);
    try {
      const { body } = await work();
      if (isNothing(body.closedAt)) onTried(body);
      else onClosed(id);
    } catch (failed) {
      // Something newer has taken its place meanwhile.
      if (failed.problem.code === 'letter-closed') onClosed(id);
      else setFailure(failed);
    } finally {
      setBusy(false);
    }
  }
  async function replay(read) {
    if (read.length > 0) {
      const parts = read.map(({ name, json }) => `${JSON.stringify(name)}:${json}`);
      const headers = { 'Content-Type': 'application/merge-patch+json' };
      await call(`${PATH}/${id}`, { method: 'PATCH', headers, body: `{${parts.join(',')}}` });
    }
    return call(`${PATH}/${id}/replay`, { method: 'POST' });
  }
  function onReplay() {
    const read = touched.map((field) => ({ name: field.name, ...jsonOf(field, drafts[field.name]) }));
    const said = Object.fromEntries(read.filter(({ message }) => message).map(({ name, message }) => [name, message]));
    setMessages(said);
    if (Object.keys(said).length === 0) act(() => replay(read));
  }
  const discard = (reason) =>
    act(() => call(`${PATH}/${id}?reason=${encodeURIComponent(reason)}`, { method: 'DELETE' }));

  const fieldOf = (field) => {
    const { name } = field;
    const change = (draft) => setDrafts({ ...drafts, [name]: draft });
    const draft = drafts[name] ?? was(field);
    return h(Field, { key: name, form: `letter-${id}`, field, draft, touched: name in drafts, message: messages[name], change });
  };
  const others = othersText(letter, wrong);
  return h('li', { class: 'conflict' },
    h('p', null,
      h('strong', null, `${letter.entity} ${key ? keyText(key) : 'without a key'}`),
      ` ${state === 'held' ? 'is held' : 'was refused'} `,
      h('span', { class: 'quiet' },
        `${operation} from ${system} · `, h('time', { dateTime: time, title: time }, CLOCK.format(new Date(time))),
        attempts > 1 && ` · tried ${attempts} times`)),
    h('p', { class: 'told' }, cause.message),
    cause.remedy && h('p', { class: 'quiet' }, cause.remedy),
    others && h('p', { class: 'quiet' }, others),
    wrong.length > 0 && h('div', { class: 'fields' }, wrong.map(fieldOf)),
    h('div', { class: 'actions' },
      h('button', { disabled: busy, onClick: onReplay },
        state === 'held' ? 'Let it through' : touched.length > 0 ? 'Correct and replay' : 'Replay')),
    h(Discard, { busy, onDiscard: discard }),
    failure && h('p', { class: 'message', role: 'alert' }, failure.message));
}

/** Nothing where none waits. */
export function DeadLetters({ status, entities }) {
  const open = status.deadLetters;
  const [items, setItems] = useState([]);
  useEffect(() => {
    let over = false;
    const show = ({ body }) => over || setItems(body.items);
    if (open === 0) setItems([]);
    // What fails here is asked again when their number changes; the page says that the server is away.
    else call(`${PATH}?limit=${SHOWN}`).then(show, () => {});
    return () => { over = true; };
  }, [open]);
  if (items.length === 0) return null;
  const closed = (id) => setItems(items.filter((item) => item.id !== id));
  const tried = (letter) => setItems(items.map((item) => (item.id === letter.id ? letter : item)));
  const entityOf = ({ entity }) => entities.find(({ name }) => name === entity);
  return h('section', { class: 'card conflicts', 'aria-labelledby': 'letters-title' },
    h('header', null,
      h('h2', { id: 'letters-title' }, 'Dead letters'),
      h('span', { class: 'quiet' }, `${countOf(open, 'change')} set aside${open > items.length ? `, the first ${countText(items.length)}` : ''}`)),
    h('ul', null, items.map((letter) =>
      h(Letter, { key: letter.id, letter, entity: entityOf(letter), onClosed: closed, onTried: tried }))));
}
