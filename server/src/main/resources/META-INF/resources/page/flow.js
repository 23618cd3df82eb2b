// The picture of what is in sync: systems that are read, Unisono, systems that are written.

import { h } from 'preact';
import { listPath } from './api.js';
import { bytesText, countText, durationText } from './text.js';

const STATES = {
  RUNNING: ['good', '●', 'running'],
  RECONCILING: ['warn', '≈', 'being repaired'],
  STARTING: ['info', '◌', 'starting'],
  RETRYING: ['warn', '↻', 'retrying'],
  STOPPED: ['bad', '■', 'stopped'],
};
const PHASES = { CONNECTING: 'connecting', SNAPSHOT: 'first copy', STREAMING: 'live' };
const CONNECTORS = { postgres: 'PostgreSQL', mariadb: 'MariaDB', sqlite: 'SQLite', h2: 'H2' };

/** A state in a word, a sign and a colour. */
export const Pill = ({ kind, sign, children }) =>
  h('span', { class: `pill ${kind}` }, h('span', { 'aria-hidden': 'true' }, sign, ' '), children);

/** A problem in plain sight: code, message, what to do, and where in the config. */
const Problem = ({ problem }) =>
  h('div', { class: 'problem' },
    h('p', null, h('strong', null, problem.code), ' ', problem.message ?? problem.detail),
    problem.remedy && h('p', null, h('strong', null, 'What to do: '), problem.remedy),
    problem.configPath && h('p', null, h('strong', null, 'In the config: '), h('code', null, problem.configPath)));

const Facts = ({ facts }) =>
  h('dl', { class: 'facts' },
    facts.map(([name, text]) => h('div', { key: name }, h('dt', null, name), h('dd', null, text))));

function Copying({ table, rowsRead, rowsEstimated }) {
  const known = rowsEstimated > 0;
  return h('label', { class: 'copying' },
    `Copying ${table}: ${countText(rowsRead)}${known ? ` of about ${countText(rowsEstimated)}` : ''}`,
    h('progress', known ? { max: rowsEstimated, value: rowsRead } : {}));
}

/** One system as a card, with the arrow between it and the middle. */
function System({ part, member, written, syncs, moving, facts }) {
  const [kind, sign, word] = STATES[part.state] ?? ['info', '?', part.state];
  const mine = ({ system, direction }) => system === part.system && (direction === 'write') === written;
  const way = (plural, { table, direction }) =>
    (written ? `${plural} → ${table}` : `${table} ${direction === 'both' ? '⇄' : '→'} ${plural}`);
  const links = syncs.flatMap(({ name, plural, members }) =>
    members.filter(mine).map((own) => ({ name, connector: own.connector, way: way(plural, own) })));
  const connector = links[0]?.connector;
  const motion = part.state !== 'RUNNING' ? 'still' : moving ? 'moving' : '';
  return h('li', { class: `system ${motion} ${member ? 'both' : ''}` },
    h('article', { class: 'card', 'aria-label': `${part.system}, ${word}` },
      h('header', null,
        h('h3', null, part.system),
        h('span', { class: 'quiet' }, CONNECTORS[connector] ?? connector),
        h(Pill, { kind, sign }, word)),
      h('ul', { class: 'links' }, links.map(({ name, way }) => h('li', { key: name }, h('code', null, way)))),
      h(Facts, { facts }),
      part.tables?.filter(({ done }) => !done).map((table) => h(Copying, { key: table.table, ...table })),
      [part.problem, part.repairing, part.warning, member?.problem].filter(Boolean).map((problem) =>
        h(Problem, { key: problem.code, problem }))),
    h('span', { class: 'arrow', 'aria-hidden': 'true' }));
}

const sourceFacts = ({ changes, lagSeconds, phase, retainedBytes }) => [
  ['Lag', changes > 0 ? durationText(lagSeconds) : 'none yet'],
  ['Changes', countText(changes)],
  ['Phase', PHASES[phase] ?? phase],
  ['Log kept', bytesText(retainedBytes)],
];

/** Of a member that is read and written: how writing goes. */
const memberFacts = ({ written, waiting, refused }) => [
  ['Told', countText(written)],
  ['To tell', countText(waiting)],
  ['Refused', countText(refused)],
];

const targetFacts = ({ lagEntries, lagSeconds, delivered, waiting, parked }) => [
  ['Lag', lagEntries === 0 ? 'none' : durationText(lagSeconds)],
  ['To deliver', countText(lagEntries)],
  ['Delivered', countText(delivered)],
  ['Waiting lanes', countText(waiting)],
  ['Parked rows', countText(parked)],
];

function Middle({ status, entities }) {
  const { journal, records, problem } = status;
  const behind = journal.head - records.sequence;
  const facts = [
    ['Journal', `${countText(journal.head)} · ${bytesText(journal.bytes)}`],
    ['Records', behind > 0 ? `${countText(behind)} behind` : 'up to date'],
  ];
  return h('article', { class: 'card middle', 'aria-label': 'Unisono' },
    h('header', null, h('h3', null, 'Unisono'), h('span', { class: 'quiet' }, 'one journal')),
    h('ul', { class: 'entities' },
      entities.map((entity) =>
        h('li', { key: entity.name },
          h('strong', null, countText(entity.records)),
          h('a', { href: listPath(entity) }, entity.plural),
          h('span', { class: 'quiet' }, entity.writable ? 'can be written' : 'read only')))),
    h(Facts, { facts }),
    problem && h(Problem, { problem }));
}

export function Flow({ status, entities, moving }) {
  const side = (label, parts, written, factsOf) =>
    h('ul', { class: written ? 'side written' : 'side', 'aria-label': label },
      parts.map((part) => {
        const member = written ? undefined : status.merges?.members.find(({ system }) => system === part.system);
        const facts = [...factsOf(part), ...(member ? memberFacts(member) : [])];
        return h(System, { key: part.system, part, member, written, syncs: status.syncs, moving, facts });
      }));
  return h('section', { 'aria-labelledby': 'flow-title' },
    h('h2', { id: 'flow-title' }, 'What is in sync'),
    h('div', { class: 'flow' },
      side('Systems that are read', status.sources, false, sourceFacts),
      h(Middle, { status, entities }),
      side('Systems that are written', status.targets, true, targetFacts)));
}
