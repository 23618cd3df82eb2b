package dev.unisono.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code fanout}: how many deliveries of events a second reach many subscribers in time, how late
 * events are under a steady small load, and what a connection that waits costs in memory. For one
 * thread.
 */
final class FanoutScenario implements Scenario {
  static final String NAME = "fanout";
  static final String SSE = "sse";
  static final String SOCKET = "ws";

  /** So long that an event of ours has the length that is asked for. */
  static final int NAME_LENGTH = 130;

  /** No event is longer on the wire, by any server or transport. */
  static final int LONGEST_EVENT = 600;

  private static final String MANY = "-5000";
  private static final String SLOW = "-slow";
  private static final String FILTER = "-filter";
  private static final String TLS = "-tls";
  private static final String IDLE = "-idle";
  private static final String OURS = "unisono";
  private static final String PEER = "nchan";
  static final List<String> CONTENDERS =
      List.of(
          "unisono-sse",
          "nchan-sse",
          "unisono-ws",
          "nchan-ws",
          "unisono-sse-5000",
          "nchan-sse-5000",
          "unisono-ws-5000",
          "nchan-ws-5000",
          "unisono-sse-slow",
          "unisono-sse-filter",
          "unisono-sse-tls",
          "unisono-ws-tls",
          "unisono-sse-idle",
          "nchan-sse-idle",
          "unisono-ws-idle",
          "nchan-ws-idle");

  /** {@code record.id > N}: each is another filter, and none leaves an event out. */
  private static final String FILTERS = "?filter=record.id%20%3E%20" + StreamOpening.VARIANT;

  private static final int IDLE_CONNECTIONS = 5_000;
  private static final int BEFORE_IDLE_CONNECTIONS = 500;
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final List<String> IDLE_JVM_OPTIONS =
      List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

  private final Path folder;
  private @Nullable SourceDatabase source;
  private int run;

  FanoutScenario(Path folder) {
    this.folder = folder;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String unit() {
    return "deliv./s, ms, CPU s a million, KB";
  }

  @Override
  public List<Ratio> ratios() {
    List<Ratio> ratios = new ArrayList<>();
    for (String transport : List.of("-sse", "-ws")) {
      ratios.add(new Ratio(OURS + transport, "1000000"));
      ratios.add(new Ratio(OURS + transport, PEER + transport));
      ratios.add(new Ratio(OURS + transport + MANY, PEER + transport + MANY));
      ratios.add(new Ratio(OURS + transport + ".paced.p99", PEER + transport + ".paced.p99"));
    }
    ratios.add(new Ratio(OURS + "-sse" + SLOW, OURS + "-sse"));
    ratios.add(new Ratio(OURS + "-sse" + FILTER, OURS + "-sse"));
    ratios.add(new Ratio(OURS + "-sse" + TLS, OURS + "-sse"));
    ratios.add(new Ratio(OURS + "-ws" + TLS, OURS + "-ws"));
    for (String transport : List.of("-sse", "-ws")) {
      ratios.add(new Ratio(OURS + transport + IDLE, "15"));
    }
    return ratios;
  }

  @Override
  public Map<String, String> conditions() throws SQLException {
    Map<String, String> conditions = new LinkedHashMap<>(Conditions.postgres(source().server()));
    conditions.put(
        "subscribers", "1,000 (" + MANY + ": 5,000) connections, read by one thread of the client");
    conditions.put(
        "figure",
        "the most deliveries a second of which 99 of 100 are there "
            + (int) FanoutLoad.LIMIT_MILLIS
            + " ms after they were due, none missing; the rate grows by four, then the interval is"
            + " halved three times; 2 s each; nothing beyond 10,240,000 is tried");
    conditions.put(
        "events",
        "286 bytes of JSON, each due by itself; what has become due while those before were sent"
            + " is sent together, in one transaction (nchan: in one go over one HTTP connection)");
    conditions.put(
        "the way",
        "unisono: PostgreSQL, its log, the journal on disk, the hub; nchan: HTTP, memory");
    conditions.put("paced", FanoutLoad.PACED_PER_SECOND + " events/s, one by one");
    conditions.put(SLOW, "one subscriber in ten stops reading while the figure is looked for");
    conditions.put(FILTER, "ten filters among the subscribers, each fulfilled by every event");
    conditions.put(
        IDLE,
        IDLE_CONNECTIONS
            + " connections: the heap after a collection and what is resident beside it, each KB"
            + " 1,000 bytes; the system's sockets not counted");
    conditions.put(TLS, "TLS 1.3, by a certificate that the server has made, both ends in Java");
    conditions.put("all parts", "one machine, TCP over loopback, no TLS but where it is named");
    conditions.put(
        "nchan", NchanFanout.available() ? "as Debian has it" : "skipped: not installed");
    return conditions;
  }

  @Override
  public void open() throws SQLException {
    SourceDatabase database = SourceDatabase.start();
    source = database;
    database.execute("CREATE TABLE public.item (id bigint PRIMARY KEY, name text)");
    database.execute("CREATE PUBLICATION " + SourceDatabase.PUBLICATION + " FOR TABLE public.item");
  }

  private SourceDatabase source() {
    if (source == null) {
      throw new IllegalStateException("not open");
    }
    return source;
  }

  @Override
  public Run run(String contender) throws SQLException, InterruptedException {
    Path runFolder = folder.resolve(NAME + "-" + ++run);
    if (contender.startsWith(PEER) && !NchanFanout.available()) {
      return new Run(Map.of(), 0, 0);
    }
    source().execute("TRUNCATE public.item");
    try (FanoutServer server = start(contender, runFolder)) {
      server.awaitReady(START_LIMIT);
      return contender.endsWith(IDLE)
          ? idle(server, runFolder, transport(contender))
          : load(server, runFolder, contender);
    } finally {
      source().dropSlot(ServerConfig.SLOT);
    }
  }

  private FanoutServer start(String contender, Path runFolder) {
    if (contender.startsWith(PEER)) {
      return NchanFanout.start(runFolder);
    }
    return UnisonoFanout.start(
        runFolder,
        source().server(),
        contender.endsWith(TLS),
        contender.endsWith(IDLE) ? IDLE_JVM_OPTIONS : ChildProcess.JVM_OPTIONS);
  }

  private static Map<String, String> parameters(
      FanoutServer server, String transport, int subscribers) {
    Map<String, String> parameters = server.parameters(transport);
    parameters.put("transport", transport);
    parameters.put("subscribers", Integer.toString(subscribers));
    parameters.put(
        "processes",
        server.processIds().stream().map(String::valueOf).collect(Collectors.joining(",")));
    return parameters;
  }

  private static Run load(FanoutServer server, Path runFolder, String contender)
      throws InterruptedException {
    boolean many = contender.endsWith(MANY);
    Map<String, String> parameters = parameters(server, transport(contender), many ? 5_000 : 1_000);
    if (contender.endsWith(FILTER)) {
      parameters.compute("path", (_, path) -> path + FILTERS);
    }
    parameters.put("slow", contender.endsWith(SLOW) ? "1" : "0");
    // More than the peer can deliver to so many.
    parameters.put("paced", many ? "0" : "1");
    Uses before = Uses.of(server);
    try (ChildProcess client =
        ChildProcess.start(runFolder.resolve("client.log"), "fan-out", parameters)) {
      JsonNode result = client.awaitResult(LIMIT);
      Map<String, Double> values = new LinkedHashMap<>();
      result.properties().forEach(each -> values.put(each.getKey(), each.getValue().doubleValue()));
      Uses after = Uses.of(server);
      return new Run(values, after.cpuSeconds - before.cpuSeconds, after.peakMemoryBytes);
    }
  }

  /** What all processes of a server have used. */
  private record Uses(double cpuSeconds, long peakMemoryBytes) {
    static Uses of(FanoutServer server) {
      List<ProcessUse> all = server.processIds().stream().map(ProcessUse::of).toList();
      return new Uses(
          all.stream().mapToDouble(use -> use.cpu().toNanos() / 1e9).sum(),
          all.stream().mapToLong(ProcessUse::peakMemoryBytes).sum());
    }
  }

  private static String transport(String contender) {
    return contender.contains("-" + SSE) ? SSE : SOCKET;
  }

  private static Run idle(FanoutServer server, Path runFolder, String transport)
      throws InterruptedException {
    // What the first connections bring with them belongs to none of them.
    connected(server, runFolder, transport, BEFORE_IDLE_CONNECTIONS);
    long before = server.memoryBytes();
    long after = connected(server, runFolder, transport, IDLE_CONNECTIONS);
    Uses uses = Uses.of(server);
    return new Run(
        Map.of("", (after - before) / 1e3 / IDLE_CONNECTIONS),
        uses.cpuSeconds,
        uses.peakMemoryBytes);
  }

  /** The server's memory while so many are connected. */
  private static long connected(
      FanoutServer server, Path runFolder, String transport, int subscribers)
      throws InterruptedException {
    try (ChildProcess client =
        ChildProcess.start(
            runFolder.resolve("client-" + transport + "-" + subscribers + ".log"),
            "fan-out-idle",
            parameters(server, transport, subscribers))) {
      client.awaitReady(LIMIT);
      return server.memoryBytes();
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
