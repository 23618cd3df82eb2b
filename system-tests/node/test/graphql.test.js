// GraphQL by clients that no one here wrote: graphql-request over HTTP, graphql-ws over WebSocket.
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSchema, validateSchema } from "graphql";
import { GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { ask, headers, numbers, put, url } from "../server.js";

const DISCONNECTS = 1000;
const CHANGES = 6000;
const socketUrl = `${url.replace("http", "ws")}/v1/graphql`;
const client = new GraphQLClient(`${url}/v1/graphql`, { headers });

/** What a request was refused for. */
async function refusal(document, variables) {
  try {
    await client.request(document, variables);
  } catch (error) {
    return error.response.errors[0];
  }
  throw new Error("it was not refused");
}

/** The answer to a request as it is written. */
function post(body, more = {}) {
  return fetch(`${url}/v1/graphql`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", ...more },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

test("records are made, found, changed and deleted", async () => {
  const made = await client.request(
    `mutation ($note: NoteInput!) {
       createNote(record: $note) { created version cursor record { id name amount far extra } }
     }`,
    {
      note: { id: 100001, name: "first", amount: "12.50", far: "9007199254740993", extra: { a: [1, null] } },
    },
  );
  assert.equal(made.createNote.created, true);
  assert.deepEqual(made.createNote.record, {
    id: 100001,
    name: "first",
    amount: "12.50",
    far: "9007199254740993",
    extra: { a: [1, null] },
  });
  const { version } = made.createNote;
  const changed = await client.request(
    `mutation ($version: Long) {
       updateNote(id: 100001, record: { amount: null, about: 100001 }, ifVersion: $version) {
         version record { name amount note { id note { name } } }
       }
     }`,
    { version },
  );
  assert.deepEqual(changed.updateNote.record, {
    name: "first",
    amount: null,
    note: { id: 100001, note: { name: "first" } },
  });
  const stale = await refusal(`mutation { deleteNote(id: 100001, ifVersion: ${version}) { version } }`);
  assert.equal(stale.extensions.code, "version-mismatch");
  assert.equal(stale.extensions.status, 412);
  assert.match(stale.extensions.instance, /^urn:uuid:/);
  const replaced = await client.request(
    `mutation { replaceNote(id: 100001, record: { name: "second" }) { created record { name about _version } } }`,
  );
  assert.equal(replaced.replaceNote.created, false);
  assert.equal(replaced.replaceNote.record.name, "second");
  assert.equal(replaced.replaceNote.record.about, null);
  const found = await client.request(`{ note(id: 100001) { __typename name _changed } cursor }`);
  assert.equal(found.note.__typename, "Note");
  assert.equal(found.note.name, "second");
  const deleted = await client.request(`mutation { deleteNote(id: "100001") { created record { id } cursor } }`);
  assert.equal(deleted.deleteNote.record, null);
  assert.equal((await client.request(`{ note(id: 100001) { name } }`)).note, null);
});

test("what is refused says why", async () => {
  const invalid = await refusal(
    `mutation { createNote(record: { id: 100002, name: "${"x".repeat(41)}" }) { version } }`,
  );
  assert.equal(invalid.extensions.code, "invalid-value");
  assert.equal(invalid.extensions.status, 422);
  assert.equal(invalid.extensions.field, "name");
  assert.equal(invalid.extensions.findings[0].code, "too-long");
  assert.deepEqual(invalid.path, ["createNote"]);
  assert.equal((await refusal(`{ notes(limit: 0) { next } }`)).extensions.code, "bad-limit");
  assert.equal((await refusal(`{ note { name } }`)).extensions.code, "invalid-query");
  assert.equal((await refusal(`{ notes {`)).extensions.code, "bad-query");
  assert.equal((await refusal(`query ($id: Long!) { note(id: $id) { id } }`)).extensions.code, "bad-variables");
});

test("lists are filtered, sorted, counted and turned over", async () => {
  const records = Array.from({ length: 30 }, (_, i) => ({
    id: 200000 + i,
    name: i % 3 === 0 ? "third" : "other",
    amount: `${i}.5`,
  }));
  await put(records, "/v1/notes");
  const document = `query ($filter: NoteFilter, $after: String, $before: String) {
    notes(filter: $filter, sort: [{ field: amount, direction: DESC }], limit: 4, after: $after, before: $before, total: true) {
      items { id } next previous total cursor
    }
  }`;
  const filter = {
    and: [{ name: { eq: "third" } }, { or: [{ amount: { gte: "10" } }, { id: { in: [200003, 200006] } }] }],
  };
  const wanted = records
    .filter((note, i) => i % 3 === 0 && (i + 0.5 >= 10 || i === 3 || i === 6))
    .map((note) => note.id)
    .reverse();
  const seen = [];
  let page;
  let after = null;
  do {
    page = (await client.request(document, { filter, after })).notes;
    assert.equal(page.total, wanted.length);
    seen.push(...page.items.map((note) => note.id));
    after = page.next;
  } while (after);
  assert.deepEqual(seen, wanted);
  const back = (await client.request(document, { filter, before: page.previous })).notes;
  const last = wanted.length - page.items.length;
  assert.deepEqual(back.items.map((note) => note.id), wanted.slice(last - 4, last));
  const none = await client.request(`{ notes(filter: { name: { like: "th%" }, about: { null: false } }) { items { id } } }`);
  assert.deepEqual(none.notes.items, []);
});

test("what refers to a record is a list of it", async () => {
  await put([{ id: 400000, name: "head" }], "/v1/notes");
  await put(
    Array.from({ length: 7 }, (_, i) => ({ id: 400001 + i, name: `part ${i % 2}`, about: 400000 })),
    "/v1/notes",
  );
  const { note } = await client.request(
    `{ note(id: 400000) {
         notes(limit: 2, filter: { name: { eq: "part 0" } }, sort: [{ field: id, direction: DESC }], total: true) {
           items { id note { name } notes { items { id } } } next total
         }
       } }`,
  );
  assert.deepEqual(note.notes.items, [
    { id: 400007, note: { name: "head" }, notes: { items: [] } },
    { id: 400005, note: { name: "head" }, notes: { items: [] } },
  ]);
  assert.equal(note.notes.total, 4);
  const rest = await client.request(
    `query ($after: String) { note(id: 400000) {
       notes(after: $after, limit: 2, filter: { name: { eq: "part 0" } }, sort: [{ field: id, direction: DESC }]) { items { id } next }
     } }`,
    { after: note.notes.next },
  );
  assert.deepEqual(rest.note.notes, { items: [{ id: 400003 }, { id: 400001 }], next: null });
  const costly = await refusal(`{ notes(limit: 1000) { items { notes(limit: 1000) { items { id } } } } }`);
  assert.equal(costly.extensions.code, "query-too-costly");
});

test("the schema is one that others read", async () => {
  const text = await (await ask("/v1/graphql/schema")).text();
  assert.deepEqual(validateSchema(buildSchema(text)), []);
  const told = await client.request(`{ __schema { queryType { name } subscriptionType { name } } }`);
  assert.deepEqual(told.__schema, { queryType: { name: "Query" }, subscriptionType: { name: "Subscription" } });
});

test("HTTP says what GraphQL over HTTP has it say", async () => {
  const own = { Accept: "application/graphql-response+json" };
  const good = await post({ query: "{ cursor }" }, own);
  assert.equal(good.status, 200);
  assert.match(good.headers.get("content-type"), /^application\/graphql-response\+json/);
  assert.equal((await post({ query: "{ nothing }" }, own)).status, 400);
  assert.equal((await post({ query: "{ nothing }" })).status, 200);
  assert.equal((await post("{")).status, 400);
  assert.equal((await post({})).status, 400);
  assert.equal((await post("query { cursor }", { "Content-Type": "application/graphql" })).status, 415);
  assert.equal((await post({ query: "{ cursor }" }, { Accept: "text/html" })).status, 406);
  assert.equal((await post({ query: "{ cursor }" }, { Authorization: "Bearer none" })).status, 401);
  const get = (query) => fetch(`${url}/v1/graphql?query=${encodeURIComponent(query)}`, { headers });
  assert.equal((await get("{ cursor }")).status, 200);
  const mutation = await get("mutation { deleteNote(id: 1) { version } }");
  assert.equal(mutation.status, 405);
  assert.equal(mutation.headers.get("allow"), "POST");
});

test("what would cost too much is not begun", async () => {
  const code = async (query) => (await (await post({ query })).json()).errors[0].extensions.code;
  let deep = "name";
  for (let i = 0; i < 12; i++) {
    deep = `note { ${deep} }`;
  }
  assert.equal(await code(`{ note(id: 1) { ${deep} } }`), "query-too-deep");
  const wide = Array.from({ length: 40 }, (_, i) => `a${i}: notes(limit: 1000) { items { id name amount } }`);
  assert.equal(await code(`{ ${wide.join(" ")} }`), "query-too-costly");
  const aliases = Array.from({ length: 60 }, (_, i) => `a${i}: cursor`);
  assert.equal(await code(`{ ${aliases.join(" ")} }`), "query-too-costly");
  assert.equal(await code(`{ cursor ${"@include(if: true) ".repeat(60)} }`), "query-too-costly");
  assert.equal(await code(`{ ${"cursor ".repeat(6000)} }`), "query-too-costly");
  const loop = `{ note(id: 1) { ...A } } fragment A on Note { note { ...B } } fragment B on Note { note { ...A } }`;
  assert.equal(await code(loop), "invalid-query");
});

/** Events of server-sent events until there are enough. */
async function events(query, enough, more = {}) {
  const controller = new AbortController();
  const response = await fetch(`${url}/v1/graphql`, {
    method: "POST",
    headers: { ...headers, Accept: "text/event-stream", "Content-Type": "application/json", ...more },
    body: JSON.stringify({ query }),
    signal: controller.signal,
  });
  assert.equal(response.status, 200);
  const seen = [];
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const event = lines.find((line) => line.startsWith("event: "));
      if (event) {
        const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
        seen.push([event.slice(7), data.join("\n")]);
      }
    }
    if (seen.length >= enough) {
      break;
    }
  }
  controller.abort();
  return seen;
}

test("server-sent events tell a snapshot, changes and errors", async () => {
  await put([{ id: 300000, name: "event" }], "/v1/notes");
  const told = await events(
    `subscription { noteChanges(snapshot: true, filter: "record.id == 300000") { event cursor key { id } record { name about } unchanged } }`,
    1,
  );
  assert.equal(told[0][0], "next");
  assert.deepEqual(JSON.parse(told[0][1]).data.noteChanges, {
    event: "created",
    cursor: null,
    key: { id: 300000 },
    record: { name: "event", about: null },
    unchanged: [],
  });
  const wrong = await events(`subscription { nothing }`, 2);
  assert.equal(wrong[0][0], "next");
  assert.equal(JSON.parse(wrong[0][1]).errors[0].extensions.code, "invalid-query");
  assert.deepEqual(wrong[1], ["complete", ""]);
  const once = await events(`{ cursor }`, 2);
  assert.ok(JSON.parse(once[0][1]).data.cursor);
  assert.deepEqual(once[1], ["complete", ""]);
});

/** What a socket is told, and how it ends, when it says these things. */
function talk(messages, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrl, options.protocol ?? "graphql-transport-ws", {
      headers: options.headers ?? headers,
    });
    const told = [];
    socket.on("open", () => messages.forEach((message) => socket.send(typeof message === "string" ? message : JSON.stringify(message))));
    socket.on("message", (text) => {
      told.push(JSON.parse(text));
      if (told.length === options.enough) {
        socket.close(1000);
      }
    });
    socket.on("close", (code) => resolve({ code, told }));
    socket.on("error", reject);
  });
}

test("the subprotocol is kept to the letter", async () => {
  const init = { type: "connection_init" };
  const follow = (id) => ({ type: "subscribe", id, payload: { query: "subscription { changes { version } }" } });
  assert.equal((await talk([], { protocol: "graphql-ws" }).catch(() => ({ code: 4406 }))).code, 4406);
  assert.equal((await talk(["{"])).code, 4400);
  assert.equal((await talk([{ type: "nothing" }])).code, 4400);
  assert.equal((await talk([follow("a")])).code, 4401);
  assert.equal((await talk([init, init])).code, 4429);
  assert.equal((await talk([init, follow("a"), follow("a")])).code, 4409);
  assert.equal((await talk([], {})).code, 4408);
  assert.equal((await talk([init], { headers: {} })).code, 4401);
  const signed = await talk([{ ...init, payload: headers }], { headers: {}, enough: 1 });
  assert.deepEqual(signed.told, [{ type: "connection_ack" }]);
  const ping = await talk([init, { type: "ping", payload: { a: 1 } }], { enough: 2 });
  assert.deepEqual(ping.told[1], { type: "pong", payload: { a: 1 } });
  const query = await talk([init, { type: "subscribe", id: "q", payload: { query: "{ cursor }" } }], { enough: 3 });
  assert.deepEqual(query.told.map((message) => message.type), ["connection_ack", "next", "complete"]);
  const wrong = await talk(
    [init, { type: "subscribe", id: "q", payload: { query: "{ nothing }" } }, { type: "ping" }, { type: "ping" }],
    { enough: 4 },
  );
  assert.deepEqual(wrong.told.map((message) => message.type).sort(), ["connection_ack", "error", "pong", "pong"]);
  const gap = await talk(
    [init, { type: "subscribe", id: "g", payload: { query: 'subscription { changes(after: "u1.AAAAAAAAAAAAAAAAAAAAAAAAAAA") { version } }' } }],
    { enough: 2 },
  );
  assert.equal(gap.told[1].type, "error");
  assert.ok(["gap", "bad-cursor"].includes(gap.told[1].payload[0].extensions.code));
});

/** Follows from a cursor by graphql-ws, until it has been told often enough; resolves to where it is. */
function follow(cursor, enough, tell) {
  const socket = createClient({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: headers, lazy: true, retryAttempts: 0 });
  return new Promise((resolve, reject) => {
    let at = cursor;
    socket.subscribe(
      {
        query: `subscription ($after: String) {
          noteChanges(after: $after, filter: "record.id < 100000") { event cursor version key { id } record { name } }
        }`,
        variables: { after: cursor },
      },
      {
        next: ({ data, errors }) => {
          if (errors) {
            reject(new Error(JSON.stringify(errors)));
          }
          if (enough === 0) {
            return;
          }
          at = data.noteChanges.cursor;
          tell(data.noteChanges);
          if (--enough === 0) {
            socket.terminate();
            resolve(at);
          }
        },
        error: (error) => enough > 0 && reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
        complete: () => {},
      },
    );
  });
}

/** The same over server-sent events, by the fetch that Node has. */
async function followByEvents(cursor, enough, tell) {
  const query = `subscription ($after: String) { noteChanges(after: $after, filter: "record.id < 100000") { cursor version key { id } record { name } } }`;
  const cut = new AbortController();
  const response = await fetch(`${url}/v1/graphql`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ query, variables: { after: cursor } }),
    signal: cut.signal,
  });
  assert.equal(response.status, 200);
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const event of whole) {
      const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (data && enough > 0) {
        const told = JSON.parse(data).data.noteChanges;
        cursor = told.cursor;
        tell(told);
        enough--;
      }
    }
    if (enough === 0) {
      cut.abort();
      return cursor;
    }
  }
  throw new Error("it ended by itself");
}

test("a consumer goes on where it said", async () => {
  const { cursor } = await client.request("{ cursor }");
  await put(Array.from({ length: 20 }, (_, i) => ({ id: i, name: `told ${i}` })), "/v1/notes");
  const query = (more) => `subscription { noteChanges(consumer: "graphql"${more}) { cursor key { id } } }`;
  const first = await events(query(`, after: "${cursor}"`), 10);
  const cursors = first.map((event) => JSON.parse(event[1]).data.noteChanges.cursor);
  const { acknowledge } = await client.request(`mutation { acknowledge(consumer: "graphql", cursor: "${cursors[4]}") }`);
  assert.equal(acknowledge, cursors[4]);
  const older = await client.request(`mutation { acknowledge(consumer: "graphql", cursor: "${cursors[1]}") }`);
  assert.equal(older.acknowledge, cursors[4]);
  const again = await events(query(""), 1);
  assert.equal(JSON.parse(again[0][1]).data.noteChanges.cursor, cursors[5]);
  const kept = await (await ask("/v1/consumers/graphql")).json();
  assert.equal(kept.cursor, cursors[4]);
  assert.equal((await refusal(`mutation { acknowledge(consumer: "a b", cursor: "${cursors[0]}") }`)).extensions.code, "bad-consumer");
  assert.equal((await refusal(`mutation { acknowledge(consumer: "graphql", cursor: "") }`)).extensions.code, "bad-cursor");
});

for (const [name, disconnects, from, follows] of [
  ["graphql-ws", DISCONNECTS, 0, follow],
  ["GraphQL over server-sent events", DISCONNECTS / 5, 20_000, followByEvents],
]) {
  test(`${name} sees each change once over ${disconnects} connections`, { timeout: 400_000 }, async () => {
    const changes = (CHANGES / DISCONNECTS) * disconnects;
    const next = numbers(7);
    const seen = [];
    let { cursor } = await client.request("{ cursor }");
    const written = (async () => {
      for (let at = from; at < from + changes; at += 500) {
        await put(
          Array.from({ length: 500 }, (_, i) => ({ id: at + i, name: `note ${at + i}` })),
          "/v1/notes",
        );
      }
    })();
    for (let connection = 0; connection < disconnects; connection++) {
      const left = changes - seen.length;
      const share = Math.floor(left / (disconnects - connection));
      const enough = connection === disconnects - 1 ? left : Math.min(left, 1 + next(2 * share));
      if (enough > 0) {
        cursor = await follows(cursor, enough, (event) => seen.push(event));
      }
    }
    await written;
    assert.equal(seen.length, changes);
    assert.equal(new Set(seen.map((event) => event.version)).size, changes);
    assert.equal(new Set(seen.map((event) => event.key.id)).size, changes);
    for (let i = 1; i < changes; i++) {
      assert.ok(seen[i - 1].version < seen[i].version, `${i} is out of order`);
    }
    assert.ok(seen.every((event) => event.record.name === `note ${event.key.id}`));
  });
}
