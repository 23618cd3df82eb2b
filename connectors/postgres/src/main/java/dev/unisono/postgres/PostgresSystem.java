package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Projection;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.Survey;
import dev.unisono.spi.Target;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One configured PostgreSQL database and the parts it plays. Safe for threads. */
final class PostgresSystem implements ConnectedSystem {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final Settings settings;
  private final String installation;
  private final String slot;
  private final PublicationOptions publication;
  private final LogBudget logBudget;
  private final LogOptions log;

  PostgresSystem(SystemContext context) {
    this.settings = context.settings();
    this.database = new Database(context.name(), settings);
    this.reads = context.reads();
    this.writes = context.writes();
    this.installation = context.parameters().getOrDefault("installation", "");
    this.slot = settings.optionalText("slot").orElse(defaultName(context.name()));
    this.logBudget = new LogBudget(settings.optionalNumber("log-budget").orElse(0L));
    this.publication = PublicationOptions.of(settings, defaultName(context.name()));
    String folder = context.parameters().get("folder");
    this.log =
        LogOptions.of(
            settings,
            folder == null
                ? Path.of(System.getProperty("java.io.tmpdir"), "unisono-spool-" + slot)
                : Path.of(folder, "spool"));
  }

  /** What may stand in the name of a slot, made of the system's name. */
  private static String defaultName(String system) {
    String name =
        "unisono_" + system.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]", "_");
    return name.length() > 63 ? name.substring(0, 63) : name;
  }

  @Override
  public List<Problem> check() {
    return check(Map.of());
  }

  @Override
  public List<Problem> check(Map<String, String> state) {
    return new PostgresCheck(
            database,
            reads,
            writes,
            slot,
            publication,
            keepsTransactions() ? 1 : settings.number("lanes"),
            log,
            state)
        .run();
  }

  @Override
  public List<Problem> notices(Map<String, String> state) {
    return new PostgresNotices(database, publication, reads, writes, state).all();
  }

  @Override
  public List<String> publication() {
    return publication(false);
  }

  @Override
  public List<String> publish() {
    return publication(true);
  }

  private List<String> publication(boolean run) {
    if (reads.isEmpty()) {
      return List.of();
    }
    try (Connection connection = database.connect("connecting")) {
      Publication published = Publication.of(connection, database.system(), publication, reads);
      List<String> statements = published.statements(connection);
      if (run) {
        published.prepare(connection, true);
      }
      return statements;
    } catch (SQLException failed) {
      throw database.failure("preparing the publication " + publication.name(), failed);
    }
  }

  @Override
  public Source source() {
    return new PostgresSource(
        database,
        installation,
        reads,
        slot,
        publication,
        log,
        ReadLimits.of(settings),
        settings.text("on-slot-loss").equals("repair"),
        logBudget);
  }

  @Override
  public Target target() {
    return new PostgresTarget(
        database,
        written(false),
        installation,
        (int) settings.number("lanes"),
        settings.duration("answer-timeout"),
        keepsTransactions());
  }

  /**
   * What is written.
   *
   * @param read those that are read as well, or those that are not
   */
  private List<Binding> written(boolean read) {
    return writes.stream()
        .filter(binding ->
            read == reads.stream().anyMatch(other -> other.sync().equals(binding.sync())))
        .toList();
  }

  private boolean keepsTransactions() {
    return settings.text("transactions").equals("keep");
  }

  @Override
  public MemberWriter memberWriter() {
    return new PostgresMemberWriter(
        database, written(true), installation, settings.duration("answer-timeout"));
  }

  @Override
  public RowReader rows(Binding binding) {
    return TableRows.open(database, binding);
  }

  @Override
  public Projection projection(Binding binding) {
    try (Connection connection = database.connect("connecting")) {
      return StoredForms.of(connection, binding);
    } catch (SQLException failed) {
      throw database.failure("asking for the columns of " + binding.table(), failed);
    }
  }

  @Override
  public Optional<Instant> clock() {
    try (Connection connection = database.connect("connecting");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
      row.next();
      return Optional.of(Instant.ofEpochMilli(row.getLong(1)));
    } catch (SQLException failed) {
      throw database.failure("asking for the time", failed);
    }
  }

  @Override
  public Owner owner() {
    return new PostgresOwner(database);
  }

  @Override
  public Survey survey() {
    return PostgresSurvey.open(database);
  }

  @Override
  public List<@Nullable String> columnTypes(Binding binding) {
    Map<String, String> types = new HashMap<>();
    try (Connection connection = database.connect("connecting")) {
      Optional<Table> table = Table.find(connection, binding.table());
      if (table.isPresent()) {
        // A type of that database's own means nothing elsewhere.
        try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN"
                    + " pg_type t ON t.oid = a.atttypid WHERE a.attrelid = ?::oid AND a.attnum > 0"
                    + " AND NOT a.attisdropped AND t.typnamespace = 'pg_catalog'::regnamespace")) {
          select.setLong(1, table.get().relation());
          try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
              types.put(row.getString(1), row.getString(2));
            }
          }
        }
      }
    } catch (SQLException failed) {
      throw database.failure("asking for the types of " + binding.table(), failed);
    }
    List<@Nullable String> ofFields = new ArrayList<>();
    for (String column : binding.columns()) {
      ofFields.add(column == null ? null : types.get(column));
    }
    return ofFields;
  }

  @Override
  public void close() {
    // Sources, targets and owners hold the connections, and are closed by whoever asked for them.
  }
}
