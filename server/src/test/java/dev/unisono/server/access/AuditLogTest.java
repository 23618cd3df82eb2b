package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was written down stays, or is seen not to have. */
final class AuditLogTest {
  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));

  private AuditLog opened() {
    return AuditLog.open(folder, now::get);
  }

  private static Audit.Event event(Audit.Kind kind, String actor, String subject) {
    return new Audit.Event(kind, actor, "key.create", subject, true, "Rôles [viewer].", "::1");
  }

  private void fill(int entries) {
    try (AuditLog log = opened()) {
      for (int i = 1; i <= entries; i++) {
        log.tell(event(Audit.Kind.ACCESS, "admin", "robot-" + i));
      }
    }
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(AuditLog.FILE));
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Test
  void whatWasToldIsThereOnceThatReturns() {
    try (AuditLog log = opened()) {
      log.tell(event(Audit.Kind.ACCESS, "key:a", "robot"));
      // Another reader, as after a crash of this one.
      AuditLog.Entry entry = log.list(0, 10, null, null).getFirst();
      assertEquals(1, entry.sequence());
      assertEquals(
          "{\"sequence\":1,\"time\":\"2026-01-02T03:04:05.000000Z\",\"kind\":\"access\","
              + "\"actor\":\"key:a\",\"action\":\"key.create\",\"subject\":\"robot\","
              + "\"allowed\":true,\"detail\":\"Rôles [viewer].\",\"address\":\"::1\"}",
          entry.json());
      assertEquals(log.verify().head(), entry.hash());
    }
  }

  @Test
  void theChainGoesOnBeyondARestart() {
    fill(3);
    fill(2);
    try (AuditLog log = opened()) {
      AuditLog.Verified verified = log.verify();
      assertEquals(5, verified.entries());
      assertNull(verified.broken());
    }
  }

  @Test
  void closingWritesDownWhatIsInLine() {
    try (AuditLog log = opened()) {
      for (int i = 0; i < 3_000; i++) {
        log.tell(event(Audit.Kind.DENIAL, "key:a", "x"));
      }
    }
    try (AuditLog log = opened()) {
      assertEquals(3_000, log.verify().entries());
    }
  }

  @Test
  void whatThereIsNoRoomForIsCounted() throws Exception {
    int many = 30_000;
    try (Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(AuditLog.FILE));
        AuditLog log = opened()) {
      try (Statement statement = other.createStatement()) {
        // Keeps the writer waiting, so that the line fills.
        statement.execute("BEGIN IMMEDIATE");
        for (int i = 0; i < many; i++) {
          log.tell(event(Audit.Kind.DENIAL, "key:a", "x"));
        }
        statement.execute("ROLLBACK");
      }
    }
    try (AuditLog log = opened()) {
      AuditLog.Verified verified = log.verify();
      assertNull(verified.broken());
      assertTrue(verified.entries() < many, verified::toString);
      long told = 0;
      List<AuditLog.Entry> entries = new ArrayList<>();
      for (long after = 0; after != 1; ) {
        entries = log.list(after, 1_000, null, null);
        for (AuditLog.Entry entry : entries) {
          String json = entry.json();
          int at = json.indexOf("\"detail\":\"") + 10;
          told +=
              json.contains("\"action\":\"many\"")
                  ? Long.parseLong(json.substring(at, json.indexOf(' ', at)))
                  : 1;
        }
        after = entries.getLast().sequence();
      }
      assertEquals(many, told);
    }
  }

  @Test
  void nothingIsChangedOrTakenOutByStatements() throws Exception {
    fill(3);
    for (String sql :
        List.of(
            "UPDATE audit SET entry = '{}' WHERE sequence = 2",
            "DELETE FROM audit WHERE sequence = 3",
            "DELETE FROM audit")) {
      SQLException refused = assertThrows(SQLException.class, () -> execute(sql));
      assertTrue(String.valueOf(refused.getMessage()).contains("written down"));
    }
    try (AuditLog log = opened()) {
      assertEquals(3, log.verify().entries());
    }
  }

  @Test
  void oneByteThatIsChangedInTheFileIsFoundInItsEntry() throws Exception {
    fill(50);
    Path file = folder.resolve(AuditLog.FILE);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int round = 0; round < 30; round++) {
      int number = 1 + random.nextInt(50);
      String text = "\"subject\":\"robot-" + number + "\"";
      byte[] sought = text.getBytes(StandardCharsets.UTF_8);
      int within = random.nextInt(sought.length);
      byte[] tampered = whole.clone();
      // A page that was split may have another copy, which nobody reads.
      for (int at : places(whole, sought)) {
        tampered[at + within] ^= 1;
      }
      Files.write(file, tampered);
      try (AuditLog log = opened()) {
        AuditLog.Broken broken = log.verify().broken();
        assertNotNull(broken, text);
        assertEquals(number, broken.sequence(), text);
      }
    }
    Files.write(file, whole);
    try (AuditLog log = opened()) {
      assertNull(log.verify().broken());
    }
  }

  private static List<Integer> places(byte[] whole, byte[] sought) {
    String file = new String(whole, StandardCharsets.ISO_8859_1);
    String text = new String(sought, StandardCharsets.ISO_8859_1);
    List<Integer> places = new ArrayList<>();
    for (int at = file.indexOf(text); at >= 0; at = file.indexOf(text, at + 1)) {
      places.add(at);
    }
    assertFalse(places.isEmpty(), "it is in the file");
    return places;
  }

  @Test
  void entriesThatAreTakenOutOrPutInTheirPlaceAreFound() throws Exception {
    fill(5);
    execute("DROP TRIGGER audit_whole", "DELETE FROM audit WHERE sequence = 3");
    try (AuditLog log = opened()) {
      assertEquals(new AuditLog.Broken(3, "It is not there."), log.verify().broken());
    }
    execute(
        "DROP TRIGGER IF EXISTS audit_unchanged",
        "INSERT INTO audit (sequence, entry, hash) SELECT 3, entry, hash FROM audit"
            + " WHERE sequence = 2");
    try (AuditLog log = opened()) {
      AuditLog.Broken broken = log.verify().broken();
      assertNotNull(broken);
      assertEquals(3, broken.sequence());
    }
  }

  @Test
  void entriesAreFoundByKindAndActorTheNewestFirst() {
    try (AuditLog log = opened()) {
      for (int i = 0; i < 20; i++) {
        log.tell(
            event(
                i % 2 == 0 ? Audit.Kind.ACCESS : Audit.Kind.OPERATION,
                i % 3 == 0 ? "key:a" : "admin",
                "x"));
      }
      log.tell(event(Audit.Kind.ACCESS, "last", "x"));
      assertEquals(List.of(19L, 13L), numbers(log.list(21, 2, Audit.Kind.ACCESS, "key:a")));
      assertEquals(List.of(7L, 1L), numbers(log.list(13, 9, Audit.Kind.ACCESS, "key:a")));
      assertEquals(List.of(21L, 20L, 19L), numbers(log.list(0, 3, null, null)));
      assertEquals(List.of(20L), numbers(log.list(0, 1, Audit.Kind.OPERATION, null)));
    }
  }

  private static List<Long> numbers(List<AuditLog.Entry> entries) {
    return entries.stream().map(AuditLog.Entry::sequence).toList();
  }

  @Test
  void whatCallersSendIsKeptInBounds() {
    try (AuditLog log = opened()) {
      log.tell(event(Audit.Kind.ACCESS, "\uD800\u0000\"" + "x".repeat(100_000), "\n"));
      AuditLog.Entry entry = log.list(0, 1, null, null).getFirst();
      assertTrue(entry.json().length() < 3_000, () -> entry.json().length() + " characters");
      assertNull(log.verify().broken());
    }
  }

  @Test
  void aFloodOfBadTokensWritesAFewEntriesAMinute() {
    List<Audit.Event> told = new ArrayList<>();
    BadTokens tokens = new BadTokens(told::add, now::get);
    int each = 10;
    int addresses = 2 * BadTokens.MOST_ADDRESSES;
    for (int i = 0; i < each * addresses; i++) {
      tokens.shown("", "token", "The token is not one of ours.", "10.0.0." + i % addresses);
    }
    int most = (BadTokens.MOST_ADDRESSES + 1) * BadTokens.TOLD_EACH_MINUTE;
    assertTrue(told.size() <= most, () -> told.size() + " entries");
    now.updateAndGet(time -> time.plusSeconds(60));
    tokens.upkeep();
    assertTrue(told.size() <= most + BadTokens.MOST_ADDRESSES + 1, () -> told.size() + " entries");
    long counted = 0;
    for (Audit.Event event : told) {
      counted +=
          event.action().equals("many")
              ? Long.parseLong(event.detail().substring(0, event.detail().indexOf(' ')))
              : 1;
    }
    assertEquals((long) each * addresses, counted);
    int before = told.size();
    tokens.shown("", "token", "The token is not one of ours.", "10.0.0.1");
    assertEquals(before + 1, told.size());
  }
}
