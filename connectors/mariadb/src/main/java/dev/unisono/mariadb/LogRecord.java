package dev.unisono.mariadb;

import io.debezium.data.Envelope;
import java.util.IdentityHashMap;
import java.util.Locale;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Tells the kinds of the Debezium engine's records, once for each form they have, and where in the
 * log a record stands. For one thread.
 */
final class LogRecord {
  /** The kinds there are. */
  enum Kind {
    /** A transaction begins or ends. */
    TRANSACTION,
    /** The definition of a table changes. */
    DEFINITION,
    /** A row changes, or a table is emptied. */
    CHANGE,
    /** Nothing but a place. */
    PLACE
  }

  /** Beside a delete that is half of a move; the other half follows. */
  static final String MOVES_TO = "__debezium.newkey";

  private static final int MOST_FORMS = 1_000;

  private final IdentityHashMap<Schema, Kind> kinds = new IdentityHashMap<>();

  Kind kind(SourceRecord record) {
    Schema form = record.valueSchema();
    if (form == null) {
      return Kind.PLACE;
    }
    Kind known = kinds.get(form);
    if (known == null) {
      if (kinds.size() >= MOST_FORMS) {
        kinds.clear();
      }
      known = find(form);
      kinds.put(form, known);
    }
    return known;
  }

  private static Kind find(Schema form) {
    if (Envelope.isEnvelopeSchema(form)) {
      return Kind.CHANGE;
    }
    String name = String.valueOf(form.name()).toLowerCase(Locale.ROOT);
    if (name.contains("transaction")) {
      return Kind.TRANSACTION;
    }
    return name.contains("schemachange") ? Kind.DEFINITION : Kind.PLACE;
  }

  static Struct value(SourceRecord record) {
    return (Struct) record.value();
  }

  /** Where the record's transaction begins; of one that is between two, where it stands. */
  static LogPlace place(SourceRecord record) {
    Object file = record.sourceOffset().get("file");
    if (file == null || !(record.sourceOffset().get("pos") instanceof Number position)) {
      throw new IllegalStateException("a record without a place");
    }
    return new LogPlace(file.toString(), position.longValue());
  }

  /** What was committed before that place. */
  static String gtids(SourceRecord record) {
    Object gtids = record.sourceOffset().get("gtids");
    return gtids == null ? "" : Gtids.parse(gtids.toString()).text();
  }

  /** Whether a transaction has begun there, and its end was not seen: a statement's never is. */
  static boolean within(SourceRecord record) {
    return record.sourceOffset().get("transaction_id") != null || events(record) > 0;
  }

  /** How much of a transaction was read, in the log's own units. */
  static long events(SourceRecord record) {
    Object events = record.sourceOffset().get("event");
    return events instanceof Number number ? number.longValue() : 0;
  }

  /** Of the server that wrote it; 0 where that is not known. */
  static long server(SourceRecord record) {
    Object server = record.sourceOffset().get("server_id");
    return server instanceof Number number ? number.longValue() : 0;
  }

  static boolean movesTo(SourceRecord record) {
    return record.headers() != null && record.headers().lastWithName(MOVES_TO) != null;
  }

  /** A row in a change; null where there is none. */
  static @Nullable Struct row(Struct change, String name) {
    return change.schema().field(name) == null ? null : change.getStruct(name);
  }
}
