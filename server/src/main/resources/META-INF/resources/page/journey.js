// The way of one edit, timed: the owner and the journal, this page, and each target system.

import { h } from 'preact';
import { call } from './api.js';
import { millisText } from './text.js';

const WAIT_SECONDS = 5;
const WAITS = 24;
const EVENT_MILLIS = 30_000;
const REMEMBERED = 20_000;

/**
 * Listens from before the write is sent, since the event may arrive before the write's answer.
 * Returns a function that gives, for a cursor, the moment its event arrived, or null if it did not.
 */
export function listen(stream, signal) {
  const arrivals = new Map();
  let wanted = null;
  const stop = stream.onArrival(({ cursor, at }) => {
    if (arrivals.size < REMEMBERED) arrivals.set(cursor, at);
    if (wanted?.cursor === cursor) wanted.resolve(at);
  });
  signal.addEventListener('abort', stop);
  return (cursor) =>
    new Promise((resolve) => {
      wanted = { cursor, resolve };
      if (arrivals.has(cursor)) resolve(arrivals.get(cursor));
      else setTimeout(resolve, EVENT_MILLIS, null);
    }).finally(stop);
}

/** Waits until a system has confirmed everything up to the cursor: the moment, or null if it does not. */
export async function delivered(system, cursor, signal) {
  const query = `after=${encodeURIComponent(cursor)}&wait=${WAIT_SECONDS}`;
  for (let round = 0; round < WAITS; round += 1) {
    const { body } = await call(`/v1/admin/deliveries/${encodeURIComponent(system)}?${query}`, { signal });
    if (body.delivered) return performance.now();
  }
  return null;
}

/** Steps {name, system, millis, note}; neither millis nor note while it is waited for. */
export function Journey({ steps, targets }) {
  const longest = Math.max(...steps.map(({ millis }) => millis ?? 0));
  const state = (system) => targets.find((target) => target.system === system)?.state ?? 'RUNNING';
  const waiting = (system) => (state(system) === 'RUNNING' ? 'waiting…' : `waiting: it is ${state(system).toLowerCase()}`);
  return h('div', { class: 'journey', role: 'status' },
    h('h3', null, 'The way of this edit, since it was sent, as seen from this page'),
    h('ol', null,
      steps.map(({ name, system, millis, note }) =>
        h('li', { key: name, class: millis === undefined ? 'quiet' : 'arrived' },
          h('span', null, name),
          h('strong', null, note ?? (millis === undefined ? waiting(system) : millisText(millis))),
          h('span', { class: 'bar', style: { width: `${(100 * (millis ?? 0)) / longest}%` } })))));
}
