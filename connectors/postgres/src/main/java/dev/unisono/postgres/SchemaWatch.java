package dev.unisono.postgres;

import dev.unisono.postgres.TableShape.Column;
import dev.unisono.postgres.TableShape.Standing;
import dev.unisono.spi.Binding;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is held of the columns of each table that is read, compared with what the log announces and,
 * now and then, with the catalog. A change is judged where it stands in the log, before the first
 * row that has it; what is held from then on becomes durable with the batch that ends there
 * (invariant 2). For one thread.
 */
final class SchemaWatch {
  private static final System.Logger LOG = System.getLogger(SchemaWatch.class.getName());

  /** Why a table's rows are read again whose columns have changed. */
  static final String READ_AGAIN = "read-again";

  /** Names what is held in the source's state. */
  private static final String SHAPE = "shape/";

  private final Database database;
  private final String publication;
  private final Map<SnapshotTable, Watched> watched = new LinkedHashMap<>();

  /** What the next batch has to carry. */
  private final Map<String, @Nullable String> changed = new HashMap<>();

  private final List<LearnedColumn> learned = new ArrayList<>();
  private final List<SnapshotTable> readAgain = new ArrayList<>();
  private @Nullable String ending;

  /** One table. */
  private static final class Watched {
    TableShape held;
    @Nullable AnnouncedTable announced;
    int[] numbers = {};

    Watched(TableShape held) {
      this.held = held;
    }
  }

  private SchemaWatch(Database database, String publication) {
    this.database = database;
    this.publication = publication;
  }

  /**
   * Takes up what is held. A table whose snapshot is under way is judged now, since its chunks show
   * the present; any other where the log comes to its changes.
   *
   * @param state the source's state
   */
  static SchemaWatch open(
      Connection connection,
      Database database,
      String publication,
      List<SnapshotTable> tables,
      Map<String, String> state)
      throws SQLException {
    SchemaWatch watch = new SchemaWatch(database, publication);
    for (SnapshotTable table : tables) {
      TableShape catalog =
          TableShape.read(connection, table.table().relation())
              .orElseThrow(() -> noSuchTable(table.binding(), Optional.empty()))
              .withKinds(connection);
      String held = state.get(SHAPE + table.binding().sync());
      if (held != null && TableShape.parse(held).relation() == catalog.relation()) {
        Watched each = new Watched(TableShape.parse(held).withKinds(connection));
        watch.watched.put(table, each);
        if (!table.done()) {
          watch.judge(table, each, catalog.columns(), catalog);
        }
      } else {
        TableShape first = first(table, catalog);
        watch.watched.put(table, new Watched(first));
        watch.changed.put(SHAPE + table.binding().sync(), first.text());
      }
    }
    watch.watched.forEach(
        (table, each) -> table.differences(SchemaVerdict.differences(table.binding(), each.held)));
    return watch;
  }

  /** The columns of a table that nothing was known of. */
  private static TableShape first(SnapshotTable table, TableShape catalog) {
    Binding binding = table.binding();
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null && catalog.column(column) == null) {
        throw new UnisonoException(
            new Problem(
                "no-such-column",
                ProblemType.USER,
                table.table().plainName()
                    + " has no column "
                    + column
                    + ". It has "
                    + String.join(", ", table.table().columns().keySet())
                    + ".",
                binding.configPath() + ".fields." + binding.schema().field(i).name(),
                "Name the column that holds the field, or null where there is none."));
      }
    }
    List<Column> columns = new ArrayList<>();
    for (Column column : catalog.columns()) {
      columns.add(column.with(SchemaVerdict.field(binding, column.name()), Standing.KNOWN));
    }
    return new TableShape(catalog.relation(), catalog.file(), catalog.allotted(), columns);
  }

  /** What a source would stop at by what the catalog says now; empty where it would go on. */
  static Optional<Problem> check(Connection connection, Binding binding, Map<String, String> state)
      throws SQLException {
    try {
      verdict(connection, binding, state);
      return Optional.empty();
    } catch (UnisonoException stop) {
      return Optional.of(stop.problem());
    }
  }

  /** What a source would make of what the catalog says now, where it would go on. */
  static List<String> forecast(Connection connection, Binding binding, Map<String, String> state)
      throws SQLException {
    try {
      return verdict(connection, binding, state).map(SchemaVerdict::forecast).orElse(List.of());
    } catch (UnisonoException stop) {
      return List.of(); // It is a problem, and told as one.
    }
  }

  /** Empty where nothing is held of the table. */
  private static Optional<SchemaVerdict> verdict(
      Connection connection, Binding binding, Map<String, String> state) throws SQLException {
    String text = state.get(SHAPE + binding.sync());
    if (text == null) {
      return Optional.empty();
    }
    Optional<Table> table = Table.find(connection, binding.table());
    if (table.isEmpty()) {
      throw missing(connection, binding, state);
    }
    TableShape held = TableShape.parse(text);
    if (held.relation() != table.get().relation()) {
      return Optional.empty(); // Another table: it is read and compared as a whole.
    }
    TableShape catalog =
        TableShape.read(connection, table.get().relation()).orElseThrow().withKinds(connection);
    return Optional.of(
        SchemaVerdict.of(binding, table.get().plainName(), held, catalog.columns(), catalog));
  }

  /** True where a table's columns are held already. */
  static boolean knows(Binding binding, Map<String, String> state) {
    return state.containsKey(SHAPE + binding.sync());
  }

  /** What to say where there is no table of the name in the config. */
  static UnisonoException missing(Connection connection, Binding binding, Map<String, String> state)
      throws SQLException {
    String held = state.get(SHAPE + binding.sync());
    return noSuchTable(
        binding,
        held == null ? Optional.empty() : name(connection, TableShape.parse(held).relation()));
  }

  private static UnisonoException noSuchTable(Binding binding, Optional<String> now) {
    return new UnisonoException(
        new Problem(
            "no-such-table",
            ProblemType.USER,
            "There is no table "
                + binding.table()
                + now.map(name -> "; it is called " + name + " now.").orElse("."),
            binding.configPath() + ".table",
            now.map(name -> "Write table: " + name + ", and restart; nothing is lost.")
                .orElse("Name an existing table, as schema.table.")));
  }

  private static Optional<String> name(Connection connection, long relation) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid ="
                + " c.relnamespace WHERE c.oid = ?::oid")) {
      select.setLong(1, relation);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  /**
   * What the catalog says of all tables.
   *
   * @param text all of it: another text, and it is worth a look
   * @param files by a table's number the file that its rows are in
   */
  record Sight(String text, Map<Long, Long> files) {
    /** Nothing was seen yet. */
    static final Sight NONE = new Sight("", Map.of());
  }

  static Sight sight(Connection connection, List<SnapshotTable> tables) throws SQLException {
    StringBuilder text = new StringBuilder();
    Map<Long, Long> files = new HashMap<>();
    for (SnapshotTable table : tables) {
      long relation = table.table().relation();
      text.append(name(connection, relation).orElse("")).append('\n');
      Optional<TableShape> shape = TableShape.read(connection, relation);
      if (shape.isPresent()) {
        text.append(shape.get().text());
        files.put(relation, shape.get().file());
      }
    }
    return new Sight(text.toString(), files);
  }

  /**
   * Decodes the rows that follow an announcement.
   *
   * @param handedOver true where the rows that follow were handed over before a restart: then what
   *     is held may be newer than they are, and is not judged by them
   */
  RelationDecoder decoder(SnapshotTable table, AnnouncedTable announced, boolean handedOver) {
    Watched each = watched(table);
    int[] numbers = asHeld(table.binding(), each.held, announced);
    if (numbers.length == 0 && announced.equals(each.announced)) {
      numbers = each.numbers;
    } else if (numbers.length == 0) {
      numbers = compare(table, each, announced, handedOver);
    }
    if (!handedOver) {
      each.announced = announced;
      each.numbers = numbers;
    }
    return decoder(table, each.held, announced, numbers);
  }

  /** The log announces another table by the name of one that is read. */
  UnisonoException replaced(SnapshotTable table) {
    return new UnisonoException(Repair.tableReplaced(database, table));
  }

  private Watched watched(SnapshotTable table) {
    Watched each = watched.get(table);
    if (each == null) {
      throw new IllegalArgumentException("not a table that is watched: " + table.binding());
    }
    return each;
  }

  /**
   * The numbers of the announced columns where they are as held: all the same, and only such
   * missing as feed no field (a publication may leave them out). Empty where they are not.
   */
  private static int[] asHeld(Binding binding, TableShape held, AnnouncedTable announced) {
    int[] numbers = new int[announced.columns().size()];
    int found = 0;
    for (Column column : held.columns()) {
      if (column.standing() == Standing.GONE) {
        continue;
      }
      boolean same = found < numbers.length && announced.columns().get(found).same(column);
      String field = SchemaVerdict.field(binding, column.name());
      if (same && java.util.Objects.equals(field, column.field())) {
        numbers[found++] = column.number();
      } else if (same || field != null || column.field() != null) {
        return new int[0];
      }
    }
    return found == numbers.length ? numbers : new int[0];
  }

  private int[] compare(
      SnapshotTable table, Watched each, AnnouncedTable announced, boolean handedOver) {
    try (Connection connection = database.connect("comparing a table")) {
      TableShape catalog =
          TableShape.read(connection, announced.relation())
              // Dropped by now; what the log still tells of it is true of what was held.
              .orElse(each.held.withoutColumns())
              .withKinds(connection);
      int[] numbers = announced.numbers(each.held, catalog);
      if (!handedOver) {
        leaveOut(connection, table, each, catalog, numbers);
        judge(table, each, seen(connection, announced, numbers, each.held, catalog), catalog);
      }
      return numbers;
    } catch (SQLException failed) {
      throw database.failure("comparing the columns of " + announced.plainName(), failed);
    }
  }

  private static List<Column> seen(
      Connection connection,
      AnnouncedTable announced,
      int[] numbers,
      TableShape held,
      TableShape catalog)
      throws SQLException {
    List<Column> seen = new ArrayList<>();
    Map<Long, ColumnType> types = ColumnType.noneKnown();
    for (int i = 0; i < numbers.length; i++) {
      AnnouncedTable.Column column = announced.columns().get(i);
      Column known = catalog.column(numbers[i]);
      if (known == null || !column.sameType(known)) {
        known = held.column(numbers[i]);
      }
      boolean told = known != null && column.sameType(known);
      seen.add(
          new Column(
              numbers[i],
              column.name(),
              column.type(),
              column.modifier(),
              told && known != null ? known.typeText() : typeText(connection, column),
              null,
              Standing.KNOWN,
              TableShape.kind(connection, column.type(), types),
              false,
              false));
    }
    return seen;
  }

  private static String typeText(Connection connection, AnnouncedTable.Column column)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT format_type(?::oid, ?)")) {
      select.setLong(1, column.type());
      select.setInt(2, column.modifier());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /**
   * Columns of fields that the table has and the log leaves out: the publication's column list.
   * From here on they feed no field. What was not told of them is made good where the log, or the
   * catalog, shows them again: as for a field that is new, the table is read again.
   */
  private void leaveOut(
      Connection connection, SnapshotTable table, Watched each, TableShape catalog, int[] numbers)
      throws SQLException {
    List<Column> left = new ArrayList<>();
    for (Column column : each.held.columns()) {
      if (column.field() != null
          && column.standing() != Standing.GONE
          && catalog.column(column.number()) != null
          && java.util.Arrays.stream(numbers).noneMatch(number -> number == column.number())) {
        left.add(column);
      }
    }
    Column hidden = null;
    for (Column column : left) {
      hidden = hidden == null && !published(connection, table, column.name()) ? column : hidden;
    }
    // Without a list it is a column that was added later than this was written.
    if (hidden != null || (!left.isEmpty() && listed(connection, table))) {
      each.held = each.held.unfed(left);
      changed.put(SHAPE + table.binding().sync(), each.held.text());
    }
    if (hidden != null) {
      throw new UnisonoException(
          new Problem(
              "column-missing",
              ProblemType.USER,
              "The log does not show the column "
                  + hidden.name()
                  + " of "
                  + table.table().plainName()
                  + ": the publication "
                  + publication
                  + " leaves it out.",
              table.binding().configPath(),
              "Publish it, or take its field out of the config; then restart."));
    }
  }

  private boolean listed(Connection connection, SnapshotTable table) throws SQLException {
    if (connection.getMetaData().getDatabaseMajorVersion() < FoundPublication.SHOWS_PARTS) {
      return false;
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid ="
                + " r.prpubid WHERE p.pubname = ? AND r.prrelid = ?::oid AND r.prattrs IS NOT"
                + " NULL)")) {
      select.setString(1, publication);
      select.setLong(2, table.table().relation());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private boolean published(Connection connection, SnapshotTable table, String column)
      throws SQLException {
    if (connection.getMetaData().getDatabaseMajorVersion() < 15) {
      return true; // Publications of columns came with PostgreSQL 15.
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT FROM pg_publication_tables WHERE pubname = ? AND schemaname = ?"
                + " AND tablename = ? AND ? = ANY (attnames))")) {
      select.setString(1, publication);
      select.setString(2, table.table().schema());
      select.setString(3, table.table().name());
      select.setString(4, column);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private void judge(SnapshotTable table, Watched each, List<Column> seen, TableShape catalog) {
    SchemaVerdict verdict =
        SchemaVerdict.of(table.binding(), table.table().plainName(), each.held, seen, catalog);
    String before = each.held.text();
    each.held = verdict.shape();
    if (!each.held.text().equals(before)) {
      changed.put(SHAPE + table.binding().sync(), each.held.text());
    }
    learned.addAll(verdict.learned());
    if (verdict.readAgain()) {
      readAgain.add(table);
      ending = table.table().plainName();
    }
    table.differences(SchemaVerdict.differences(table.binding(), each.held));
    for (String remark : verdict.remarks()) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", table.table().plainName(), remark);
    }
  }

  private static RelationDecoder decoder(
      SnapshotTable table, TableShape held, AnnouncedTable announced, int[] numbers) {
    Binding binding = table.binding();
    int[] fields = new int[numbers.length];
    @Nullable ColumnType[] types = new @Nullable ColumnType[numbers.length];
    for (int i = 0; i < fields.length; i++) {
      Column column = held.column(numbers[i]);
      String name = announced.columns().get(i).name();
      String field = column != null ? column.field() : null;
      types[i] = column != null ? column.kind() : table.table().type(name);
      if (column == null && numbers[i] == 0) {
        // Whose number cannot be told is known by its name.
        field = SchemaVerdict.field(binding, name);
      }
      Integer position = field == null ? null : binding.schema().find(field);
      fields[i] = position == null || binding.column(position) == null ? -1 : position;
    }
    return new RelationDecoder(binding, fields, types);
  }

  /**
   * Compares with the catalog, at a message by which the log has come as far as what made it worth
   * a look: so a table that does not change otherwise is judged, too.
   *
   * @param seen what was seen before that message was written: all of that the log has told by now
   */
  void look(Sight seen) {
    try (Connection connection = database.connect("comparing the tables")) {
      for (Map.Entry<SnapshotTable, Watched> each : watched.entrySet()) {
        SnapshotTable table = each.getKey();
        Table was = table.table();
        Optional<TableShape> catalog = TableShape.read(connection, was.relation());
        Optional<String> name = name(connection, was.relation());
        if (!name.equals(Optional.of(was.plainName())) || catalog.isEmpty()) {
          throw Table.find(connection, table.binding().table()).isPresent()
              ? replaced(table)
              : noSuchTable(table.binding(), name);
        }
        TableShape now = catalog.get().withKinds(connection);
        judge(table, each.getValue(), now.columns(), now);
        rewritten(table, each.getValue(), seen.files().get(was.relation()));
      }
    } catch (SQLException failed) {
      throw database.failure("comparing the tables", failed);
    }
  }

  /** The file that a table's rows are in by all that the log has told. */
  private void rewritten(SnapshotTable table, Watched each, @Nullable Long file) {
    if (file != null && file != each.held.file() && !readAgain.contains(table)) {
      each.held = each.held.in(file);
      changed.put(SHAPE + table.binding().sync(), each.held.text());
    }
  }

  /** True where the next batch has something to carry. */
  boolean changed() {
    return !changed.isEmpty() || !learned.isEmpty();
  }

  /** The tables whose rows have values by now that no change of the log will show. */
  List<SnapshotTable> readAgain() {
    List<SnapshotTable> taken = List.copyOf(readAgain);
    readAgain.clear();
    return taken;
  }

  /** True where the source cannot go on as it is after the next batch. */
  boolean ends() {
    return ending != null || !learned.isEmpty();
  }

  /** Entries of the source's state, for the batch at hand. */
  Map<String, @Nullable String> takeState() {
    Map<String, @Nullable String> taken = new HashMap<>(changed);
    changed.clear();
    return taken;
  }

  /** What the entities learn with the batch at hand. */
  List<LearnedColumn> takeLearned() {
    List<LearnedColumn> taken = List.copyOf(learned);
    learned.clear();
    return taken;
  }

  /** Why the source is to be started anew after what was handed over. */
  UnisonoException end() {
    return new UnisonoException(
        new Problem(
            "read-again",
            ProblemType.TRANSIENT,
            ending == null
                ? "The columns of a table have changed."
                : "The rows of " + ending + " are read again, since its columns have changed.",
            "systems." + database.system(),
            ""));
  }
}
