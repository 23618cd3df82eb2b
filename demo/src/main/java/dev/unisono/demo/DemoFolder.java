package dev.unisono.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The demo's folder and the files in it that people and programs read. For one thread. */
final class DemoFolder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;

  DemoFolder(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  Path config() {
    return path.resolve("unisono.yaml");
  }

  Path state() {
    return path.resolve("state");
  }

  private Path description() {
    return path.resolve("demo.json");
  }

  /** The password of Unisono's own role in a database; made once. */
  String password(String system) {
    Path file = passwordFile(system);
    try {
      if (!Files.exists(file)) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        writePrivate(file, HexFormat.of().formatHex(random));
      }
      return Files.readString(file).strip();
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot keep a password in " + file, failed);
    }
  }

  private Path passwordFile(String system) {
    return path.resolve(system + ".password");
  }

  void writeConfig(int port, PostgresServer crm, PostgresServer billing) {
    String config =
        """
        # Written by the demo at each start; copy it to make a config of your own.
        server: { host: 127.0.0.1, port: %d }
        state:  { folder: "%s" }
        systems:
          crm:
            connector: postgres
            url: "%s"
            user: unisono
            password: "${file:%s}"
          billing:
            connector: postgres
            url: "%s"
            user: unisono
            password: "${file:%s}"
        entities:
          customer:
            plural: customers
            key: id
            schema:
              properties:
                id:         { type: integer }
                name:       { type: string, maxLength: 200 }
                email:      { type: string }
                country:    { type: string }
                balance:    { type: number }
                updated_at: { type: string, format: date-time }
              required: [id]
            standardize: { name: [trim], email: [trim, lower-case] }
            index: [name, country, balance]
          order:
            plural: orders
            key: id
            schema:
              properties:
                id:          { type: integer }
                customer_id: { type: integer }
                item:        { type: string }
                quantity:    { type: integer }
                price:       { type: number }
                ordered_on:  { type: string, format: date }
                shipped:     { type: boolean }
              required: [id, customer_id]
            index: [customer_id, ordered_on]
        syncs:
          customers:
            entity: customer
            members:
              - { system: crm, table: public.customers, direction: read }
              - { system: billing, table: public.clients, direction: write, fields: { id: client_id, name: full_name, email: mail, updated_at: null } }
          orders:
            entity: order
            members:
              - { system: crm, table: public.orders, direction: read }
              - { system: billing, table: public.invoices, direction: write, fields: { id: invoice_id, customer_id: client_id, item: article, quantity: amount, price: unit_price, ordered_on: invoiced_on, shipped: null } }
        """
            .formatted(
                port,
                state(),
                crm.jdbcUrl("crm"),
                passwordFile("crm"),
                billing.jdbcUrl("billing"),
                passwordFile("billing"));
    try {
      writePrivate(config(), config);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + config(), failed);
    }
  }

  /** Writes {@code demo.json} for programs that want to talk to the demo. */
  void writeDescription(ServerProcess server, PostgresServer crm, PostgresServer billing) {
    Map<String, Object> description =
        Map.of(
            "api", server.api(),
            "token", server.token(),
            "pid", server.processId(),
            "systems",
                Map.of(
                    "crm", Map.of("kind", "postgres", "url", crm.url("crm")),
                    "billing", Map.of("kind", "postgres", "url", billing.url("billing"))));
    try {
      writePrivate(
          description(),
          JSON.writerWithDefaultPrettyPrinter().writeValueAsString(description) + "\n");
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + description(), failed);
    }
  }

  /** Ends the server of a demo that was killed before it could do so itself. */
  void endLeftOverServer() throws InterruptedException {
    Optional<ProcessHandle> left =
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != ProcessHandle.current().pid())
            .filter(this::servesThisFolder)
            .findAny();
    if (left.isPresent()) {
      left.get().destroy();
      if (!awaitExit(left.get(), 10)) {
        left.get().destroyForcibly();
        awaitExit(left.get(), 10);
      }
    }
    try {
      Files.deleteIfExists(description());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private boolean servesThisFolder(ProcessHandle process) {
    String setting = ServerProcess.CONFIG_ARGUMENT + config();
    return process
        .info()
        .arguments()
        .map(arguments -> java.util.Arrays.asList(arguments).contains(setting))
        .orElse(false);
  }

  private static boolean awaitExit(ProcessHandle process, int seconds) throws InterruptedException {
    for (int i = 0; i < seconds * 20 && process.isAlive(); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return !process.isAlive();
  }

  private static void writePrivate(Path file, String text) throws IOException {
    Path draft =
        Files.createTempFile(
            file.getParent(),
            file.getFileName().toString(),
            ".draft",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(draft, text);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
