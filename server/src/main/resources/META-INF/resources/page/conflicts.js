// What members did to the same record at the same time, where a person is to decide.

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { CLOCK, countOf, countText, isNothing, keyText, valueText } from './text.js';

const SHOWN = 20;
const PATH = '/v1/admin/conflicts';

function Side({ conflict: { key, field }, side, kept, busy, onPick }) {
  const { member, writtenAt, deleted, value } = side;
  const text = deleted ? 'deleted it' : field === null ? valuesText(value, key) : valueText(value);
  return h('div', { class: 'value-side' },
    h('p', { class: 'quiet' },
      h('strong', null, member), kept && ' · kept for now',
      !isNothing(writtenAt) && h('time', { dateTime: writtenAt, title: writtenAt }, ` · ${CLOCK.format(new Date(writtenAt))}`)),
    h('p', { class: 'told' }, text),
    h('button', { disabled: busy, onClick: () => onPick(member) }, kept ? `Keep that of ${member}` : `Take that of ${member}`));
}

const valuesText = (record, key) =>
  Object.entries(record).filter(([name]) => !(name in key)).map(([name, value]) => `${name}: ${valueText(value)}`).join(', ');

const OF_FIELDS = [['latest', 'the newest edit'], ['priority', 'the member that is listed first']];
const OF_DELETES = [['edit-wins', 'the edit'], ['delete-wins', 'the delete']];

/** What decides of this from now on, in all records. */
function Rule({ conflict: { entity, field }, busy, onRule }) {
  const what = field === null ? `any ${entity} that one deletes and another edits` : `the ${field} of any ${entity}`;
  return h('details', { class: 'rule' },
    h('summary', null, 'Make it a rule'),
    h('p', { class: 'quiet' }, `For ${what}, from now on (it is written into the config file) and for all that wait, this wins:`),
    h('p', { class: 'rules' }, (field === null ? OF_DELETES : OF_FIELDS).map(([rule, words]) =>
      h('button', { key: rule, disabled: busy, title: rule, onClick: () => onRule(rule) }, words))));
}

function Conflict({ conflict, onDecided, onRuled }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(null);
  const { id, entity, key, field, firstLoad, base, kept, other } = conflict;
  async function tell(what, body, onDone) {
    setBusy(true);
    setFailure(null);
    try {
      const headers = { 'Content-Type': 'application/json' };
      await call(`${PATH}/${id}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
      onDone(id);
    } catch (failed) {
      setFailure(failed);
      setBusy(false);
    }
  }
  const pick = (member) => tell('decision', { pick: member }, onDecided);
  const side = (which, isKept) => h(Side, { conflict, side: which, kept: isKept, busy, onPick: pick });
  return h('li', { class: 'conflict' },
    h('p', null,
      h('strong', null, `${entity} ${keyText(key)}`), ' ',
      field === null ? 'deleted by one, edited by the other' : h('code', null, field),
      h('span', { class: 'quiet' },
        field !== null && ` was ${valueText(base)}`, firstLoad && ' · from the first load')),
    h('div', { class: 'sides' }, side(kept, true), side(other, false)),
    h(Rule, { conflict, busy, onRule: (rule) => tell('rule', { rule }, onRuled) }),
    failure && h('p', { class: 'message', role: 'alert' }, failureText(failure)));
}

/** With what is wrong with the config, where it was refused. */
const failureText = ({ message, problem }) =>
  [message, ...(problem.problems ?? []).map(({ configPath, message: said }) => (configPath ? `${configPath}: ${said}` : said))].join(' ');

/** How many wait for a person, of all syncs. */
export const openConflicts = (status) =>
  (status.merges?.open ?? []).reduce((sum, { conflicts }) => sum + conflicts, 0);

/** Nothing where nobody is waited for. */
export function Conflicts({ status }) {
  const open = openConflicts(status);
  const [items, setItems] = useState([]);
  const [ruled, setRuled] = useState(0);
  useEffect(() => {
    let over = false;
    const show = ({ body }) => over || setItems(body.items);
    if (open === 0) setItems([]);
    // What fails here is asked again when their number changes; the page says that the server is away.
    else call(`${PATH}?state=open&limit=${SHOWN}`).then(show, () => {});
    return () => { over = true; };
  }, [open, ruled]);
  if (items.length === 0) return null;
  const decided = (id) => setItems(items.filter((item) => item.id !== id));
  return h('section', { class: 'card conflicts', 'aria-labelledby': 'conflicts-title' },
    h('header', null,
      h('h2', { id: 'conflicts-title' }, 'To be decided'),
      h('span', { class: 'quiet' }, `${countOf(open, 'conflict')}${open > items.length ? `, the first ${countText(items.length)}` : ''}`)),
    h('ul', null, items.map((conflict) => h(Conflict, { key: conflict.id, conflict, onDecided: decided, onRuled: () => setRuled(ruled + 1) }))));
}
