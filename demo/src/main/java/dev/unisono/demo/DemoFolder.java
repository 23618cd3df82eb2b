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
import java.util.LinkedHashMap;
import java.util.List;
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

  Path shop() {
    return path.resolve("shop.db");
  }

  /** Where the server reads how to reach the demo. */
  Path door() {
    return path.resolve("demo.door");
  }

  /** What a demo has left in which there was no shop, and billing another table, cannot go on. */
  void refuseOlder() {
    if (Files.exists(state()) && !Files.exists(shop())) {
      throw new DemoFailure(
          "demo-folder-old: "
              + path
              + " was made by an earlier form of the demo, without a shop. Remove it, or choose"
              + " another --data.");
    }
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

  void writeConfig(int port, PostgresServer crm, Billing billing) {
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
            connector: %s
            url: "%s"
            user: unisono
            password: "${file:%s}"
          shop:
            connector: sqlite
            file: "%s"
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
                phone:      { type: string }
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
            # All three are read and written, and are kept equal. They hold the same rows from the
            # first start on, so nobody is asked before the first write (./unisono live).
            entity: customer
            first-load: live
            # Where two edit the same field at the same time the newest edit wins; about a phone
            # somebody decides, on the page or by ./unisono conflicts.
            conflict: { strategy: latest, fields: { phone: manual } }
            members:
              - { system: crm, table: public.customers, direction: both }
              - { system: billing, table: %s, direction: both, fields: { id: client_id, name: full_name, email: mail, phone: telephone, updated_at: null } }
              - { system: shop, table: buyers, direction: both, fields: { id: buyer_id, balance: null, updated_at: null } }
          orders:
            entity: order
            members:
              - { system: crm, table: public.orders, direction: read }
              - { system: billing, table: %s, direction: write, fields: { id: invoice_id, customer_id: client_id, item: article, quantity: amount, price: unit_price, ordered_on: invoiced_on, shipped: null } }
        """
            .formatted(
                port,
                state(),
                crm.jdbcUrl("crm"),
                passwordFile("crm"),
                billing.customers().kind(),
                billing.jdbcUrl(),
                passwordFile("billing"),
                shop(),
                billing.customers().name(),
                billing.invoices());
    try {
      writePrivate(config(), config);
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + config(), failed);
    }
  }

  void writeDoor(ConflictDoor door) {
    try {
      writePrivate(door(), door.url() + "\n");
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + door(), failed);
    }
  }

  /** Writes {@code demo.json} for programs that want to talk to the demo. */
  void writeDescription(ServerProcess server, List<CustomerTable> members) {
    Map<String, Object> systems = new LinkedHashMap<>();
    for (CustomerTable member : members) {
      systems.put(member.system(), Map.of("kind", member.kind(), "url", member.url()));
    }
    Map<String, Object> description =
        Map.of(
            "api", server.api(),
            "token", server.token(),
            "pid", server.processId(),
            "systems", systems);
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
