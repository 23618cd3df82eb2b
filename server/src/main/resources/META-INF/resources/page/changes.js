// The last changes as they stream in, newest first, what changed highlighted.

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { SHOWN } from './stream.js';
import { countText, keyText, valueText } from './text.js';

const SIGNS = { created: '+', updated: '✎', deleted: '−', truncated: '∅' };
const MOST_FIELDS = 6;
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

function Values({ change: { kind, key = {}, record, changed } }) {
  const marked = kind === 'updated' && changed;
  const names = changed ?? Object.keys(record).filter((name) => !(name in key));
  return h('span', { class: 'values' },
    names.slice(0, MOST_FIELDS).map((name) => {
      const text = valueText(record[name]);
      return h('span', { key: name, class: 'value', title: `${name}: ${text}` },
        h('span', { class: 'quiet' }, name), ' ', marked ? h('mark', null, text) : text);
    }),
    names.length > MOST_FIELDS && h('span', { class: 'quiet' }, `and ${names.length - MOST_FIELDS} more`));
}

function Change({ change }) {
  const { kind, entity, key, previousKey, time, origin, record } = change;
  return h('li', { class: 'change' },
    h('time', { dateTime: time, title: time }, CLOCK.format(new Date(time))),
    h('span', { class: `kind ${kind}` }, h('span', { 'aria-hidden': 'true' }, SIGNS[kind], ' '), kind),
    h('strong', null, entity, key && ` ${keyText(key)}`),
    h('span', { class: 'quiet origin' }, origin && `from ${origin}`),
    previousKey && h('span', { class: 'quiet values' }, `had the key ${keyText(previousKey)}`),
    record && h(Values, { change }));
}

/** Drawn by the stream itself, so that a burst of changes draws nothing else of the page. */
export function Changes({ stream }) {
  const [{ changes, at }, setShown] = useState({ changes: [], at: 0 });
  const [total, setTotal] = useState(0);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    const draw = () => {
      setTotal(stream.total);
      if (!paused) setShown({ changes: stream.latest(), at: stream.total });
    };
    draw();
    return stream.onDraw(draw);
  }, [stream, paused]);

  const fresh = total > at ? ` (${countText(total - at)} new)` : '';
  return h('section', { class: 'card changes', 'aria-labelledby': 'changes-title' },
    h('header', null,
      h('h2', { id: 'changes-title' }, 'Last changes'),
      h('span', { class: 'quiet' }, `${countText(total)} since this page was opened`),
      h('button', { onClick: () => setPaused(!paused) }, paused ? `Resume${fresh}` : 'Pause')),
    changes.length === 0
      ? h('p', { class: 'quiet' }, 'Nothing has changed since this page was opened.')
      : h('ol', { tabIndex: 0, 'aria-label': `The last changes, at most ${SHOWN}` },
          changes.map((change) => h(Change, { key: change.number, change }))));
}
