package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Turns tuples of one relation into rows of one binding: which column goes to which field, and how,
 * is resolved once, when the log describes the relation. For one thread.
 */
final class RelationDecoder {
  private static final int NOT_WANTED = -1;
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private final Binding binding;
  private final Schema schema;

  /** For each column of the relation, its field; NOT_WANTED where there is none. */
  private final int[] fields;

  private final ValueReader[] readers;

  /** A row before it is read: UNCHANGED where the relation lacks the column of a field. */
  private final @Nullable Object[] blank;

  /**
   * @param fields for each column of the relation the position of its field; -1 where it has none
   * @param types the type of each column of the relation; null where that is no matter
   */
  RelationDecoder(Binding binding, int[] fields, @Nullable ColumnType[] types) {
    this.binding = binding;
    this.schema = binding.schema();
    this.fields = fields;
    this.readers = new ValueReader[schema.size()];
    this.blank = new @Nullable Object[schema.size()];
    for (int i = 0; i < readers.length; i++) {
      readers[i] = new ValueReader(schema.field(i), null);
      blank[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
    }
    for (int i = 0; i < fields.length; i++) {
      if (fields[i] != NOT_WANTED) {
        readers[fields[i]] = new ValueReader(schema.field(fields[i]), types[i]);
        blank[fields[i]] = null;
      }
    }
  }

  Binding binding() {
    return binding;
  }

  /**
   * Reads a tuple and leaves the buffer behind it.
   *
   * @param restNull true for an old tuple that holds the key alone: the rest comes as null and is
   *     not to be believed
   */
  Row read(ByteBuffer in, boolean restNull) {
    @Nullable Object[] values = blank.clone();
    byte[] bytes = in.array();
    int at = in.arrayOffset() + in.position();
    int columns = (short) SHORTS.get(bytes, at);
    at += 2;
    for (int i = 0; i < columns; i++) {
      byte kind = bytes[at++];
      int length = 0;
      if (kind == 't' || kind == 'b') {
        length = (int) INTS.get(bytes, at);
        at += 4;
      }
      int field = i < fields.length ? fields[i] : NOT_WANTED;
      if (field != NOT_WANTED) {
        if (kind == 't') {
          values[field] = readers[field].read(bytes, at, length);
        } else if (kind == 'u' || (restNull && !schema.isKey(field))) {
          values[field] = Unchanged.UNCHANGED;
        }
      }
      at += length;
    }
    in.position(at - in.arrayOffset());
    return new Row(schema, values);
  }

  /** Passes over a tuple that is not wanted. */
  static void skip(ByteBuffer in) {
    int columns = in.getShort();
    for (int i = 0; i < columns; i++) {
      byte kind = in.get();
      if (kind == 't' || kind == 'b') {
        in.position(in.position() + 4 + in.getInt(in.position()));
      }
    }
  }

  Key key(Row row) {
    return schema.key(row);
  }
}
