package dev.unisono.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FaultProxy} understands of one connection: which statement an answer belongs to,
 * and which message is a {@link FaultPoint}. Requests are shown to it by one thread, answers by
 * another.
 */
final class WireConversation {
  /** The points at a message: before it is passed on, and after. */
  record Crossing(@Nullable FaultPoint before, @Nullable FaultPoint after) {
    static final Crossing NONE = new Crossing(null, null);

    static Crossing before(FaultPoint point) {
      return new Crossing(point, null);
    }

    static Crossing after(FaultPoint point) {
      return new Crossing(null, point);
    }
  }

  /** A statement as it was bound, and what it is to us. */
  private record Statement(Kind kind, String text, boolean writesRows) {
    static final Statement UNKNOWN = new Statement(Kind.OTHER, "", false);
  }

  /** An executed statement whose answer is to come, or the end of what fails together. */
  private record Expected(Kind kind, boolean ofRows, boolean ofChunk) {
    static final Expected SYNC = new Expected(Kind.SYNC, false, false);
  }

  private enum Kind {
    COMMIT,
    CHUNK_MESSAGE,
    OTHER,
    SYNC
  }

  private static final Pattern WRITES =
      Pattern.compile("\\s*(INSERT|UPDATE|DELETE|TRUNCATE)\\s", Pattern.CASE_INSENSITIVE);

  /** The table of cursors in a target; writing it alone is no delivery. */
  private static final String CURSOR_TABLE = "unisono_cursor";

  private static final String ASKS_CURSOR = "SELECT epoch, sequence FROM ";

  private static final String CHUNK_BEGINS = "SELECT pg_current_snapshot()::text,";
  private static final String LOG_MESSAGE = "pg_logical_emit_message(";
  private static final byte[] CHUNK_MARK = "chunk ".getBytes(StandardCharsets.US_ASCII);
  private static final int DATA_HEADER_BYTES = 25;

  private final Map<String, String> statements = new HashMap<>();
  private final Map<String, Statement> portals = new HashMap<>();
  private final Deque<Expected> expected = new ConcurrentLinkedDeque<>();
  private boolean wroteRows;
  private boolean inChunk;
  private long acknowledged = -1;

  private long rowsOfAnswer;
  private boolean chunkMessageDone;
  private long changesOfTransaction;

  /** A message from Unisono's side. */
  Crossing request(int type, ByteBuffer in) {
    return switch (type) {
      case 'P' -> {
        statements.put(text(in), text(in));
        yield Crossing.NONE;
      }
      case 'B' -> bind(in);
      case 'E' -> execute(portals.getOrDefault(text(in), Statement.UNKNOWN));
      case 'Q' -> {
        Crossing crossing = execute(understand(text(in), false));
        expected.addLast(Expected.SYNC);
        yield crossing;
      }
      case 'S' -> {
        expected.addLast(Expected.SYNC);
        yield Crossing.NONE;
      }
      case 'd' -> statusUpdate(in);
      default -> Crossing.NONE;
    };
  }

  private Crossing bind(ByteBuffer in) {
    String portal = text(in);
    String statement = statements.getOrDefault(text(in), "");
    portals.put(portal, understand(statement, contains(in, CHUNK_MARK)));
    return Crossing.NONE;
  }

  private static Statement understand(String text, boolean withChunkMark) {
    Kind kind =
        text.strip().equalsIgnoreCase("COMMIT")
            ? Kind.COMMIT
            : withChunkMark && text.contains(LOG_MESSAGE) ? Kind.CHUNK_MESSAGE : Kind.OTHER;
    return new Statement(
        kind, text, WRITES.matcher(text).lookingAt() && !text.contains(CURSOR_TABLE));
  }

  private Crossing execute(Statement statement) {
    boolean commits = statement.kind() == Kind.COMMIT;
    boolean rows = commits ? wroteRows : statement.writesRows();
    expected.addLast(new Expected(statement.kind(), rows, inChunk));
    wroteRows |= rows;
    inChunk |= statement.text().startsWith(CHUNK_BEGINS);
    if (commits || statement.text().strip().equalsIgnoreCase("ROLLBACK")) {
      wroteRows = false;
      inChunk = false;
    }
    if (rows) {
      return Crossing.before(
          commits ? FaultPoint.BEFORE_TARGET_COMMIT : FaultPoint.AMID_TARGET_TRANSACTION);
    }
    return statement.text().startsWith(ASKS_CURSOR) && statement.text().contains(CURSOR_TABLE)
        ? Crossing.before(FaultPoint.BEFORE_TARGET_CURSOR)
        : Crossing.NONE;
  }

  /** A standby's status: written, flushed and applied positions (same documentation). */
  private Crossing statusUpdate(ByteBuffer in) {
    if (in.remaining() < 25 || in.get() != 'r') {
      return Crossing.NONE;
    }
    in.getLong();
    long flushed = in.getLong();
    boolean further = acknowledged >= 0 && Long.compareUnsigned(flushed, acknowledged) > 0;
    if (acknowledged < 0 || further) {
      acknowledged = flushed;
    }
    return further
        ? new Crossing(FaultPoint.BEFORE_ACKNOWLEDGEMENT, FaultPoint.AFTER_ACKNOWLEDGEMENT)
        : Crossing.NONE;
  }

  /** A message from the server's side. */
  Crossing answer(int type, ByteBuffer in) {
    return switch (type) {
      case 'D' -> row();
      case 'C', 'I', 's' -> done();
      case 'Z' -> ready();
      case 'd' -> logData(in);
      default -> Crossing.NONE;
    };
  }

  private Crossing row() {
    Expected statement = expected.peekFirst();
    boolean amidChunk = statement != null && statement.ofChunk() && ++rowsOfAnswer > 1;
    return amidChunk ? Crossing.before(FaultPoint.AMID_SNAPSHOT_CHUNK) : Crossing.NONE;
  }

  private Crossing done() {
    Expected statement = expected.peekFirst();
    rowsOfAnswer = 0;
    if (statement == null || statement.kind() == Kind.SYNC) {
      return Crossing.NONE;
    }
    expected.pollFirst();
    chunkMessageDone |= statement.kind() == Kind.CHUNK_MESSAGE;
    return statement.kind() == Kind.COMMIT && statement.ofRows()
        ? Crossing.before(FaultPoint.AFTER_TARGET_COMMIT)
        : Crossing.NONE;
  }

  /** What was executed since the last one has ended, well or not; without BEGIN it is committed. */
  private Crossing ready() {
    Expected next = expected.pollFirst();
    while (next != null && next.kind() != Kind.SYNC) {
      next = expected.pollFirst();
    }
    boolean committed = chunkMessageDone;
    chunkMessageDone = false;
    rowsOfAnswer = 0;
    return committed ? Crossing.before(FaultPoint.CHUNK_MESSAGE) : Crossing.NONE;
  }

  /** XLogData with a message of pgoutput in it. */
  private Crossing logData(ByteBuffer in) {
    if (in.remaining() <= DATA_HEADER_BYTES || in.get(in.position()) != 'w') {
      return Crossing.NONE;
    }
    return switch (in.get(in.position() + DATA_HEADER_BYTES)) {
      case 'B' -> {
        changesOfTransaction = 0;
        yield Crossing.NONE;
      }
      case 'I', 'U', 'D' ->
          ++changesOfTransaction > 1 ? Crossing.before(FaultPoint.AMID_TRANSACTION) : Crossing.NONE;
      default -> Crossing.NONE;
    };
  }

  /** A text up to its zero; what a long message holds beyond its first piece is left out. */
  private static String text(ByteBuffer in) {
    int from = in.position();
    int to = from;
    while (to < in.limit() && in.get(to) != 0) {
      to++;
    }
    in.position(Math.min(to + 1, in.limit()));
    return new String(in.array(), in.arrayOffset() + from, to - from, StandardCharsets.UTF_8);
  }

  private static boolean contains(ByteBuffer in, byte[] mark) {
    for (int i = in.position(); i + mark.length <= in.limit(); i++) {
      int same = 0;
      while (same < mark.length && in.get(i + same) == mark[same]) {
        same++;
      }
      if (same == mark.length) {
        return true;
      }
    }
    return false;
  }
}
