package dev.unisono.engine.merge;

import dev.unisono.engine.state.Bytes;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.Shapes.Shape;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A merged record as bytes, and back. A member that holds just what is merged takes one byte, so
 * that a record at rest is about as large as one row. For one thread.
 */
final class MergeCodec {
  private static final int SHADOW = 1;

  /** The shadow is the merged row itself. */
  private static final int SHADOW_MERGED = 2;

  /** The member is known to hold the present versions of everything. */
  private static final int SEEN_PRESENT = 4;

  private static final int PENDING = 8;
  private static final int OWED = 16;
  private static final int CROSSED = 32;

  private static final int NO_STAMP = 0;
  private static final int SAME_STAMP = 1;
  private static final int OTHER_STAMP = 2;
  private static final int STAMP_WITH_PATH = 3;

  private final MergePlan plan;
  private final Schema schema;
  private final Shapes shapes;

  /** The members' numbers in the state, by their numbers in the plan. */
  private final int[] stored;

  private final Map<Integer, Integer> byStored;
  private final Bytes out = new Bytes(1024);
  private @Nullable Stamp last;

  /**
   * @param stored by a member's number in the plan its number in the state
   * @param byStored the other way round; members that are no more have none
   */
  MergeCodec(MergePlan plan, Shapes shapes, int[] stored, Map<Integer, Integer> byStored) {
    this.plan = plan;
    this.schema = plan.entity().schema();
    this.shapes = shapes;
    this.stored = stored;
    this.byStored = byStored;
  }

  /** The same for another thread. */
  MergeCodec another() {
    return new MergeCodec(plan, shapes, stored, byStored);
  }

  byte[] write(MergedRecord record) {
    out.clear();
    last = null;
    out.writeUnsigned(shapes.current(plan.entity()));
    Shapes.writeRow(out, new Row(schema, record.values));
    writeStamps(record.stamps);
    writeStamp(record.existence);
    out.writeByte(record.exists ? 1 : 0);
    out.writeUnsigned(record.members.length);
    for (int member = 0; member < record.members.length; member++) {
      out.writeUnsigned(stored[member]);
      writeView(record, record.members[member]);
    }
    return out.toByteArray();
  }

  private void writeView(MergedRecord record, MemberView view) {
    Row shadow = view.shadow;
    Pending pending = view.pending;
    boolean merged = shadow != null && Arrays.deepEquals(shadow.copyValues(), record.values);
    boolean present =
        Objects.equals(view.seenExistence, record.existence)
            && Arrays.equals(view.seen, record.stamps);
    out.writeByte(
        (shadow == null ? 0 : SHADOW)
            | (merged ? SHADOW_MERGED : 0)
            | (present ? SEEN_PRESENT : 0)
            | (pending == null ? 0 : PENDING)
            | (view.owed ? OWED : 0)
            | (view.crossed ? CROSSED : 0));
    if (shadow != null && !merged) {
      Shapes.writeRow(out, shadow);
    }
    if (!present) {
      writeStamps(view.seen);
      writeStamp(view.seenExistence);
    }
    if (pending != null) {
      writePending(pending);
    }
  }

  private void writePending(Pending pending) {
    out.writeUnsigned(pending.id());
    Row values = pending.values();
    out.writeByte(values == null ? 0 : 1);
    if (values != null) {
      Shapes.writeRow(out, values);
    }
    for (int field = 0; field < schema.size(); field++) {
      writeStamp(pending.stamp(field));
    }
    writeStamp(pending.existence());
    Problem refused = pending.refused();
    out.writeByte(refused == null ? 0 : 1);
    if (refused != null) {
      out.writeText(refused.code());
      out.writeText(refused.message());
      out.writeText(Objects.requireNonNullElse(refused.configPath(), ""));
      out.writeText(refused.remedy());
    }
  }

  private void writeStamps(@Nullable Stamp[] stamps) {
    for (Stamp stamp : stamps) {
      writeStamp(stamp);
    }
  }

  private void writeStamp(@Nullable Stamp stamp) {
    if (stamp == null) {
      out.writeByte(NO_STAMP);
    } else if (stamp.equals(last)) {
      out.writeByte(SAME_STAMP);
    } else {
      out.writeByte(stamp.path().isEmpty() ? OTHER_STAMP : STAMP_WITH_PATH);
      out.writeSigned(stamp.micros());
      out.writeUnsigned(stamp.rank());
      if (!stamp.path().isEmpty()) {
        out.writeText(stamp.path());
      }
      last = stamp;
    }
  }

  MergedRecord read(Key key, byte[] written) {
    Bytes in = new Bytes(written);
    last = null;
    Shape shape = shapes.shape((int) in.readUnsigned());
    MergedRecord record = new MergedRecord(schema, key, plan.members().size(), plan.ownKeys());
    Row row = row(in, shape);
    @Nullable Stamp[] stamps = readStamps(in, shape);
    for (int field = 0; field < schema.size(); field++) {
      // A field that was not there when this was written has no value yet.
      record.values[field] = row.value(field) == Unchanged.UNCHANGED ? null : row.value(field);
      record.stamps[field] = stamps[field];
    }
    record.existence = readStamp(in);
    record.exists = in.readByte() == 1;
    int members = (int) in.readUnsigned();
    for (int i = 0; i < members; i++) {
      Integer member = byStored.get((int) in.readUnsigned());
      // Of a member that is no more all the same is read.
      readView(
          in,
          shape,
          row,
          record,
          member == null ? new MemberView(schema.size()) : record.members[member]);
    }
    return record;
  }

  private static Row row(Bytes in, Shape shape) {
    return Objects.requireNonNull(Shapes.readRow(in, shape));
  }

  private void readView(Bytes in, Shape shape, Row merged, MergedRecord record, MemberView view) {
    int flags = in.readByte();
    if ((flags & SHADOW_MERGED) != 0) {
      view.shadow = merged;
    } else if ((flags & SHADOW) != 0) {
      view.shadow = row(in, shape);
    }
    if ((flags & SEEN_PRESENT) != 0) {
      view.seen = record.stamps.clone();
      view.seenExistence = record.existence;
    } else {
      view.seen = readStamps(in, shape);
      view.seenExistence = readStamp(in);
    }
    view.owed = (flags & OWED) != 0;
    view.crossed = (flags & CROSSED) != 0;
    if ((flags & PENDING) != 0) {
      view.pending = readPending(in, shape);
    }
  }

  private Pending readPending(Bytes in, Shape shape) {
    long id = in.readUnsigned();
    Row values = in.readByte() == 0 ? null : row(in, shape);
    @Nullable Stamp[] stamps = readStamps(in, shape);
    Stamp existence = readStamp(in);
    Problem refused = null;
    if (in.readByte() == 1) {
      String code = in.readText();
      String message = in.readText();
      String path = in.readText();
      refused =
          new Problem(code, ProblemType.USER, message, path.isEmpty() ? null : path, in.readText());
    }
    return new Pending(id, values, stamps, existence, refused);
  }

  /** Every field of the shape has one; those of today's schema are given. */
  private @Nullable Stamp[] readStamps(Bytes in, Shape shape) {
    @Nullable Stamp[] stamps = new @Nullable Stamp[schema.size()];
    for (int field = 0; field < shape.size(); field++) {
      Stamp stamp = readStamp(in);
      if (shape.position(field) >= 0) {
        stamps[shape.position(field)] = stamp;
      }
    }
    return stamps;
  }

  private @Nullable Stamp readStamp(Bytes in) {
    int tag = in.readByte();
    if (tag == NO_STAMP) {
      return null;
    }
    if (tag != SAME_STAMP) {
      long micros = in.readSigned();
      int rank = (int) in.readUnsigned();
      last = new Stamp(micros, rank, tag == STAMP_WITH_PATH ? in.readText() : "");
    }
    return last;
  }
}
