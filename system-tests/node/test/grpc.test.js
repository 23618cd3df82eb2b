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
const options = { keepCase: true, longs: String, defaults: true, oneofs: true };
let description;
let Records;
let client;

before(async () => {
  const file = join(await mkdtemp(join(tmpdir(), "proto-")), "unisono.proto");
  await writeFile(file, await (await ask("/v1/grpc/unisono.proto")).text());
  description = await loader.load(file, options);
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

/** What a client of others has that asks for a description: the protocol's own, as a tool writes it. */
const REFLECTION = `syntax = "proto3"; package grpc.reflection.v1;
service ServerReflection { rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse); }
message ServerReflectionRequest { string host = 1; oneof message_request { string file_by_filename = 3; string file_containing_symbol = 4;
  ExtensionRequest file_containing_extension = 5; string all_extension_numbers_of_type = 6; string list_services = 7; } }
message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
message ServerReflectionResponse { string valid_host = 1; ServerReflectionRequest original_request = 2; oneof message_response {
  FileDescriptorResponse file_descriptor_response = 4; ExtensionNumberResponse all_extension_numbers_response = 5;
  ListServiceResponse list_services_response = 6; ErrorResponse error_response = 7; } }
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServiceResponse { string name = 1; }
message ErrorResponse { int32 error_code = 1; string error_message = 2; }`;

/** The answers of one call, one for each request. */
async function reflected(version, ...requests) {
  const file = join(await mkdtemp(join(tmpdir(), "proto-")), "reflection.proto");
  await writeFile(file, REFLECTION.replace("reflection.v1", `reflection.${version}`));
  const { ServerReflection } = grpc.loadPackageDefinition(await loader.load(file, options)).grpc.reflection[version];
  const reflection = new ServerReflection(address, grpc.credentials.createInsecure());
  const stream = reflection.ServerReflectionInfo(signed);
  const answers = [];
  const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  stream.on("data", (answer) => answers.push(answer));
  requests.forEach((request) => stream.write(request));
  stream.end();
  await ended;
  reflection.close();
  return answers;
}

test("what reflection tells is what the description says", async () => {
  for (const version of ["v1", "v1alpha"]) {
    const [services, unknown, files] = await reflected(
      version,
      { list_services: "" },
      { file_containing_symbol: "unisono.v1.Nothing" },
      { file_containing_symbol: "unisono.v1.Records" },
    );
    assert.deepEqual(
      services.list_services_response.service.map((service) => service.name),
      ["unisono.v1.Records", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"],
    );
    assert.equal(unknown.error_response.error_code, grpc.status.NOT_FOUND);
    assert.equal(unknown.original_request.file_containing_symbol, "unisono.v1.Nothing");
    const set = Buffer.concat(
      files.file_descriptor_response.file_descriptor_proto.map((file) => {
        const length = [];
        for (let left = file.length; length.push(left > 127 ? (left & 127) | 128 : left) && left > 127; left >>= 7);
        return Buffer.concat([Buffer.from([10, ...length]), file]);
      }),
    );
    const told = loader.loadFileDescriptorSetFromBuffer(set, options);
    const names = Object.keys(description).filter((name) => name.startsWith("unisono.v1."));
    assert.ok(names.length > 15, "all of it is compared");
    for (const name of names) {
      if (description[name].type) {
        assert.deepEqual(plain(told[name].type), plain(description[name].type), name);
      } else {
        for (const [method, it] of Object.entries(description[name])) {
          const other = told[name][method];
          assert.deepEqual(
            [other.path, other.requestStream, other.responseStream, other.requestType.type.name, other.responseType.type.name],
            [it.path, it.requestStream, it.responseStream, it.requestType.type.name, it.responseType.type.name],
          );
        }
      }
    }
  }
});

/** The last part of a name; of the types that maps are of, each reader has another form. */
const named = (name) => name.split(".").at(-1).replace(/Entry$/, "").replaceAll("_", "").toLowerCase();

/** A type without what one reader writes out and the other leaves out. */
function plain(type) {
  const fields = type.field.map(({ name, number, label, type: kind, typeName, oneofIndex, proto3Optional }) => {
    const scalar = kind !== "TYPE_MESSAGE" && kind !== "TYPE_ENUM";
    return { name, number, label, kind, typeName: scalar ? "" : named(typeName), oneofIndex, proto3Optional };
  });
  return {
    name: named(type.name),
    fields: fields.sort((a, b) => a.number - b.number),
    nested: type.nestedType.map(plain),
    oneofs: type.oneofDecl.map(({ name }) => name),
  };
}

test("whoever calls with gzip is answered with gzip", async () => {
  const zipped = new Records(address, grpc.credentials.createInsecure(), {
    "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip,
    "grpc.use_local_subchannel_pool": 1,
  });
  const text = "like itself ".repeat(2000);
  const request = { entity: "memo", fields: { ...key(400000), name: { string_value: "zipped" }, extra: { json_value: JSON.stringify({ text }) } } };
  let coding;
  const made = await new Promise((resolve, reject) =>
    zipped
      .Create(request, signed, (error, answer) => (error ? reject(error) : resolve(answer)))
      .on("metadata", (metadata) => (coding = metadata.get("grpc-encoding"))),
  );
  assert.equal(JSON.parse(made.record.fields.extra.json_value).text, text);
  assert.ok(coding.length === 0 || coding[0] === "gzip");
  const found = await new Promise((resolve, reject) =>
    zipped.Get({ entity: "memo", key: key(400000) }, signed, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
  assert.equal(JSON.parse(found.fields.extra.json_value).text, text);
  const bomb = { entity: "memo", fields: { ...key(400001), extra: { json_value: JSON.stringify({ text: "0".repeat(3 << 20) }) } } };
  const error = await new Promise((resolve) => zipped.Create(bomb, signed, resolve));
  assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
  zipped.close();
});

test("health is watched", async () => {
  const watch = (service) => {
    const request = service ? Buffer.from([10, service.length, ...Buffer.from(service)]) : Buffer.alloc(0);
    return client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", (it) => it, (it) => it, request);
  };
  for (const [service, status] of [["", 1], ["unisono.v1.Records", 1], ["unisono.v1.Nothing", 3]]) {
    const stream = watch(service);
    const first = await new Promise((resolve, reject) => stream.once("data", resolve).once("error", reject));
    stream.on("error", () => {});
    assert.deepEqual([...first], [8, status], service);
    stream.cancel();
  }
});

test("who is behind is told the newest of each record, and a consumer goes on where it said", async () => {
  const filter = "record.id == 500000";
  await put([{ id: 500000, name: "first" }], "/v1/memos");
  const begun = await position();
  const follow = (request) => {
    const connection = new Records(address, grpc.credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    const stream = connection.Subscribe({ entity: "memo", filter, ...request }, signed);
    stream.on("error", () => {});
    return { stream, end: () => (stream.cancel(), connection.close()) };
  };
  const last = await put(
    Array.from({ length: 3000 }, (_, i) => ({ id: 500000, name: `name ${i}` })),
    "/v1/memos",
  );
  const conflated = follow({ after: begun, conflate: true });
  const seen = [];
  for await (const event of conflated.stream) {
    seen.push(event.record.name.string_value);
    if (seen.at(-1) === "name 2999") {
      break;
    }
  }
  conflated.end();
  assert.ok(seen.length < 3000, `it was told ${seen.length}`);

  const first = follow({ after: begun, consumer: "node" });
  const cursors = [];
  for await (const event of first.stream) {
    cursors.push([event.cursor, event.record.name.string_value]);
    if (cursors.length === 10) {
      break;
    }
  }
  first.end();
  const done = await call("Acknowledge", { consumer: "node", cursor: cursors[4][0] });
  assert.equal(done.cursor, cursors[4][0]);
  const older = await call("Acknowledge", { consumer: "node", cursor: cursors[1][0] });
  assert.equal(older.cursor, cursors[4][0]);
  const second = follow({ consumer: "node" });
  for await (const event of second.stream) {
    assert.deepEqual([event.cursor, event.record.name.string_value], cursors[5]);
    break;
  }
  second.end();
  assert.equal((await refused("Acknowledge", { consumer: "node" })).code, grpc.status.INVALID_ARGUMENT);
  assert.equal((await refused("Acknowledge", { consumer: "a b", cursor: last })).code, grpc.status.INVALID_ARGUMENT);
});

test("answers say what position they reflect", async () => {
  const made = await call("Create", { entity: "memo", fields: { ...key(600000), name: { string_value: "x" } } });
  const metadata = await new Promise((resolve, reject) =>
    client
      .Get({ entity: "memo", key: key(600000), after: made.cursor }, signed, (error) => error && reject(error))
      .on("metadata", resolve),
  );
  assert.match(metadata.get("unisono-cursor")[0], /^u1\./);
  // No system is away.
  assert.deepEqual(metadata.get("unisono-stale"), []);
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
