// A client of Unisono for browsers, as one ES module without anything else:
//
//   import { connect } from '/unisono.js';
//   const unisono = connect();
//   const stream = unisono.follow({ entity: 'customer', snapshot: true }, {
//     event: ({ event, key, record, cursor }) => …,   // created | updated | deleted | truncated
//     state: (state) => …,                            // connecting | live | reconnecting | gap | refused
//   });
//   const { record, version } = await unisono.update('customer', { id: 42 }, { email: 'ada@example.org' });
//
// It holds one WebSocket, comes back by itself when that breaks, and goes on with each stream after
// the last cursor, so that nothing is missed and nothing comes twice. A write that it broke is sent
// again under its idempotency key: it is done once, and answered as it was. Numbers beyond 2^53 come as
// strings; `raw` of an event is its text, for who needs every digit of the others.

const FIRST_PAUSE_MILLIS = 250;
const LONGEST_PAUSE_MILLIS = 15_000;
const AGAIN_MILLIS = 500;

/** What the server, or the connection, says is in the way of something. */
export class UnisonoError extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.code);
    this.name = 'UnisonoError';
    this.code = problem.code;
    this.problem = problem;
  }
}

/**
 * @param {{url?: string, token?: string | (() => string | Promise<string>)}} options
 *   url: where the server is, by default the page's own; token: for pages of another origin, or a
 *   function that gives one that is valid now. Without it the page's session counts.
 */
export function connect(options = {}) {
  return new Client(options);
}

class Client {
  #options;
  #socket = null;
  #ready = false;
  #pauseMillis = FIRST_PAUSE_MILLIS;
  #timer;
  #closed = false;
  #number = 0;
  #streams = new Map();
  #writes = new Map();

  constructor(options) {
    this.#options = options;
  }

  /**
   * Follows changes. Options are those of a subscription: entity, after, snapshot, filter, payload,
   * format, conflate, consumer, window.
   * @returns {{close: () => void, acknowledge: (cursor: string) => void, cursor: string | undefined}}
   */
  follow(options = {}, { event = () => {}, state = () => {} } = {}) {
    const name = this.#name();
    const stream = { name, options, event, state, cursor: options.after };
    this.#streams.set(name, stream);
    state('connecting');
    this.#ready ? this.#subscribe(stream) : this.#open();
    return {
      get cursor() {
        return stream.cursor;
      },
      acknowledge: (cursor) => this.#ready && this.#send({ ack: name, cursor }),
      close: () => {
        if (this.#streams.delete(name) && this.#ready) this.#send({ unsubscribe: name });
      },
    };
  }

  // Each with an idempotency key of its own, so that it can be sent again.
  create = (entity, record) => this.#write({ create: this.#name(), entity, record });
  replace = (entity, key, record, ifVersion) => this.#write({ replace: this.#name(), entity, key, record, ifVersion });
  update = (entity, key, record, ifVersion) => this.#write({ update: this.#name(), entity, key, record, ifVersion });
  delete = (entity, key, ifVersion) => this.#write({ delete: this.#name(), entity, key, ifVersion });

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #name() {
    this.#number += 1;
    return String(this.#number);
  }

  #write(frame) {
    const name = frame.create ?? frame.replace ?? frame.update ?? frame.delete;
    return new Promise((resolve, reject) => {
      const write = { frame: { ...frame, idempotencyKey: idempotencyKey() }, resolve, reject };
      this.#writes.set(name, write);
      this.#ready ? this.#send(write.frame) : this.#open();
    });
  }

  #send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  async #open() {
    if (this.#socket || this.#closed) return;
    const url = new URL('/v1/stream', this.#options.url ?? location.origin);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code, reason }) => this.#ended(socket, code, reason);
    socket.onopen = async () => {
      const { token } = this.#options;
      if (token === undefined) return this.#begin();
      this.#send({ token: typeof token === 'function' ? await token() : token });
    };
  }

  #begin() {
    this.#ready = true;
    for (const stream of this.#streams.values()) this.#subscribe(stream);
    for (const write of this.#writes.values()) this.#send(write.frame);
  }

  #subscribe(stream) {
    const { snapshot, ...others } = stream.options;
    // Who has a position has had the snapshot.
    const start = stream.cursor === undefined ? { snapshot } : { after: stream.cursor };
    this.#send({ subscribe: stream.name, ...others, ...start });
  }

  #take(raw) {
    const frame = JSON.parse(raw);
    if (frame.authorized) return this.#begin();
    if (frame.done !== undefined) return this.#finish(frame.done, ({ resolve }) => resolve(frame));
    if (frame.error?.code === 'request-running' && this.#writes.has(frame.write)) {
      // The connection before has not answered it yet.
      setTimeout(() => this.#ready && this.#writes.has(frame.write) && this.#send(this.#writes.get(frame.write).frame),
        AGAIN_MILLIS);
      return;
    }
    if (frame.write !== undefined) {
      return this.#finish(frame.write, ({ reject }) => reject(new UnisonoError(frame.error)));
    }
    const stream = this.#streams.get(frame.sub ?? frame.subscribed);
    if (!stream) return;
    if (frame.error) {
      this.#streams.delete(stream.name);
      stream.state(frame.error.code === 'gap' ? 'gap' : 'refused', new UnisonoError(frame.error));
    } else if (frame.subscribed !== undefined) {
      this.#pauseMillis = FIRST_PAUSE_MILLIS;
      // Of a snapshot the position counts when all of it is there.
      stream.from = frame.from;
      if (!stream.options.snapshot) stream.cursor ??= frame.from;
      stream.state('live');
    } else if (frame.event !== undefined) {
      stream.cursor = frame.cursor ?? stream.cursor;
      stream.event(frame, raw);
    } else {
      stream.cursor = frame.through ?? stream.cursor;
    }
  }

  #finish(name, settle) {
    const write = this.#writes.get(name);
    this.#writes.delete(name);
    if (write) settle(write);
  }

  #ended(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#ready = false;
    // Coming back would end the same way.
    const refused = code === 4401 || code === 4403 || code === 4410 || code === 4400;
    if (refused || this.#closed) {
      for (const name of [...this.#writes.keys()]) {
        this.#finish(name, ({ reject }) =>
          reject(new UnisonoError({ code: 'outcome-unknown', detail: 'The connection ended before the answer came.' })));
      }
    }
    if (this.#closed) return;
    if (refused) {
      for (const stream of this.#streams.values()) {
        stream.state(code === 4410 ? 'gap' : 'refused', new UnisonoError({ code: reason, detail: reason }));
      }
      this.#streams.clear();
      return;
    }
    for (const stream of this.#streams.values()) stream.state('reconnecting');
    const pause = this.#pauseMillis * (0.5 + Math.random());
    this.#pauseMillis = Math.min(this.#pauseMillis * 2, LONGEST_PAUSE_MILLIS);
    if (this.#streams.size > 0 || this.#writes.size > 0) this.#timer = setTimeout(() => this.#open(), pause);
  }
}

function idempotencyKey() {
  // Not randomUUID: pages of plain HTTP have none.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
