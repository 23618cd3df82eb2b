package dev.unisono.postgres;

import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the messages of {@code pgoutput} as they are outside of streamed transactions (PostgreSQL's
 * documentation, "Logical Replication Message Formats") and tells a {@link LogReader} what they
 * say. For one thread.
 */
final class LogMessages {
  private static final RelationDecoder[] NONE = {};

  private final LogReader reader;
  private final Map<Integer, RelationDecoder[]> relations = new HashMap<>();

  /** The relation of the last change, which most often is that of the next. */
  private int lastRelation;

  private RelationDecoder[] lastDecoders = NONE;

  LogMessages(LogReader reader) {
    this.reader = reader;
  }

  void take(ByteBuffer in) throws InterruptedException {
    int length = in.remaining();
    byte kind = in.get();
    switch (kind) {
      case 'I' -> insert(in, length);
      case 'U' -> update(in, length);
      case 'D' -> delete(in, length);
      case 'B' -> reader.beginTransaction(in.getLong(), in.getLong(), in.getInt());
      case 'C' -> endTransaction(in);
      case 'R' -> relation(in);
      case 'T' -> truncate(in);
      case 'M' -> message(in);
      default -> {
        // Types and origins ('Y', 'O') say nothing that is needed.
      }
    }
    reader.flushFull();
  }

  private void endTransaction(ByteBuffer in) throws InterruptedException {
    in.get();
    in.getLong();
    reader.endTransaction(in.getLong());
  }

  private void relation(ByteBuffer in) throws InterruptedException {
    int relation = in.getInt();
    String schema = LogMessage.text(in);
    String name = LogMessage.text(in);
    in.get();
    int count = in.getShort();
    List<AnnouncedTable.Column> columns = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      in.get();
      columns.add(
          new AnnouncedTable.Column(
              LogMessage.text(in), Integer.toUnsignedLong(in.getInt()), in.getInt()));
    }
    lastRelation = relation;
    lastDecoders =
        reader
            .announced(new AnnouncedTable(Integer.toUnsignedLong(relation), schema, name, columns))
            .toArray(NONE);
    relations.put(relation, lastDecoders);
  }

  private RelationDecoder[] decoders(ByteBuffer in) {
    int relation = in.getInt();
    if (relation != lastRelation) {
      lastRelation = relation;
      lastDecoders = relations.getOrDefault(relation, NONE);
    }
    return lastDecoders;
  }

  private void insert(ByteBuffer in, int length) {
    RelationDecoder[] decoders = decoders(in);
    in.get();
    int start = in.position();
    for (RelationDecoder decoder : decoders) {
      in.position(start);
      Row row = decoder.read(in, false);
      reader.add(decoder, Operation.CREATE, decoder.key(row), null, row, null, length);
    }
  }

  private void update(ByteBuffer in, int length) {
    RelationDecoder[] decoders = decoders(in);
    int start = in.position();
    for (RelationDecoder decoder : decoders) {
      in.position(start);
      byte kind = in.get();
      Row old = null;
      if (kind != 'N') {
        old = decoder.read(in, kind == 'K');
        in.get();
      }
      Row row = decoder.read(in, false);
      Row before = kind == 'O' ? old : null;
      if (before != null) {
        row = row.over(before);
      }
      Key key = decoder.key(row);
      Key oldKey = old == null ? key : decoder.key(old);
      reader.add(
          decoder, Operation.UPDATE, key, oldKey.equals(key) ? null : oldKey, row, before, length);
    }
  }

  private void delete(ByteBuffer in, int length) {
    RelationDecoder[] decoders = decoders(in);
    int start = in.position();
    for (RelationDecoder decoder : decoders) {
      in.position(start);
      byte kind = in.get();
      Row old = decoder.read(in, kind == 'K');
      reader.add(
          decoder,
          Operation.DELETE,
          decoder.key(old),
          null,
          null,
          kind == 'O' ? old : null,
          length);
    }
  }

  private void truncate(ByteBuffer in) {
    int count = in.getInt();
    in.get();
    for (int i = 0; i < count; i++) {
      for (RelationDecoder decoder : decoders(in)) {
        reader.add(decoder, Operation.TRUNCATE, null, null, null, null, 0);
      }
    }
  }

  private void message(ByteBuffer in) throws InterruptedException {
    in.get();
    in.getLong();
    LogMessage message = LogMessage.read(in);
    // Others may write messages of their own.
    if (message.prefix().equals(SideSession.PREFIX)) {
      reader.message(message.content());
    } else if (message.prefix().equals(WriteMarker.PREFIX)) {
      reader.marked(message.content());
    }
  }
}
