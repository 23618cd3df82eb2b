// The live page: one poll of the status each second, one stream of changes, and what they show.

import { h, render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { poll } from './api.js';
import { Changes } from './changes.js';
import { Conflicts, openConflicts } from './conflicts.js';
import { DemoConflict } from './demo.js';
import { Editor } from './editor.js';
import { Flow, Pill } from './flow.js';
import { DeadLetters } from './letters.js';
import { Matches, openMatches } from './matches.js';
import { SetUp, SignIn, setUpCode } from './person.js';
import { ChangeStream } from './stream.js';
import { countOf, durationText } from './text.js';
import { goOn } from './then.js';
import { Rates, Throughput } from './throughput.js';

const BEHIND_SECONDS = 2;

/** All in one sentence: [kind, sign, words, more]. */
function verdict({ status, failure }) {
  if (failure) return ['warn', '↻', failure.message, 'It is asked again each second.'];
  const parts = [...status.sources, ...status.targets];
  const members = status.merges?.members ?? [];
  const problems = [status, ...parts, ...members].filter(({ problem }) => problem).length;
  if (problems > 0) return ['bad', '■', countOf(problems, 'problem'), 'Shown below, with what to do.'];
  const copying = status.sources.flatMap(({ tables }) => tables ?? []).filter(({ done }) => !done);
  if (copying.length > 0) return ['info', '◌', 'First copy is running', `${countOf(copying.length, 'table')} to go.`];
  if (parts.some(({ state }) => state !== 'RUNNING')) return ['info', '◌', 'Starting', ''];
  const late = status.targets.filter(({ lagSeconds }) => lagSeconds > BEHIND_SECONDS);
  const lags = late.map(({ system, lagSeconds }) => `${system} is ${durationText(lagSeconds)} behind`);
  if (late.length > 0) return ['warn', '…', 'Catching up', `${lags.join(', ')}.`];
  const open = openConflicts(status);
  if (open > 0) return ['warn', '?', countOf(open, 'conflict'), 'To be decided below; all else is in sync.'];
  const pairs = openMatches(status);
  if (pairs > 0) return ['warn', '?', `${countOf(pairs, 'pair')} of records`, 'One or two? To be decided below; all else is in sync.'];
  if (status.deadLetters > 0) return ['warn', '!', countOf(status.deadLetters, 'dead letter'), 'Set aside, shown below; all else is in sync.'];
  return ['good', '✓', 'In sync', `${countOf(parts.length, 'connection')}, no problem.`];
}

const STREAM = {
  connecting: ['info', '◌', 'stream: connecting'],
  live: ['good', '●', 'stream: live'],
  reconnecting: ['warn', '↻', 'stream: reconnecting'],
  gap: ['bad', '■', 'stream: gap'],
};

function StreamState({ stream }) {
  const [state, setState] = useState(stream.state);
  useEffect(() => {
    const draw = () => setState(stream.state);
    // It may have gone live between this component's first drawing and now.
    draw();
    return stream.onDraw(draw);
  }, [stream]);
  const [kind, sign, words] = STREAM[state];
  return h('div', { class: 'stream', role: 'status' },
    h(Pill, { kind, sign }, words),
    state === 'gap' && ' Changes in between are no longer held. ',
    state === 'gap' && h('button', { onClick: () => location.reload() }, 'Start again'));
}

function Header({ seen, stream }) {
  const [kind, sign, words, more] = verdict(seen);
  return h('header', { class: 'top' },
    h('h1', null, h('img', { src: '/page/icon.svg', alt: '', width: 32, height: 32 }), 'Unisono'),
    h('div', { class: 'verdict', role: 'status' }, h(Pill, { kind, sign }, words), h('span', { class: 'quiet' }, ' ', more)),
    stream && h(StreamState, { stream }),
    h('a', { href: '/reference.html' }, 'The doors'));
}

function App() {
  const [seen, setSeen] = useState(null);
  const [stream, setStream] = useState(null);
  const rates = useMemo(() => new Rates(), []);
  const code = useMemo(setUpCode, []);
  const ready = Boolean(seen?.status);

  useEffect(() => poll((next) => {
    if (next.status) rates.add(next.status, next.at);
    setSeen(next);
  }), []);

  const signedIn = Boolean(seen) && seen.failure?.status !== 401 && Boolean(seen.status || seen.failure?.status === 403);
  useEffect(() => {
    if (signedIn) goOn();
  }, [signedIn]);

  useEffect(() => {
    if (!ready) return undefined;
    const opened = new ChangeStream();
    opened.open(seen.status.journal.cursor);
    setStream(opened);
    return () => opened.close();
  }, [ready]);

  if (code !== null) return h(SetUp, { code });
  if (seen?.failure?.status === 401) return h(SignIn);
  if (!stream) return seen?.failure ? h(Header, { seen }) : h('p', { class: 'quiet' }, 'Unisono is loading…');
  const { status, entities, failure } = seen;
  const customersFirst = (left, right) => (right.plural === 'customers') - (left.plural === 'customers');
  const writable = entities.filter((entity) => entity.writable).sort(customersFirst);
  return [
    h(Header, { seen, stream }),
    h('main', { class: failure ? 'stale' : '' },
      h(Flow, { status, entities, moving: rates.now() > 0 }),
      h(DemoConflict, { status }),
      h(Conflicts, { status }),
      h(Matches, { status }),
      h(DeadLetters, { status, entities }),
      h('div', { class: 'columns' },
        h('div', { class: 'column' },
          h(Throughput, { rates, status }),
          writable.length > 0 && h(Editor, { entities: writable, status, stream })),
        h(Changes, { stream }))),
  ];
}

const place = document.getElementById('app');
place.textContent = '';
render(h(App), place);
