package dev.unisono.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.Settings;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Target;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is peculiar to files, beside what every connector keeps. */
final class CsvFilesTest {
  private static final Binding ITEM =
      Bindings.of(
          "item",
          List.of("id"),
          Bindings.field("id", ValueType.LONG),
          Bindings.field("name", ValueType.STRING),
          Bindings.field("price", ValueType.DECIMAL));

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("item.csv");
  }

  private void write(String text) throws IOException {
    Files.writeString(file(), text);
  }

  private ConnectedSystem system(List<Binding> reads, List<Binding> writes) {
    Map<String, Object> settings =
        Map.of("folder", folder.toString(), "poll", Duration.ofMillis(20), "read-batch", 100L);
    return new CsvConnector()
        .connect(
            new SystemContext(
                "files", new Settings(settings), reads, writes, Map.of("installation", "one")));
  }

  private SourceRun start(Map<String, String> state, List<Change> before) {
    return SourceRun.followed(system(List.of(ITEM), List.of()).source(), state, before, true);
  }

  private static List<String> shown(List<Change> changes) {
    return new Replica().apply(changes).texts();
  }

  @Test
  void aFileThatIsHalfWrittenDeletesNothing() throws IOException {
    write("id,name,price\n1,one,1.10\n2,two,\n");
    try (SourceRun run = start(Map.of(), List.of())) {
      run.awaitDone();
      assertEquals(List.of("1|one|1.10", "2|two|~"), shown(run.changes()));
      write("id,name,price\n1,o");
      run.awaitProgress(
          "it is waited for the rest",
          now -> String.valueOf(now.tables().getFirst().waiting()).contains("line end"));
      assertEquals(2, run.changes().size());
      write("id,name,price\n1,other,1.10\n3,\"\",0\n");
      run.awaitThat(
          changes -> shown(changes).equals(List.of("1|other|1.10", "3||0")), "the whole file");
      run.wasWell();
    }
  }

  @Test
  void aFileThatIsGoneOrBrokenDeletesNothingAndIsNamed() throws Exception {
    write("id,name,price\n1,one,1\n");
    Map<String, String> state;
    List<Change> before;
    try (SourceRun run = start(Map.of(), List.of())) {
      run.awaitDone();
      Files.delete(file());
      Problem gone = run.awaitFailure().problem();
      assertEquals("no-such-table", gone.code());
      assertTrue(gone.type().retryable());
      before = run.changes();
      state = run.state();
    }
    assertEquals(1, before.size());
    Map<String, String> broken =
        Map.of(
            "id,name,price\n1,one,1\n2,two\n", "line 3 has 2 values, and there are 3 columns.",
            "id,name,price\n\"1\n\",one,1\n", "line 2 has no key but text of 2 characters.",
            "id,name,price\n1,\"a\nb\",1\n,x,1\n", "line 4 has no key.",
            "id,name,price\n1,a,1\n1,b,1\n", "line 3 has the key [1], which a line before it has",
            "id,name,price\n1,\"a\"b,1\n", "line 2 is not closed or has something behind",
            "id,price\n1,1\n", "item.csv has no column name. It has id, price.",
            "\n", "line 1 has a column without a name");
    for (Map.Entry<String, String> each : broken.entrySet()) {
      write(each.getKey());
      List<Problem> problems = system(List.of(ITEM), List.of()).check();
      assertEquals(1, problems.size(), problems::toString);
      assertTrue(problems.getFirst().message().contains(each.getValue()), problems::toString);
      try (SourceRun run = start(state, before)) {
        assertEquals(problems.getFirst(), run.awaitFailure().problem());
        assertEquals(List.of(), run.changes());
      }
    }
    Files.write(file(), "id,name,price\n1,\u00e9,1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(
        system(List.of(ITEM), List.of())
            .check()
            .getFirst()
            .message()
            .contains("line 2 is not UTF-8"));
    // Mended, it goes on.
    write("\uFEFFid,name,price\r\n1,two,1\r\n");
    try (SourceRun run = start(state, before)) {
      run.awaitKey(1);
      assertEquals(List.of("1|two|1"), shown(run.changes()));
    }
  }

  @Test
  void aValueThatIsNoneOfItsFieldIsShownAsSuch() throws IOException {
    write("id,name,price\n1,one,cheap\n2,two,2\n");
    try (SourceRun run = start(Map.of(), List.of())) {
      run.awaitDone();
      Row row = Objects.requireNonNull(run.changes().getFirst().after());
      assertInstanceOf(Unfit.class, row.value(2));
      assertEquals(2, run.changes().size());
    }
  }

  @Test
  void whatIsTheSameThoughWrittenAnewIsNotTold() throws IOException {
    write("id,name,price\n1,one,1\n");
    try (SourceRun run = start(Map.of(), List.of())) {
      run.awaitDone();
      write("id,name,price\n1,one,1\n");
      write("id,name,price\n1,one,1\n2,two,2\n");
      run.awaitKey(2);
      assertEquals(
          List.of("READ [1]", "REFRESH [1]", "REFRESH [2]"),
          run.changes().stream().map(change -> change.operation() + " " + change.key()).toList());
    }
    Binding narrow =
        Bindings.of(
            "item",
            List.of("id"),
            Bindings.field("id", ValueType.LONG),
            Bindings.field("name", ValueType.STRING));
    try (SourceRun first = SourceRun.start(system(List.of(narrow), List.of()).source(), Map.of())) {
      first.awaitDone();
      // A field is added to the config: the file is the same, and shows more.
      try (SourceRun run = start(first.state(), first.changes())) {
        run.awaitThat(changes -> changes.size() == 2, "all rows");
        assertEquals(List.of("1|one|1", "2|two|2"), shown(run.changes()));
      }
    }
  }

  private static Delivery delivery(long sequence, Operation operation, Object... values) {
    Row row = new Row(ITEM.schema(), values);
    return new Delivery(
        sequence, ITEM, operation, ITEM.schema().key(row), null, row, 0, Instant.EPOCH);
  }

  @Test
  void columnsThatAreNotSyncedStayAndWhatWasLeftOfACrashIsInNobodysWay() throws IOException {
    write("note,id,name,price\n\"a \"\"note\"\"\",1,one,1\n,2,two,2\n");
    Files.writeString(folder.resolve(".item.csv.new"), "id,na");
    Target target = system(List.of(), List.of(ITEM)).target();
    try (Lane lane = target.open(0)) {
      List<Delivery> deliveries =
          List.of(
              delivery(1, Operation.UPDATE, 1L, "uno", Unchanged.UNCHANGED),
              delivery(2, Operation.UPDATE, 9L, "nobody", Unchanged.UNCHANGED),
              delivery(3, Operation.CREATE, 3L, "three", Unchanged.UNCHANGED));
      lane.apply(deliveries, new LaneCursor(1, 3));
      String after =
          """
          "note","id","name","price"
          "a ""note""\","1","uno","1"
          ,"2","two","2"
          ,"3","three",
          """;
      assertEquals(after, Files.readString(file()));
      // As after a crash between the file and the cursor.
      lane.advance(new LaneCursor(1, 0));
      lane.apply(deliveries, new LaneCursor(1, 3));
      assertEquals(after, Files.readString(file()));
    }
    try (Lane lane = target.open(0)) {
      assertEquals(Optional.of(new LaneCursor(1, 3)), lane.cursor());
    }
  }

  @Test
  void aTargetsFileIsMadeWhereItMayBe() throws IOException {
    assertEquals(
        "no-such-table",
        assertThrows(
                UnisonoException.class, () -> system(List.of(), List.of(ITEM)).target().open(0))
            .problem()
            .code());
    Binding making = ITEM.with(new TablePolicy(SchemaChange.IGNORE, true, false, null));
    ConnectedSystem system = system(List.of(), List.of(making));
    assertEquals(List.of(), system.check());
    try (Lane lane = system.target().open(0)) {
      assertEquals(Optional.empty(), lane.cursor());
    }
    assertEquals("\"id\",\"name\",\"price\"\n", Files.readString(file()));
  }

  @Test
  void noNameLeadsOutOfTheFolder() {
    for (String name : List.of("../item", "a/b", ".hidden", "/etc/item", "")) {
      Binding binding =
          new Binding("item", ITEM.schema(), name, ITEM.columns(), "syncs.item.members[0]");
      List<Problem> problems = system(List.of(binding), List.of()).check();
      assertEquals(
          List.of("name-not-supported"), problems.stream().map(Problem::code).toList(), name);
    }
  }

  @Test
  void keysOfSeveralPartsAndTypesAreListedByPages() throws IOException {
    Binding pair =
        Bindings.of(
            "item",
            List.of("name", "id"),
            Bindings.field("id", ValueType.LONG),
            Bindings.field("name", ValueType.STRING));
    write("id,name\n1,a\n11,b1\n1,b\n");
    Target target = system(List.of(), List.of(pair)).target();
    assertEquals(List.of(new Key("a", 1L), new Key("b", 1L)), target.keys(pair, null, 2).keys());
    String next = target.keys(pair, null, 2).next();
    assertEquals(List.of(new Key("b1", 11L)), target.keys(pair, next, 2).keys());
  }
}
