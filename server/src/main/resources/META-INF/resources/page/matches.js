// Records that may be one, where a person is to say whether they are.

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { countOf, countText, isNothing, keyText } from './text.js';

const SHOWN = 20;
const PATH = '/v1/admin/matches';

const percentText = (share) => `${Math.round(Number(share) * 100)} %`;
const keysText = ({ keys }) => Object.entries(keys).map(([system, key]) => `${system} ${keyText(key)}`).join(', ');

/** What both have of some fields, and how alike that is. */
function Comparison({ comparison: { fields, by, one, other, similarity } }) {
  const name = fields.join(', ');
  return h('tr', null,
    h('th', { scope: 'row', title: by }, name),
    [one, other].map((text, side) => h('td', { key: side }, isNothing(text) ? h('span', { class: 'quiet' }, 'no value') : text)),
    h('td', null, isNothing(similarity)
      ? h('span', { class: 'quiet' }, 'not compared')
      : [h('meter', { min: 0, max: 1, value: Number(similarity), 'aria-label': `${name}: how alike` }), ` ${percentText(similarity)}`]));
}

function Match({ match, onDecided }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(null);
  const { id, entity, score, ambiguous, comparisons, one, other } = match;
  async function decide(same) {
    setBusy(true);
    setFailure(null);
    try {
      const headers = { 'Content-Type': 'application/json' };
      await call(`${PATH}/${id}/decide`, { method: 'POST', headers, body: JSON.stringify({ same }) });
      onDecided(id);
    } catch (failed) {
      setFailure(failed);
      setBusy(false);
    }
  }
  return h('li', { class: 'match' },
    h('table', null,
      h('caption', null,
        h('strong', null, `${entity}: ${percentText(score)} alike`),
        ambiguous && h('span', { class: 'quiet' }, ' · like others, too')),
      h('thead', null, h('tr', null,
        h('th', { scope: 'col' }, 'Field'),
        h('th', { scope: 'col' }, keysText(one)),
        h('th', { scope: 'col' }, keysText(other)),
        h('th', { scope: 'col' }, 'Alike'))),
      h('tbody', null, comparisons.map((comparison, place) => h(Comparison, { key: place, comparison })))),
    h('p', { class: 'rules' },
      h('button', { disabled: busy, onClick: () => decide(true) }, 'The same'),
      h('button', { disabled: busy, onClick: () => decide(false) }, 'Different')),
    failure && h('p', { class: 'message', role: 'alert' }, failure.message));
}

/** How many pairs wait for a person, of all syncs. */
export const openMatches = (status) =>
  (status.merges?.matches ?? []).reduce((sum, { open }) => sum + open, 0);

/** Nothing where nobody is waited for. */
export function Matches({ status }) {
  const open = openMatches(status);
  const [items, setItems] = useState([]);
  useEffect(() => {
    let over = false;
    const show = ({ body }) => over || setItems(body.items);
    if (open === 0) setItems([]);
    // What fails here is asked again when their number changes; the page says that the server is away.
    else call(`${PATH}?state=open&limit=${SHOWN}`).then(show, () => {});
    return () => { over = true; };
  }, [open]);
  if (items.length === 0) return null;
  const decided = (id) => setItems(items.filter((item) => item.id !== id));
  return h('section', { class: 'card matches', 'aria-labelledby': 'matches-title' },
    h('header', null,
      h('h2', { id: 'matches-title' }, 'One record or two?'),
      h('span', { class: 'quiet' }, `${countOf(open, 'pair')}${open > items.length ? `, the first ${countText(items.length)}` : ''}`)),
    h('ul', null, items.map((match) => h(Match, { key: match.id, match, onDecided: decided }))));
}
