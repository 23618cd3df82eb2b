package dev.unisono.mariadb;

import dev.unisono.jdbc.JdbcMemberWriter;
import dev.unisono.jdbc.JdbcSurvey;
import dev.unisono.jdbc.JdbcTarget;
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
import dev.unisono.spi.SurveyedServer;
import dev.unisono.spi.SurveyedServer.Way;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
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
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One configured MariaDB server and the parts it plays. Safe for threads. */
final class MariaDbSystem implements ConnectedSystem {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final Settings settings;
  private final String installation;
  private final long serverId;

  MariaDbSystem(SystemContext context) {
    this.settings = context.settings();
    this.database = new Database(context.name(), settings);
    this.reads = context.reads();
    this.writes = context.writes();
    this.installation = context.parameters().getOrDefault("installation", "");
    this.serverId = BeginningSearch.serverId(settings, installation, context.name());
  }

  @Override
  public List<Problem> check() {
    return check(Map.of());
  }

  @Override
  public List<Problem> check(Map<String, String> state) {
    List<Problem> problems = new MariaDbCheck(database, reads, writes, state).run();
    if (!writes.isEmpty() && problems.stream().noneMatch(MariaDbCheck::unreachable)) {
      for (Problem problem : JdbcTarget.check(writing(), writes)) {
        if (problems.stream().noneMatch(told -> same(told, problem))) {
          problems.add(problem);
        }
      }
    }
    return problems;
  }

  /** What is in the way of reading a table is often in the way of writing it. */
  private static boolean same(Problem one, Problem other) {
    return one.code().equals(other.code()) && Objects.equals(one.configPath(), other.configPath());
  }

  @Override
  public List<Problem> notices(Map<String, String> state) {
    List<Problem> notices = new ArrayList<>();
    try (Connection connection = database.connect("connecting")) {
      for (Binding binding : reads) {
        Table.Name name = Table.Name.parse(binding.table(), database.address().database());
        Cascades.find(connection, binding, name).ifPresent(notices::add);
      }
    } catch (UnisonoException | SQLException notAsked) {
      return List.of(); // What is in the way is a problem, and said as such.
    }
    return notices;
  }

  @Override
  public Source source() {
    return new MariaDbSource(
        database,
        reads,
        serverId,
        written(true).isEmpty() ? null : ownWrites(),
        ReadLimits.of(settings),
        settings.text("on-log-loss").equals("repair"));
  }

  @Override
  public Target target() {
    return new JdbcTarget(writing(), written(false), installation, (int) settings.number("lanes"));
  }

  @Override
  public MemberWriter memberWriter() {
    return new JdbcMemberWriter(writing(), written(true), installation, ownWrites());
  }

  @Override
  public Projection projection(Binding binding) {
    try (Connection connection = database.connect("connecting")) {
      return StoredForms.of(
          binding, Table.named(connection, binding, database.address().database()));
    } catch (SQLException failed) {
      throw database.failure("asking for the columns of " + binding.table(), failed);
    }
  }

  private OwnWrites ownWrites() {
    return new OwnWrites(database.address().database(), installation);
  }

  private dev.unisono.jdbc.Database writing() {
    return database.writing(settings.duration("answer-timeout"));
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

  @Override
  public Survey survey() {
    boolean local = database.address().local();
    boolean encrypted = database.encrypted();
    return JdbcSurvey.of(
        writing(),
        (product, _) ->
            new SurveyedServer(
                product,
                encrypted ? Way.ENCRYPTED : local ? Way.LOCAL : Way.PLAIN,
                encrypted
                    ? "TLS, whoever the server is"
                    : local ? "not encrypted, on the same machine" : "not encrypted"));
  }

  @Override
  public RowReader rows(Binding binding) {
    return TableRows.open(database, binding);
  }

  @Override
  public Optional<Instant> clock() {
    try (Connection connection = database.connect("connecting");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS INTEGER)")) {
      row.next();
      return Optional.of(Instant.ofEpochMilli(row.getLong(1)));
    } catch (SQLException failed) {
      throw database.failure("asking for the time", failed);
    }
  }

  @Override
  public Owner owner() {
    return new MariaDbOwner(database);
  }

  /** As statements write them, with character sets: what another database makes of them differs. */
  @Override
  public List<@Nullable String> columnTypes(Binding binding) {
    Table.Name name = Table.Name.parse(binding.table(), database.address().database());
    Map<String, String> types = new HashMap<>();
    try (Connection connection = database.connect("connecting");
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT COLUMN_NAME, concat(COLUMN_TYPE, coalesce(concat(' CHARACTER SET ',"
                    + " CHARACTER_SET_NAME, ' COLLATE ', COLLATION_NAME), '')) FROM"
                    + " information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?")) {
      select.setString(1, name.database());
      select.setString(2, name.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          types.put(row.getString(1), row.getString(2));
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
