// The stream of all changes: its connection state, and the last changes.
// A burst costs little: an event is only put aside when it arrives; the last ones are parsed and
// drawn a few times a second, in an animation frame.

import { connect } from '/unisono.js';
import { parseExact, valueText } from './text.js';

export const SHOWN = 50;
const DRAW_MILLIS = 200;
const REMEMBERED = 5000;

function join(listeners, listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** States: connecting, live, reconnecting, gap. */
export class ChangeStream {
  state = 'connecting';
  total = 0;
  #arrived = [];
  #latest = [];
  #seen = new Map();
  #drawers = new Set();
  #watchers = new Set();
  #drawn = { at: 0, planned: false };
  #client = connect();

  /** Reads what comes after a cursor. */
  open(cursor) {
    this.#client.follow({ after: cursor }, {
      state: (state) => this.#enter(state === 'refused' ? 'gap' : state),
      event: ({ event: kind, cursor: at }, data) => {
        this.total += 1;
        this.#take({ kind, cursor: at, data, at: performance.now(), number: this.total });
      },
    });
  }

  close() {
    this.#client.close();
  }

  /** Calls draw in an animation frame whenever something has changed; returns how to stop. */
  onDraw = (draw) => join(this.#drawers, draw);

  /** Calls watch with {kind, cursor, data, at} of each event as it arrives; returns how to stop. */
  onArrival = (watch) => join(this.#watchers, watch);

  /** The last changes, newest first. */
  latest() {
    const fresh = this.#arrived.splice(0).slice(-SHOWN);
    const parsed = fresh.map(({ kind, number, data }) => this.#compared({ kind, number, ...parseExact(data) }));
    this.#latest = [...parsed.reverse(), ...this.#latest].slice(0, SHOWN);
    return this.#latest;
  }

  /** Keeps a record to compare the next change of it with. */
  remember(entity, key, record) {
    if (this.#seen.size > REMEMBERED) this.#seen.clear();
    this.#seen.set(JSON.stringify([entity, key]), record);
  }

  /** A source may not say what an update changed: told from the record as it was last seen here. */
  #compared(change) {
    const { kind, entity, key, record, changed } = change;
    const before = this.#seen.get(JSON.stringify([entity, key]));
    if (record) this.remember(entity, key, record);
    if (kind !== 'updated' || changed || !before) return change;
    const differs = (field) => valueText(record[field]) !== valueText(before[field]);
    return { ...change, changed: Object.keys(record).filter(differs) };
  }

  #take(event) {
    this.#arrived.push(event);
    if (this.#arrived.length > 2 * SHOWN) this.#arrived.splice(0, SHOWN);
    for (const watch of this.#watchers) watch(event);
    this.#planDraw();
  }

  #enter(state) {
    this.state = state;
    this.#planDraw();
  }

  #planDraw() {
    if (this.#drawn.planned) return;
    this.#drawn.planned = true;
    const frame = () => {
      this.#drawn = { at: performance.now(), planned: false };
      for (const draw of this.#drawers) draw();
    };
    setTimeout(() => requestAnimationFrame(frame), this.#drawn.at + DRAW_MILLIS - performance.now());
  }
}
