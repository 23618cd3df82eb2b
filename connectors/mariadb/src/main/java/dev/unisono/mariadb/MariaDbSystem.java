package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Settings;
import dev.unisono.spi.Source;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One configured MariaDB server and the parts it plays. Safe for threads. */
final class MariaDbSystem implements ConnectedSystem {
  private final Database database;
  private final List<Binding> reads;
  private final List<Binding> writes;
  private final Settings settings;
  private final long serverId;

  MariaDbSystem(SystemContext context) {
    this.settings = context.settings();
    this.database = new Database(context.name(), settings);
    this.reads = context.reads();
    this.writes = context.writes();
    this.serverId =
        BeginningSearch.serverId(
            settings, context.parameters().getOrDefault("installation", ""), context.name());
  }

  @Override
  public List<Problem> check() {
    return check(Map.of());
  }

  @Override
  public List<Problem> check(Map<String, String> state) {
    return new MariaDbCheck(database, reads, writes, state).run();
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
        ReadLimits.of(settings),
        settings.text("on-log-loss").equals("repair"));
  }

  @Override
  public Target target() {
    throw new UnisonoException(notWritten(database.system(), null));
  }

  @Override
  public RowReader rows(Binding binding) {
    return TableRows.open(database, binding);
  }

  @Override
  public Owner owner() {
    return new MariaDbOwner(database);
  }

  static Problem notWritten(String system, @Nullable String path) {
    return new Problem(
        "not-available",
        ProblemType.USER,
        system + " is a MariaDB, which cannot be a target yet.",
        path,
        "Only read from it.");
  }

  @Override
  public void close() {
    // Sources hold the connections, and are closed by whoever asked for them.
  }
}
