// The doors' description passes a linter that no one here wrote.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ask } from "../server.js";

test("the description of the doors has no errors and no warnings", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unisono-openapi-"));
  try {
    const document = join(folder, "openapi.json");
    writeFileSync(document, await (await ask("/v1/openapi.json")).text());
    // What is left out is taste, or is not so here: a licence, and servers of a public address.
    writeFileSync(
      join(folder, "redocly.yaml"),
      "extends: [recommended]\nrules:\n  info-license: off\n  no-server-example.com: off\n",
    );
    const linter = spawnSync(
      join(import.meta.dirname, "../node_modules/.bin/redocly"),
      ["lint", "--config", join(folder, "redocly.yaml"), "--format", "json", document],
      {
        encoding: "utf8",
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
      },
    );
    const found = JSON.parse(linter.stdout.slice(linter.stdout.indexOf("{")));
    assert.deepEqual(
      found.problems.map((each) => `${each.ruleId}: ${each.message} ${each.location?.[0]?.pointer}`),
      [],
    );
    assert.equal(linter.status, 0, linter.stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
