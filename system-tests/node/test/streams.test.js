// Whoever follows changes by a client that no one here wrote, and loses the connection again and
// again, misses nothing and sees nothing twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { headers, numbers, position, put, url } from "../server.js";

const DISCONNECTS = 1000;
const CHANGES = 6000;

/** Follows from a cursor by EventSource, until it has been told often enough; resolves to where it is. */
function bySse(cursor, enough, tell) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`${url}/v1/changes/items?after=${cursor}`, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
    });
    let at = cursor;
    const take = (event) => {
      // What came in one piece with the last one wanted is given on, though it was closed.
      if (enough === 0) {
        return;
      }
      at = event.lastEventId;
      tell(JSON.parse(event.data));
      if (--enough === 0) {
        source.close();
        resolve(at);
      }
    };
    source.addEventListener("created", take);
    source.addEventListener("updated", take);
    source.onerror = (error) => {
      source.close();
      reject(new Error(error.message));
    };
  });
}

function byWebSocket(cursor, enough, tell) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`, { headers });
    let at = cursor;
    socket.on("open", () =>
      socket.send(JSON.stringify({ subscribe: "s", entity: "item", after: cursor })),
    );
    socket.on("message", (text) => {
      const frame = JSON.parse(text);
      if (frame.error) {
        reject(new Error(text));
      }
      if (!frame.event || enough === 0) {
        return;
      }
      at = frame.cursor;
      tell(frame);
      if (--enough === 0) {
        socket.terminate();
        resolve(at);
      }
    });
    socket.on("error", reject);
  });
}

for (const [name, follow] of [
  ["EventSource", bySse],
  ["ws", byWebSocket],
]) {
  test(`${name} sees each change once over ${DISCONNECTS} connections`, { timeout: 240_000 }, async () => {
    const next = numbers(7);
    const seen = [];
    let cursor = await position();
    const written = (async () => {
      for (let from = 0; from < CHANGES; from += 500) {
        await put(
          Array.from({ length: 500 }, (_, i) => ({
            id: from + i,
            name: `${name} ${from + i}`,
            amount: String(from + i),
          })),
        );
      }
    })();
    for (let connection = 0; connection < DISCONNECTS; connection++) {
      const left = CHANGES - seen.length;
      const share = Math.floor(left / (DISCONNECTS - connection));
      const enough = connection === DISCONNECTS - 1 ? left : Math.min(left, 1 + next(2 * share));
      if (enough > 0) {
        cursor = await follow(cursor, enough, (event) => seen.push(event));
      }
    }
    await written;
    assert.equal(seen.length, CHANGES);
    assert.equal(new Set(seen.map((event) => event.version)).size, CHANGES);
    assert.equal(new Set(seen.map((event) => event.key.id)).size, CHANGES);
    for (let i = 1; i < CHANGES; i++) {
      assert.ok(seen[i - 1].version < seen[i].version, `${i} is out of order`);
    }
    assert.ok(seen.every((event) => event.record.name === `${name} ${event.key.id}`));
  });
}
