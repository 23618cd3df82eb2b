package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one member of a sync keeps one entity: which table, and which column for each field. A source
 * makes rows of {@code schema}, fields in its order, so that nothing is mapped again on the way; a
 * target is given such rows. Compared by identity. Immutable; safe for threads.
 */
public final class Binding {
  private final String sync;
  private final Schema schema;
  private final String table;
  private final List<@Nullable String> columns;
  private final @Nullable String where;
  private final String configPath;
  private final Deletes deletes;
  private final @Nullable String deletedFlag;
  private final TablePolicy policy;
  private final boolean ownKeys;
  private final @Nullable String cursor;

  /** All rows of a table, and a delete deletes. */
  public Binding(
      String sync, Schema schema, String table, List<@Nullable String> columns, String configPath) {
    this(sync, schema, table, columns, null, configPath);
  }

  /**
   * For a member that is read.
   *
   * @param sync the sync's name in the config
   * @param table the table as the config names it, with or without its schema
   * @param columns for each field of the schema, in its order, the column; null where this member
   *     does not keep the field
   * @param where which rows of the table are meant, as a condition in the system's own language;
   *     null for all
   * @param configPath where in the config the member stands, for messages
   */
  public Binding(
      String sync,
      Schema schema,
      String table,
      List<@Nullable String> columns,
      @Nullable String where,
      String configPath) {
    this(sync, schema, table, columns, where, configPath, Deletes.HARD, null);
  }

  /**
   * For a member that is written.
   *
   * @param deletedFlag the column that says that a row is deleted: true, or when; null except for
   *     {@link Deletes#SOFT}
   */
  public Binding(
      String sync,
      Schema schema,
      String table,
      List<@Nullable String> columns,
      String configPath,
      Deletes deletes,
      @Nullable String deletedFlag) {
    this(sync, schema, table, columns, null, configPath, deletes, deletedFlag);
  }

  private Binding(
      String sync,
      Schema schema,
      String table,
      List<@Nullable String> columns,
      @Nullable String where,
      String configPath,
      Deletes deletes,
      @Nullable String deletedFlag) {
    this(
        sync,
        schema,
        table,
        columns,
        where,
        configPath,
        deletes,
        deletedFlag,
        TablePolicy.DEFAULT,
        false,
        null);
  }

  private Binding(
      String sync,
      Schema schema,
      String table,
      List<@Nullable String> columns,
      @Nullable String where,
      String configPath,
      Deletes deletes,
      @Nullable String deletedFlag,
      TablePolicy policy,
      boolean ownKeys,
      @Nullable String cursor) {
    if ((deletes == Deletes.SOFT) != (deletedFlag != null)) {
      throw new IllegalArgumentException("a flag where deletes are soft, and only there");
    }
    if (columns.size() != schema.size()) {
      throw new IllegalArgumentException("one column, or none, for each field of " + schema);
    }
    this.sync = sync;
    this.schema = schema;
    this.table = table;
    this.columns = java.util.Collections.unmodifiableList(new java.util.ArrayList<>(columns));
    this.where = where;
    this.configPath = configPath;
    this.deletes = deletes;
    this.deletedFlag = deletedFlag;
    this.policy = policy;
    this.ownKeys = ownKeys;
    this.cursor = cursor;
  }

  /** The same member for another schema. */
  public Binding with(Schema otherSchema, List<@Nullable String> otherColumns) {
    return new Binding(
        sync,
        otherSchema,
        table,
        otherColumns,
        where,
        configPath,
        deletes,
        deletedFlag,
        policy,
        ownKeys,
        cursor);
  }

  /** The same member with another policy; by default its table is left as it is. */
  public Binding with(TablePolicy otherPolicy) {
    return new Binding(
        sync,
        schema,
        table,
        columns,
        where,
        configPath,
        deletes,
        deletedFlag,
        otherPolicy,
        ownKeys,
        cursor);
  }

  /** The same member, which gives keys of its own to rows that are made in it. */
  public Binding withOwnKeys() {
    return new Binding(
        sync,
        schema,
        table,
        columns,
        where,
        configPath,
        deletes,
        deletedFlag,
        policy,
        true,
        cursor);
  }

  /** The same member, whose rows say by a column that they have changed. */
  public Binding withCursor(String column) {
    return new Binding(
        sync,
        schema,
        table,
        columns,
        where,
        configPath,
        deletes,
        deletedFlag,
        policy,
        ownKeys,
        column);
  }

  public String sync() {
    return sync;
  }

  public Schema schema() {
    return schema;
  }

  public String table() {
    return table;
  }

  /** For each field, in schema order, its column, or null. */
  public List<@Nullable String> columns() {
    return columns;
  }

  public @Nullable String column(int position) {
    return columns.get(position);
  }

  /** Which of the table's rows, in the system's own language; null where it is all. */
  public @Nullable String where() {
    return where;
  }

  public String configPath() {
    return configPath;
  }

  public Deletes deletes() {
    return deletes;
  }

  /** The column that says that a row is deleted; null where deletes are not soft. */
  public @Nullable String deletedFlag() {
    return deletedFlag;
  }

  /** Whether the member gives a key of its own to a row that is made in it. */
  public boolean ownKeys() {
    return ownKeys;
  }

  /** The column that grows with each change of a row; null where there is none. */
  public @Nullable String cursor() {
    return cursor;
  }

  /** What may become of the table. */
  public TablePolicy policy() {
    return policy;
  }

  @Override
  public String toString() {
    return sync + "/" + schema.name() + " as " + table;
  }
}
