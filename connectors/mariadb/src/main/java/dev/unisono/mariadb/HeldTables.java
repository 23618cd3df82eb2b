package dev.unisono.mariadb;

import io.debezium.config.Configuration;
import io.debezium.relational.history.AbstractSchemaHistory;
import io.debezium.relational.history.HistoryRecord;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.SchemaHistoryListener;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How the tables are made where the Debezium engine begins: one statement for each, that it is
 * told. What changes of them comes among the changes of rows, and is kept with the source's state.
 * Made by the engine, by name. For one thread.
 */
public final class HeldTables extends AbstractSchemaHistory {
  private static final String PREFIX = "schema.history.internal.";

  /** The setting of the engine that holds the statements. */
  static final String SETTING = PREFIX + "unisono.tables";

  private String tables = "";

  /**
   * @param engine its name
   * @param place where it begins
   * @param definitions statements that make tables, each with its database's name in it
   */
  static String setting(String engine, LogPlace place, Collection<String> definitions) {
    List<String> words = new ArrayList<>();
    words.add(engine);
    words.add(place.file());
    words.add(Long.toString(place.position()));
    definitions.forEach(each -> words.add(URLEncoder.encode(each, StandardCharsets.UTF_8)));
    return String.join(" ", words);
  }

  @Override
  public void configure(
      Configuration config,
      HistoryRecordComparator comparator,
      SchemaHistoryListener listener,
      boolean useCatalogBeforeSchema) {
    super.configure(config, comparator, listener, useCatalogBeforeSchema);
    tables = String.valueOf(config.getString(SETTING));
  }

  @Override
  protected void storeRecord(HistoryRecord change) {
    // It is in the stream, too.
  }

  @Override
  protected void recoverRecords(Consumer<HistoryRecord> records) {
    String[] words = tables.split(" ", -1);
    Map<String, ?> place = Map.of("file", words[1], "pos", Long.valueOf(words[2]));
    for (int i = 3; i < words.length; i++) {
      String definition = URLDecoder.decode(words[i], StandardCharsets.UTF_8);
      records.accept(
          new HistoryRecord(
              Map.of("server", words[0]), place, null, null, definition, null, Instant.EPOCH));
    }
  }

  @Override
  public boolean exists() {
    return !tables.isEmpty();
  }

  @Override
  public boolean storageExists() {
    return true;
  }
}
