package dev.unisono.systemtests;

import dev.unisono.testkit.FaultPoint;
import dev.unisono.testkit.FaultProxy;
import dev.unisono.testkit.Hold;
import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Rounds of random work in crm during which the server and both databases are killed, cut off and
 * slowed down, at random moments and at the points where it would hurt most; the first rounds while
 * the first snapshot is taken. What was done in crm must be in billing, in the journal and at the
 * clients, once. The choices follow from the seed; the moments are the machine's. For one thread.
 */
final class CrashRun implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final Duration REACH_LIMIT = Duration.ofSeconds(20);
  private static final int SNAPSHOT_ROUNDS = 3;
  private static final int SNAPSHOT_CHUNK = 100;
  private static final int OPERATIONS = 700;

  private final Random random;
  private final Consumer<String> told;
  private final MirroredDatabases databases;
  private final FaultProxy crmProxy;
  private final FaultProxy billingProxy;
  private final MirrorServer server;
  private final Workload workload;
  private final Random workRandom;
  private final PacedWork work;
  private final ExactlyOnce inEvents = new ExactlyOnce();
  private final List<StreamClient> clients = new ArrayList<>();
  private final SortedMap<String, Integer> faults = new TreeMap<>();
  private final List<Fault> next = new ArrayList<>();
  private volatile Connection changing;
  private int rounds;
  private volatile boolean streaming;

  /** The changes made and journaled when the snapshot was through; each further one counts. */
  private long madeBefore;

  private long journaledBefore;

  /**
   * Starts the databases, with some rows in crm; the server is started by the first round.
   *
   * @param folder for the server's config, state and log
   * @param told hears of each round as it begins
   */
  CrashRun(Path folder, long seed, Consumer<String> told) throws SQLException, IOException {
    this.random = new Random(seed);
    this.workRandom = new Random(seed + 1);
    this.told = told;
    this.databases = MirroredDatabases.start();
    this.crmProxy = FaultProxy.before(databases.crm());
    this.billingProxy = FaultProxy.before(databases.billing());
    this.server =
        new MirrorServer(
            databases,
            folder,
            SNAPSHOT_CHUNK,
            crmProxy.jdbcUrl("crm"),
            billingProxy.jdbcUrl("billing"));
    this.changing = databases.inCrm();
    this.workload = new Workload(changing, seed + 2);
    workload.fill(1_500, 3_000);
    this.work = new PacedWork(this::workStep);
  }

  /** What was done how often; where a point was not reached in time, it is counted apart. */
  SortedMap<String, Integer> faults() {
    return Collections.unmodifiableSortedMap(faults);
  }

  /** Rounds begun. */
  int rounds() {
    return rounds;
  }

  /** Runs so many rounds, and compares everything now and then and in the end. */
  void run(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      if (!streaming && i == Math.min(SNAPSHOT_ROUNDS, count - 1)) {
        settle();
        beginCounting();
      }
      round();
      if (streaming && i % 4 == 3) {
        settle();
      }
    }
    settle();
    restartAndReadAll();
  }

  private void round() throws Exception {
    Fault fault = choose();
    rounds++;
    told.accept("round " + rounds + ": " + fault);
    work.allow(OPERATIONS);
    FaultPoint point = fault.point();
    if (point == null) {
      startWhereNotRunning();
      atRandomMoment(fault);
      count(fault.toString());
    } else {
      atPoint(fault, point);
    }
    work.awaitAllBut(0, LIMIT);
    checkClients();
  }

  /** Each kind of fault comes before any comes again. */
  private Fault choose() {
    if (!streaming) {
      return Fault.amidSnapshot().get((rounds + random.nextInt(2)) % Fault.amidSnapshot().size());
    }
    if (next.isEmpty()) {
      next.addAll(Fault.whileStreaming());
      Collections.shuffle(next, random);
    }
    return next.removeLast();
  }

  private void count(String kind) {
    faults.merge(kind, 1, Integer::sum);
  }

  private void startWhereNotRunning() throws Exception {
    if (!server.running()) {
      server.startLive();
    }
    if (clients.isEmpty()) {
      String token = server.process().token();
      String oldest = server.oldestCursor();
      clients.add(new EventStream(server.api(), token, oldest, inEvents::observe));
      clients.add(new SocketStream(server.api(), token, oldest, _ -> {}));
    }
  }

  private void atPoint(Fault fault, FaultPoint point) throws Exception {
    FaultProxy proxy = fault.atTarget() ? billingProxy : crmProxy;
    try (Hold hold = proxy.hold(point, random.nextInt(fault.mostPassed()))) {
      startWhereNotRunning();
      if (point == FaultPoint.BEFORE_TARGET_CURSOR) {
        proxy.cut();
      }
      boolean reached = hold.awaitReached(REACH_LIMIT);
      int dice = random.nextInt(10);
      String victim = dice < 7 ? "" : dice < 9 ? "-database-killed" : "-cut";
      count(fault + victim + (reached ? "" : "-missed"));
      if (dice < 7) {
        server.kill();
      } else if (dice < 9) {
        (fault.atTarget() ? databases.billing() : databases.crm()).kill();
      }
    }
    restartWhatIsDown();
  }

  private void atRandomMoment(Fault fault) throws Exception {
    work.awaitAllBut(random.nextInt(OPERATIONS), LIMIT);
    switch (fault) {
      case SERVER_KILLED -> {
        server.kill();
        sometimesFinishWork();
      }
      case SERVER_STOPPED -> {
        server.stop();
        sometimesFinishWork();
      }
      case SOURCE_KILLED -> databases.crm().kill();
      case TARGET_KILLED -> databases.billing().kill();
      case SERVER_AND_SOURCE_KILLED -> {
        databases.crm().kill();
        server.kill();
      }
      case SERVER_AND_TARGET_KILLED -> {
        server.kill();
        databases.billing().kill();
        sometimesFinishWork();
      }
      case ALL_KILLED -> {
        databases.billing().kill();
        databases.crm().kill();
        server.kill();
      }
      case CONNECTIONS_CUT -> {
        crmProxy.cut();
        billingProxy.cut();
      }
      case TARGET_FROZEN -> {
        billingProxy.freeze();
        work.awaitAllBut(0, LIMIT);
        if (random.nextBoolean()) {
          server.kill();
        }
        billingProxy.thaw();
      }
      case SOURCE_SLOW -> {
        crmProxy.delay(Duration.ofMillis(20));
        crmProxy.trickle(200_000);
        work.awaitAllBut(0, LIMIT);
        server.kill();
        crmProxy.trickle(0);
        crmProxy.delay(Duration.ZERO);
      }
      default -> throw new IllegalStateException("a fault at a point: " + fault);
    }
    restartWhatIsDown();
  }

  private void sometimesFinishWork() throws InterruptedException {
    if (random.nextBoolean()) {
      work.awaitAllBut(0, LIMIT);
    }
  }

  /** In any order: each must bear that another one is away. */
  private void restartWhatIsDown() throws Exception {
    boolean serverFirst = random.nextBoolean();
    if (serverFirst && !server.running()) {
      server.startLive();
    }
    for (PostgresServer database : List.of(databases.billing(), databases.crm())) {
      if (database.processId().flatMap(ProcessHandle::of).isEmpty()) {
        database.restart();
      }
    }
    if (!server.running()) {
      server.startLive();
    }
  }

  /** On the thread that works. What a killed source has not committed is not done. */
  private int workStep() throws Exception {
    try {
      if (streaming && workRandom.nextInt(300) == 0) {
        workload.largeTransaction();
        return 100;
      }
      return workload.transaction();
    } catch (SQLException failed) {
      if (!connectionLost(failed)) {
        throw failed;
      }
      reconnect(failed);
      return 0;
    }
  }

  private static boolean connectionLost(SQLException failed) {
    String state = failed.getSQLState();
    return state == null || state.startsWith("08") || state.startsWith("57");
  }

  private void reconnect(SQLException lost) throws InterruptedException, SQLException {
    long deadlineNanos = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        changing.close();
        changing = databases.inCrm();
        workload.reconnect(changing);
        return;
      } catch (SQLException stillAway) {
        if (!connectionLost(stillAway) || System.nanoTime() > deadlineNanos) {
          stillAway.addSuppressed(lost);
          throw stillAway;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /** All that was done has arrived everywhere, as it was done. */
  private void settle() throws Exception {
    startWhereNotRunning();
    work.awaitAllBut(0, LIMIT);
    try (Connection crm = databases.inCrm();
        Connection billing = databases.inBilling()) {
      for (MirroredEntity entity : MirroredEntity.values()) {
        Rows expected = entity.inCrm(crm);
        eventually(() -> expected.difference(entity.inBilling(billing)));
        eventually(() -> expected.difference(server.list(entity, "")));
        for (StreamClient client : clients) {
          eventually(() -> client.difference(expected, entity));
        }
      }
      checkClients();
      eventually(() -> {
        long head = server.journalHead();
        return inEvents.last() == head ? "" : inEvents.last() + " of " + head + " events came";
      });
      if (streaming) {
        long made = made(crm) - madeBefore;
        long journaled = server.journalHead() - journaledBefore;
        if (made != journaled) {
          throw new AssertionError(
              made + " changes were committed in crm, and " + journaled + " are in the journal");
        }
      }
    }
  }

  /** Waits in vain no longer than it takes to see that a part has stopped for good. */
  private void eventually(Eventually.Condition condition) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          String why = condition.whyNot();
          if (!why.isEmpty()) {
            server.checkNothingStopped(why);
          }
          return why;
        });
  }

  private void checkClients() {
    List<String> complaints = new ArrayList<>(inEvents.complaints());
    for (StreamClient client : clients) {
      client.picture().complaints().forEach(each -> complaints.add(client.name() + ": " + each));
    }
    if (!complaints.isEmpty()) {
      throw new AssertionError(String.join("\n", complaints));
    }
  }

  private void beginCounting() throws Exception {
    databases.countChangesInCrm();
    try (Connection crm = databases.inCrm()) {
      madeBefore = made(crm);
    }
    journaledBefore = server.journalHead();
    streaming = true;
  }

  private static long made(Connection crm) throws SQLException {
    try (Statement statement = crm.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT coalesce(sum(changes), 0) FROM public.made")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Whoever reads the whole journal from its blocks on disk finds each sequence once. */
  private void restartAndReadAll() throws Exception {
    server.kill();
    server.startLive();
    ExactlyOnce fromDisk = new ExactlyOnce();
    try (StreamClient reading =
        new EventStream(
            server.api(), server.process().token(), server.oldestCursor(), fromDisk::observe)) {
      long head = server.journalHead();
      eventually(() -> fromDisk.last() >= head ? "" : "read up to " + fromDisk.last());
      List<String> complaints = new ArrayList<>(fromDisk.complaints());
      complaints.addAll(reading.picture().complaints());
      if (!complaints.isEmpty()) {
        throw new AssertionError("from disk: " + String.join("\n", complaints));
      }
    }
  }

  @Override
  public void close() throws SQLException {
    clients.forEach(StreamClient::close);
    work.close();
    server.close();
    crmProxy.close();
    billingProxy.close();
    changing.close();
    for (PostgresServer database : List.of(databases.billing(), databases.crm())) {
      if (database.processId().flatMap(ProcessHandle::of).isEmpty()) {
        database.restart();
      }
    }
    databases.close();
  }
}
