// Calls to the server: same origin, signed in by cookie, every failure a Failure with its problem.

import { parseExact } from './text.js';

/** What went wrong with a call; status 0 where there was no answer at all. */
class Failure extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

const READS = ['GET', 'HEAD'];
let csrfToken = null;

/** What a request that changes something is sent with where the browser does not say whose page sends it. */
export async function csrf() {
  if (csrfToken === null) {
    const answer = await fetch('/v1/me', { cache: 'no-store' }).catch(() => null);
    csrfToken = answer?.ok ? (await answer.json().catch(() => ({}))).csrfToken ?? null : null;
  }
  return csrfToken === null ? {} : { 'Unisono-CSRF': csrfToken };
}

/** Returns {headers, body} of a good answer, or throws a Failure. */
export async function call(path, options = {}) {
  const away = () => {
    throw new Failure(0, { detail: 'The server does not answer.' });
  };
  const reads = READS.includes(options.method ?? 'GET');
  const headers = reads || path.startsWith('/v1/sign-in') ? options.headers : { ...options.headers, ...await csrf() };
  const response = await fetch(path, { cache: 'no-store', ...options, headers }).catch(away);
  const text = await response.text().catch(away);
  const json = response.headers.get('Content-Type')?.includes('json');
  const body = json && text !== '' ? parseExact(text) : {};
  // Another session has another.
  if (response.status === 401 || response.status === 403) csrfToken = null;
  if (!response.ok) throw new Failure(response.status, body);
  return { headers: response.headers, body };
}

export const listPath = (entity) => `/v1/${encodeURIComponent(entity.plural)}`;

/** The path of one record: its key's parts in key order, a comma inside a part escaped. */
export const recordPath = (entity, keyParts) => `${listPath(entity)}/${keyParts.map(encodeURIComponent).join(',')}`;

const POLL_MILLIS = 1000;
const ANSWER_MILLIS = 10_000;

/** Asks for status and entities each second; calls update with {status, entities, failure, at}. Returns how to stop. */
export function poll(update) {
  let seen = { status: null, entities: [], failure: null, at: 0 };
  let timer;
  const ask = (path) => call(path, { signal: AbortSignal.timeout(ANSWER_MILLIS) });
  async function once() {
    const at = performance.now();
    try {
      const [status, entities] = await Promise.all([ask('/v1/admin/status'), ask('/v1/admin/entities')]);
      seen = { status: status.body, entities: entities.body.items, failure: null, at: performance.now() };
    } catch (failure) {
      seen = { ...seen, failure };
    }
    if (timer === null) return;
    update(seen);
    timer = setTimeout(once, Math.max(100, at + POLL_MILLIS - performance.now()));
  }
  once();
  return () => {
    clearTimeout(timer);
    timer = null;
  };
}
