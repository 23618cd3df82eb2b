package dev.unisono.engine.record;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record as the doors show it. What it is does not change; of its JSON it keeps a copy once it is
 * shown again. Safe for threads.
 */
public final class EntityRecord {
  private final Key key;
  private final long version;
  private final @Nullable Row row;
  private final Instant changed;
  private final boolean ofToday;
  private volatile boolean shown;
  private volatile @Nullable SerializableString json;

  /**
   * A record.
   *
   * @param version the journal sequence of its last change: grows with every change of the record
   * @param row null where the record was deleted and that is still known
   * @param changed when its last change was committed in its source
   * @param ofToday false where the entity has had other fields when it was written: then its
   *     version alone does not say what it looks like
   */
  public EntityRecord(Key key, long version, @Nullable Row row, Instant changed, boolean ofToday) {
    this.key = key;
    this.version = version;
    this.row = row;
    this.changed = changed;
    this.ofToday = ofToday;
  }

  /** The same record as somebody sees it who is shown less: its version does not say how. */
  public EntityRecord seenAs(Row shown) {
    return new EntityRecord(key, version, shown, changed, false);
  }

  public Key key() {
    return key;
  }

  public long version() {
    return version;
  }

  public @Nullable Row row() {
    return row;
  }

  public Instant changed() {
    return changed;
  }

  public boolean ofToday() {
    return ofToday;
  }

  /**
   * Writes all of its fields as an object. Most are shown once and forgotten; one that is shown
   * again has been kept in memory to be shown, and is not put together a third time.
   *
   * @param entity the one that it is a record of
   * @throws IllegalStateException where the record was deleted
   */
  public void write(JsonGenerator out, Entity entity) throws IOException {
    Row values = row;
    if (values == null) {
      throw new IllegalStateException("a deleted record has no fields");
    }
    SerializableString made = json;
    if (made == null && shown) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
      try (JsonGenerator copy = EntityJson.FACTORY.createGenerator(bytes)) {
        EntityJson.writeRow(copy, entity, values);
      }
      made = new SerializedString(bytes.toString(StandardCharsets.UTF_8));
      json = made;
    }
    shown = true;
    if (made == null) {
      EntityJson.writeRow(out, entity, values);
    } else {
      out.writeRawValue(made);
    }
  }

  @Override
  public String toString() {
    return "EntityRecord[" + key + " of " + version + (row == null ? ", deleted]" : "]");
  }
}
