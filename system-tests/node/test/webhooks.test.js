// What we sign is verified, and what is signed is taken, by a library that no one here wrote.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { ask, put, url } from "../server.js";

test("a webhook's signature is verified", async () => {
  const server = createServer();
  const taken = new Promise((resolve, reject) => {
    server.on("request", async (request, response) => {
      try {
        let body = "";
        for await (const part of request) {
          body += part;
        }
        response.writeHead(204).end();
        resolve({ headers: request.headers, body });
      } catch (failed) {
        reject(failed);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const made = await (
      await ask("/v1/admin/webhooks", {
        method: "POST",
        body: JSON.stringify({
          url: `http://127.0.0.1:${server.address().port}/taken`,
          entities: ["item"],
        }),
      })
    ).json();
    await put([{ id: 7001, name: "hooked" }]);
    const { headers, body } = await taken;
    const event = new Webhook(made.secret).verify(body, headers);
    assert.equal(event.type, "item.created");
    assert.equal(event.data.record.name, "hooked");
    assert.throws(() => new Webhook(made.secret).verify(body + " ", headers));
    await ask(`/v1/admin/webhooks/${made.id}`, { method: "DELETE" });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("what is signed is taken once, and what is not is refused", async () => {
  const webhook = new Webhook(process.env.HOOK_SECRET);
  const bring = (id, at, body, signature) =>
    fetch(url + "/hooks/app", {
      method: "POST",
      headers: {
        "webhook-id": id,
        "webhook-timestamp": Math.floor(at.getTime() / 1000).toString(),
        "webhook-signature": signature ?? webhook.sign(id, at, body),
      },
      body,
    });
  const body = JSON.stringify({ type: "letter.created", data: { id: 1, text: "brought" } });
  const now = new Date();
  const first = await bring("msg_1", now, body);
  assert.equal(first.status, 200, await first.clone().text());
  assert.deepEqual(await first.json(), { state: "taken" });
  assert.deepEqual(await (await bring("msg_1", now, body)).json(), { state: "known" });
  assert.equal((await bring("msg_2", now, body, "v1,AAAA")).status, 401);
  assert.equal((await bring("msg_3", new Date(now.getTime() - 3_600_000), body)).status, 401);
});
