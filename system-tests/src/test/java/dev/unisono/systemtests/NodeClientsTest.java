package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.Requirement;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that no one here wrote drive a running server: packages of npm, in the folder {@code
 * node} beside these tests.
 */
final class NodeClientsTest {
  private static final String HOOK_SECRET =
      "whsec_" + Base64.getEncoder().encodeToString("a key that is a test's own".getBytes(UTF_8));

  @Test
  void clientsOfOthersAreServed(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    String remedy = "Install nodejs and npm.";
    Path npm = Requirement.program("npm", remedy);
    Path program = Requirement.program("node", remedy);
    Path node = ServerProcess.projectFolder().resolve("system-tests/node");
    // By a copy, so that nothing is left in the project.
    Path clients = folder.resolve("clients");
    copy(node, clients);
    assertEquals(0, run(clients, null, folder, npm.toString(), "ci", "--no-progress"), log(folder));
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount TEXT)",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount TEXT, far INTEGER,"
            + " extra TEXT, about INTEGER)",
        "CREATE TABLE memos (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount TEXT, far INTEGER,"
            + " extra TEXT, at TEXT)");
    Files.writeString(folder.resolve("hook-secret"), HOOK_SECRET);
    int port = ServerProcess.freePort();
    String config =
        """
        webhooks: { allow: [127.0.0.1/32] }
        systems:
          shop: { connector: sqlite, file: %s }
          app:
            connector: webhook
            signature: standard
            secret: "${file:hook-secret}"
            record: /data
        entities:
          letter:
            key: id
            schema:
              properties:
                id: { type: integer }
                text: { type: string }
          item:
            key: id
            index: [name]
            schema:
              required: [name]
              properties:
                id: { type: integer }
                name: { type: string }
                amount: { type: string, format: decimal }
          note:
            key: id
            index: [name, amount, about]
            references: [{ field: about, entity: note }]
            schema:
              required: [name]
              properties:
                id: { type: integer }
                name: { type: string, maxLength: 40 }
                amount: { type: string, format: decimal }
                far: { type: integer }
                extra: { type: object }
                about: { type: integer }
          memo:
            key: id
            index: [name, amount]
            schema:
              required: [name]
              properties:
                id: { type: integer }
                name: { type: string, maxLength: 40 }
                amount: { type: string, format: decimal }
                far: { type: integer }
                extra: { type: object }
                at: { type: string, format: date-time }
        syncs:
          memos: { entity: memo, members: [{ system: shop, table: memos, direction: read }] }
          letters: { entity: letter, members: [{ system: app, table: letter, direction: read }] }
          items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
          notes: { entity: note, members: [{ system: shop, table: notes, direction: read }] }
        """
            .formatted(files.file("shop"));
    try (ServerProcess server = files.serve(port, config)) {
      assertEquals(
          0, run(clients, server, folder, program.toString(), "--test", "test/"), log(folder));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.resolve("test"));
    for (String file : List.of("package.json", "package-lock.json", ".npmrc", "server.js")) {
      Files.copy(from.resolve(file), to.resolve(file));
    }
    try (var tests = Files.list(from.resolve("test"))) {
      for (Path test : tests.toList()) {
        Files.copy(test, to.resolve("test").resolve(test.getFileName()));
      }
    }
  }

  private static int run(
      Path clients, @Nullable ServerProcess server, Path folder, String... command)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(clients.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("node.log").toFile());
    if (server != null) {
      builder.environment().put("UNISONO_URL", server.api());
      builder.environment().put("UNISONO_TOKEN", server.token());
      builder.environment().put("HOOK_SECRET", HOOK_SECRET);
    }
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(9, TimeUnit.MINUTES), "it has not ended: " + log(folder));
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String log(Path folder) throws IOException {
    Path log = folder.resolve("node.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
