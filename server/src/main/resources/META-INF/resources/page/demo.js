// In the demo only: a button that has one customer edited in two systems at the same time, and what became of it.

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { valueText } from './text.js';

const FIELDS = ['country', 'phone'];

/** The conflict that is about a field of these edits: its two sides are what they wrote. */
function conflictOf(field, edits, conflicts) {
  const written = edits.map((edit) => edit[field]).sort().join();
  return conflicts.find((conflict) =>
    conflict.field === field && [conflict.kept.value, conflict.other.value].sort().join() === written);
}

function outcome(field, conflict) {
  if (!conflict) return 'is being merged…';
  const { state, rule, kept, decision, result } = conflict;
  if (state === 'open') return `waits for you: ${valueText(kept.value)} stays until you decide, below.`;
  if (decision) return `was decided by you${decision.pick ? `: that of ${decision.pick}` : ''}.`;
  return `is ${valueText(result ?? kept.value)}: that of ${kept.member} won${rule === 'latest' ? ', the newest edit' : ''}.`;
}

function Outcome({ made, status }) {
  const [conflicts, setConflicts] = useState([]);
  const { key, edits } = made;
  const found = FIELDS.map((field) => [field, conflictOf(field, edits, conflicts)]);
  const settled = found.every(([, conflict]) => conflict && conflict.state !== 'open');
  useEffect(() => {
    let over = false;
    const show = ({ body }) => over || setConflicts(body.items);
    // Asked anew with each status, which comes once a second; what fails is asked again then.
    if (!settled) call(`/v1/admin/conflicts?entity=customer&key=${key}&limit=100`).then(show, () => {});
    return () => { over = true; };
  }, [made, status]);
  return h('div', { class: 'crossing', role: 'status' },
    h('p', null, 'Customer ', h('strong', null, key), ' was edited at the same time by'),
    h('ul', null, edits.map(({ member, country, phone }) =>
      h('li', { key: member }, h('strong', null, member), `: country ${country}, phone ${phone}`))),
    h('p', null, 'and now'),
    h('ul', null, found.map(([field, conflict]) =>
      h('li', { key: field }, h('code', null, field), ' ', outcome(field, conflict)))));
}

/** Nothing where the server is not part of the demo. */
export function DemoConflict({ status }) {
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState(null);
  const [failure, setFailure] = useState(null);
  if (!status.demo) return null;
  async function make() {
    setBusy(true);
    setFailure(null);
    try {
      setMade((await call('/v1/admin/demo/conflict', { method: 'POST' })).body);
    } catch (failed) {
      setFailure(failed);
    }
    setBusy(false);
  }
  return h('section', { class: 'card demo', 'aria-labelledby': 'demo-title' },
    h('header', null,
      h('h2', { id: 'demo-title' }, 'Try a conflict'),
      h('button', { disabled: busy, onClick: make }, 'Make a conflict')),
    h('p', { class: 'quiet' },
      'Two systems edit the country and the phone of the same customer in the same moment. Of the country the newest edit '
      + 'wins; about the phone you decide.'),
    failure && h('p', { class: 'message', role: 'alert' }, failure.message),
    made && h(Outcome, { key: `${made.key} ${made.edits[0].phone}`, made, status }));
}
