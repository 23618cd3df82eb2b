package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code log}: how fast a backlog in a slot is read. Each run reads a copy of one slot, so that all
 * read the same. For one thread.
 */
final class LogScenario implements Scenario {
  static final String NAME = "log";
  static final List<String> CONTENDERS =
      List.of(
          "unisono",
          "undecoded",
          "unisono-socket",
          "undecoded-socket",
          "debezium-default",
          "debezium-tuned");

  /** What ends the name of a contender that reads through the server's Unix socket. */
  static final String SOCKET = "-socket";

  private static final String BACKLOG = "backlog";
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final Path folder;
  private final long changes;
  private @Nullable SourceDatabase source;
  private int run;

  LogScenario(Path folder, long changes) {
    this.folder = folder;
    this.changes = changes;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "changes/s";
  }

  @Override
  public List<Ratio> ratios() {
    return List.of(
        new Ratio("unisono", "undecoded"),
        new Ratio("unisono-socket", "undecoded-socket"),
        new Ratio("unisono-socket", "unisono"),
        new Ratio("undecoded-socket", "undecoded"),
        new Ratio("unisono", "debezium-default"),
        new Ratio("unisono", "debezium-tuned"));
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    ItemTable.create(database.connection());
    database.execute("CREATE PUBLICATION " + SourceDatabase.PUBLICATION + " FOR TABLE public.item");
    database.createSlot(BACKLOG);
    ItemTable.makeBacklog(database.connection(), changes);
    database.execute("CHECKPOINT");
  }

  private SourceDatabase source() {
    if (source == null) {
      throw new IllegalStateException("not open");
    }
    return source;
  }

  @Override
  public Map<String, String> conditions() throws SQLException {
    Map<String, String> conditions = new LinkedHashMap<>(Conditions.postgres(source().server()));
    long inserts = ItemTable.inserts(changes);
    conditions.put(
        "backlog",
        inserts
            + " inserts and "
            + (changes - inserts)
            + " updates of a row of six columns, transactions of "
            + ItemTable.TRANSACTION_CHANGES);
    conditions.put("reader and server", "one machine, TCP over loopback; -socket: Unix socket");
    return conditions;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    String slot = "run_" + ++run;
    source().copySlot(BACKLOG, slot);
    Map<String, String> parameters = source().parameters(slot);
    parameters.put("from", source().confirmed(slot));
    parameters.put("changes", Long.toString(changes));
    parameters.put("offsets", folder.resolve(slot + ".offsets").toString());
    String reader = contender;
    if (contender.endsWith(SOCKET)) {
      reader = contender.substring(0, contender.length() - SOCKET.length());
      parameters.put("socket", source().server().socketFolder().toString());
    }
    try (ChildProcess child =
        ChildProcess.start(folder.resolve(slot + ".log"), "read-" + reader, parameters)) {
      JsonNode measured = child.awaitResult(LIMIT);
      return new Run(
          Map.of("", measured.get("rate").doubleValue()),
          measured.get("cpuSeconds").doubleValue(),
          measured.get("peakMemoryBytes").longValue());
    } finally {
      source().dropSlot(slot);
    }
  }

  @Override
  public void close() {
    if (source != null) {
      source.close();
      source = null;
    }
  }
}
