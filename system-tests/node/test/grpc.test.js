// gRPC by the client that Node has for it, from the description that the server gives out.
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { ask, headers, numbers, position, put, url } from "../server.js";

const DISCONNECTS = 1000;
const CHANGES = 6000;
const address = url.replace("http://", "");
const signed = new grpc.Metadata();
signed.set("authorization", headers.Authorization);
let Records;
let client;

before(async () => {
  const file = join(await mkdtemp(join(tmpdir(), "proto-")), "unisono.proto");
  await writeFile(file, await (await ask("/v1/grpc/unisono.proto")).text());
  const description = await loader.load(file, { keepCase: true, longs: String, defaults: true, oneofs: true });
  Records = grpc.loadPackageDefinition(description).unisono.v1.Records;
  client = new Records(address, grpc.credentials.createInsecure());
});
after(() => client.close());

/** A call that is answered once; rejected with the error of the client's own. */
function call(method, request, metadata = signed, options = {}) {
  return new Promise((resolve, reject) =>
    client[method](request, metadata, options, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

async function refused(method, request, metadata, options) {
  try {
    await call(method, request, metadata, options);
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}

const key = (id) => ({ id: { integer_value: String(id) } });

test("records are made, found, changed and deleted", async () => {
  const made = await call("Create", {
    entity: "memo",
    fields: {
      ...key(100001),
      name: { string_value: "first" },
      amount: { decimal_value: "12.50" },
      far: { integer_value: "9007199254740993" },
      extra: { json_value: '{"a":[1,null]}' },
      at: { timestamp_value: { seconds: "1767323045", nanos: 6000 } },
    },
  });
  assert.equal(made.created, true);
  assert.equal(made.record.fields.amount.decimal_value, "12.50");
  assert.equal(made.record.fields.far.integer_value, "9007199254740993");
  assert.deepEqual(JSON.parse(made.record.fields.extra.json_value), { a: [1, null] });
  assert.deepEqual(made.record.fields.at.timestamp_value, { seconds: "1767323045", nanos: 6000 });
  const changed = await call("Update", {
    entity: "memo",
    key: key(100001),
    fields: { amount: { null_value: true } },
    if_version: made.version,
  });
  assert.equal(changed.record.fields.amount.null_value, true);
  assert.equal(changed.record.fields.name.string_value, "first");
  const stale = await refused("Delete", { entity: "memo", key: key(100001), if_version: made.version });
  assert.equal(stale.code, grpc.status.FAILED_PRECONDITION);
  const replaced = await call("Replace", {
    entity: "memo",
    key: key(100001),
    fields: { name: { string_value: "second" } },
  });
  assert.equal(replaced.created, false);
  const found = await call("Get", { entity: "memo", key: key(100001), after: replaced.cursor });
  assert.equal(found.fields.name.string_value, "second");
  assert.equal(found.fields.far.null_value, true);
  const deleted = await call("Delete", { entity: "memo", key: key(100001) });
  assert.equal(deleted.record, null);
  assert.equal((await refused("Get", { entity: "memo", key: key(100001) })).code, grpc.status.NOT_FOUND);
});

test("lists are filtered, sorted, counted and turned over", async () => {
  await put(
    Array.from({ length: 30 }, (_, i) => ({ id: 200000 + i, name: i % 3 ? "other" : "third", amount: `${i}.5` })),
    "/v1/memos",
  );
  const request = {
    entity: "memo",
    filter: {
      condition: { field: "name", operator: "eq", values: [{ string_value: "third" }] },
      any: [
        { condition: { field: "amount", operator: "gte", values: [{ decimal_value: "10" }] } },
        { condition: { field: "id", operator: "in", values: [{ integer_value: "200003" }] } },
      ],
    },
    sort: ["-amount"],
    limit: 3,
    total: true,
  };
  const seen = [];
  let page = {};
  do {
    page = await call("List", { ...request, page_after: page.next });
    assert.equal(page.total, "7");
    seen.push(...page.records.map((record) => record.fields.id.integer_value));
  } while (page.next);
  assert.deepEqual(seen, ["200027", "200024", "200021", "200018", "200015", "200012", "200003"]);
});

test("what is refused says why", async () => {
  const invalid = await refused("Create", {
    entity: "memo",
    fields: { ...key(100005), name: { string_value: "x".repeat(41) } },
  });
  assert.equal(invalid.code, grpc.status.INVALID_ARGUMENT);
  const [details] = invalid.metadata.get("grpc-status-details-bin");
  for (const text of ["invalid-value", "google.rpc.ErrorInfo", "google.rpc.BadRequest", "too-long", "unisono.dev"]) {
    assert.ok(details.includes(text), text);
  }
  assert.equal((await refused("Get", { entity: "nobody" })).code, grpc.status.NOT_FOUND);
  assert.equal((await refused("Get", { entity: "memo" })).code, grpc.status.INVALID_ARGUMENT);
  assert.equal((await refused("List", { entity: "memo" }, new grpc.Metadata())).code, grpc.status.UNAUTHENTICATED);
  const late = await refused("List", { entity: "memo" }, signed, { deadline: Date.now() - 1 });
  assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED);
});

test("health is told, other methods are unknown", async () => {
  const unary = (path, bytes) =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(path, (it) => it, (it) => it, bytes, signed, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  assert.deepEqual([...(await unary("/grpc.health.v1.Health/Check", Buffer.alloc(0)))], [8, 1]);
  await assert.rejects(unary("/unisono.v1.Records/Nothing", Buffer.alloc(0)), { code: grpc.status.UNIMPLEMENTED });
  await assert.rejects(unary("/unisono.v1.Records/Get", Buffer.from([0xff, 0xff])), { code: grpc.status.INVALID_ARGUMENT });
});

/** Follows from a cursor until it has been told often enough; resolves to where it is. */
function follow(cursor, enough, tell) {
  const connection = new Records(address, grpc.credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return new Promise((resolve, reject) => {
    let at = cursor;
    const stream = connection.Subscribe({ entity: "memo", after: cursor, filter: "record.id < 100000" }, signed);
    stream.on("data", (event) => {
      if (enough === 0) {
        return;
      }
      at = event.cursor;
      tell(event);
      if (--enough === 0) {
        stream.cancel();
        connection.close();
        resolve(at);
      }
    });
    stream.on("error", (error) => enough > 0 && reject(error));
  });
}

test("a snapshot comes before changes, and a lost position is told", async () => {
  await put([{ id: 300000, name: "kept" }], "/v1/memos");
  const stream = client.Subscribe({ entity: "memo", snapshot: true, filter: "record.id == 300000" }, signed);
  const begun = new Promise((resolve) => stream.on("metadata", (metadata) => resolve(metadata.get("unisono-cursor")[0])));
  const first = await new Promise((resolve, reject) => stream.once("data", resolve).once("error", reject));
  stream.on("error", () => {});
  assert.match(await begun, /^u1\./);
  assert.equal(first.event, "created");
  assert.equal(first.cursor, "");
  assert.equal(first.record.name.string_value, "kept");
  stream.cancel();
  const wrong = await new Promise((resolve) =>
    client.Subscribe({ entity: "memo", after: "none" }, signed).on("error", resolve).on("data", () => {}),
  );
  assert.equal(wrong.code, grpc.status.INVALID_ARGUMENT);
});

test(`grpc-js sees each change once over ${DISCONNECTS} connections`, { timeout: 400_000 }, async () => {
  const next = numbers(7);
  const seen = [];
  let cursor = await position();
  const written = (async () => {
    for (let from = 0; from < CHANGES; from += 500) {
      await put(
        Array.from({ length: 500 }, (_, i) => ({ id: from + i, name: `memo ${from + i}` })),
        "/v1/memos",
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
  assert.equal(new Set(seen.map((event) => event.key.id.integer_value)).size, CHANGES);
  for (let i = 1; i < CHANGES; i++) {
    assert.ok(BigInt(seen[i - 1].version) < BigInt(seen[i].version), `${i} is out of order`);
  }
  assert.ok(seen.every((event) => event.record.name.string_value === `memo ${event.key.id.integer_value}`));
});
