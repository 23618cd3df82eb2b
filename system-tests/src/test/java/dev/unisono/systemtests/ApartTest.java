package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.FaultProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Members that cannot reach each other for a while, or of which one refuses a row, end equal. */
final class ApartTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** More than a member's queue has room for, so that what it misses is found again. */
  private static final int RECORDS = 6_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void aMemberThatCannotBeReachedAndIsEditedOnBothSidesCatchesUp() throws Exception {
    try (MergedMembers members = new MergedMembers(folder);
        FaultProxy between = members.before("billing")) {
      members.execute(
          "crm",
          "INSERT INTO customer SELECT i, 'c' || i, 'Rome', 0, 0 FROM generate_series(1, "
              + RECORDS
              + ") i");
      members.start();
      awaitUnison(members, MergedMembers.NAMES);
      between.freeze();
      between.cut();
      members.execute(
          "crm",
          "UPDATE customer SET name = 'crm' || id, visits = visits + 1",
          "DELETE FROM customer WHERE id IN (190, 191)",
          "INSERT INTO customer VALUES (10001, 'new in crm', 'Bern', 1, 0), (10003, 'both', 'Bern',"
              + " NULL, 0)");
      members.execute("shop", "UPDATE customer SET balance = 7 WHERE id = 5");
      awaitUnison(members, List.of("crm", "shop"));
      members.execute(
          "billing",
          "UPDATE customer SET city = 'Pisa', visits = visits + 1 WHERE id BETWEEN 50 AND 150",
          "UPDATE customer SET name = 'billing' || id WHERE id BETWEEN 90 AND 110",
          "UPDATE customer SET city = 'back' WHERE id = 190",
          "DELETE FROM customer WHERE id IN (191, 195)",
          "INSERT INTO customer VALUES (10002, 'new in billing', 'Bari', 2, 0), (10003, 'both',"
              + " NULL, 3, 0)");
      Eventually.isTrue(
          LIMIT,
          "it is said to be away",
          () -> !"RUNNING".equals(member(members, "billing").path("state").asText()));
      between.thaw();
      awaitUnison(members, MergedMembers.NAMES);
      List<String> rows = members.rows("crm");
      assertEquals("(5,crm5,Rome,7.00,1)", row(rows, 5));
      assertEquals("(60,crm60,Pisa,0.00,2)", row(rows, 60));
      assertEquals("(100,billing100,Pisa,0.00,2)", row(rows, 100), "the later name, both visits");
      assertEquals("(190,crm190,back,0.00,1)", row(rows, 190), "edited there, deleted here: kept");
      assertEquals("none", row(rows, 191), "deleted on both sides");
      assertEquals("(195,crm195,Rome,0.00,1)", row(rows, 195), "deleted there, edited here: kept");
      assertEquals("(10001,\"new in crm\",Bern,1.00,0)", row(rows, 10_001));
      assertEquals("(10002,\"new in billing\",Bari,2.00,0)", row(rows, 10_002));
      assertEquals("(10003,both,,3.00,0)", row(rows, 10_003), "made on both sides: the later");
      assertEquals(RECORDS - 1 + 3, rows.size());
    }
  }

  @Test
  void aUniqueConstraintOfOneMemberKeepsThatRowFromItAndNothingElse() throws Exception {
    try (MergedMembers members = new MergedMembers(folder)) {
      members.execute("shop", "CREATE UNIQUE INDEX one_name ON customer (name)");
      members.start();
      members.execute("crm", "INSERT INTO customer VALUES (1, 'twin', 'Rome', 0, 0)");
      awaitUnison(members, MergedMembers.NAMES);
      members.execute("billing", "INSERT INTO customer VALUES (2, 'twin', 'Oslo', 0, 0)");
      Eventually.isTrue(
          LIMIT, "shop refuses", () -> member(members, "shop").path("refused").asInt() > 0);
      members.execute("crm", "INSERT INTO customer VALUES (3, 'other', 'Bern', 0, 0)");
      members.execute("billing", "UPDATE customer SET city = 'Bonn' WHERE id = 2");
      awaitUnison(members, List.of("crm", "billing"));
      Eventually.isTrue(LIMIT, "the rest goes on", () -> members.rows("shop").size() == 2);
      assertEquals("RUNNING", member(members, "shop").path("state").asText());
      assertEquals(List.of("(1,twin,Rome,0.00,0)", "(3,other,Bern,0.00,0)"), members.rows("shop"));
      members.execute("crm", "UPDATE customer SET name = 'first twin' WHERE id = 1");
      awaitUnison(members, MergedMembers.NAMES);
      assertEquals("(2,twin,Bonn,0.00,0)", row(members.rows("shop"), 2));
    }
  }

  private static JsonNode member(MergedMembers members, String system) throws Exception {
    String status =
        members.running().send(members.running().request("/v1/admin/status").build()).body();
    for (JsonNode member : ExactJson.parse(status).path("merges").path("members")) {
      if (member.path("system").asText().equals(system)) {
        return member;
      }
    }
    throw new AssertionError("no member " + system + ": " + status);
  }

  private static String row(List<String> rows, int id) {
    return rows.stream().filter(row -> row.startsWith("(" + id + ",")).findFirst().orElse("none");
  }

  private static void awaitUnison(MergedMembers members, List<String> names) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> first = members.rows(names.getFirst());
          for (String name : names) {
            List<String> other = new ArrayList<>(members.rows(name));
            if (!other.equals(first)) {
              other.removeAll(first);
              return name + " differs in " + other.subList(0, Math.min(5, other.size()));
            }
          }
          return first.isEmpty() ? "nothing is there" : "";
        });
  }
}
