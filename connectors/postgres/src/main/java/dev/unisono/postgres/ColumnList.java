package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which columns a publication may leave out of a table, and where it must not leave out any. Has no
 * state.
 */
final class ColumnList {
  private ColumnList() {}

  /**
   * What a list of a table must have: what is read of it, what its condition asks for, and what the
   * log tells its rows by.
   *
   * @param read the columns of the config's fields
   * @param more columns that are to stay in it
   * @return in table order
   */
  static List<String> of(
      Table table, Set<String> read, @Nullable RowFilter filter, Collection<String> more) {
    Set<String> needed = new HashSet<>(read);
    needed.addAll(more);
    if (filter != null) {
      needed.addAll(filter.columns());
    }
    table.identities().forEach(identity -> needed.addAll(identity.columns()));
    return table.columns().keySet().stream().filter(needed::contains).toList();
  }

  /** True where a list does not have its owner's updates and deletes refused. */
  static boolean covers(Set<String> list, Table table) {
    return table.identities().stream()
        .allMatch(identity -> !identity.full() && list.containsAll(identity.columns()));
  }

  /**
   * Refuses a list that could not be, that its owner would suffer from, or that would keep what the
   * config asks for from being seen.
   */
  static void check(
      Connection connection,
      String system,
      PublicationOptions options,
      Binding binding,
      Table table)
      throws SQLException {
    checkVersion(system, connection.getMetaData().getDatabaseMajorVersion());
    if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
      throw bad(
          "With schema-change: evolve columns that are added become fields, with"
              + " publish-columns: named what the config does not name stays in its database.",
          "syncs." + binding.sync() + ".schema-change",
          "Choose one of them: schema-change: ignore or stop, or publish-columns: all.");
    }
    for (Table.Identity identity : table.identities()) {
      if (identity.full()) {
        // Where the list is there already, this is no warning any more.
        throw RefusedUpdates.find(connection, system, options)
            .map(UnisonoException::new)
            .orElseGet(() -> full(binding, identity));
      }
    }
    for (String column : binding.columns()) {
      if (column != null && table.columns().containsKey(column)) {
        Problem hidden =
            computed(
                binding,
                table,
                table.column(column),
                connection.getMetaData().getDatabaseMajorVersion());
        if (hidden != null) {
          throw new UnisonoException(hidden);
        }
      }
    }
  }

  private static UnisonoException full(Binding binding, Table.Identity identity) {
    return bad(
        identity.table()
            + " has REPLICA IDENTITY FULL: PostgreSQL would refuse its updates and deletes, if"
            + " publish-columns: named left columns of it out.",
        binding.configPath() + ".table",
        "Let its owner run ALTER TABLE "
            + identity.table()
            + " REPLICA IDENTITY DEFAULT; so that the log tells rows by the primary key; or choose"
            + " publish-columns: all.");
  }

  /** Column lists came with PostgreSQL 15. */
  static void checkVersion(String system, int majorVersion) {
    if (majorVersion < FoundPublication.SHOWS_PARTS) {
      throw new UnisonoException(
          new Problem(
              "option-too-new",
              ProblemType.USER,
              "The option publish-columns: named needs PostgreSQL "
                  + FoundPublication.SHOWS_PARTS
                  + " or later; this is "
                  + majorVersion
                  + ".",
              "systems." + system + "." + PublicationOptions.COLUMNS,
              "Use a later server, or publish-columns: all."));
    }
  }

  /** What to say of a column that the server computes and its log leaves out; null for others. */
  static @Nullable Problem computed(
      Binding binding, Table table, Table.Column column, int majorVersion) {
    if (!column.generated() || (column.stored() && majorVersion >= Publication.SHOWS_COMPUTED)) {
      return null;
    }
    return new Problem(
        "column-generated",
        ProblemType.USER,
        table.plainName()
            + "."
            + column.name()
            + " is computed by the server; its log leaves it out.",
        binding.configPath() + ".table",
        "Write null for the field's column in this member. PostgreSQL 18 can show columns that"
            + " are computed and STORED.");
  }

  /** What to say of a publication that shows tables with all that is in them. */
  static Problem whole(String system, String publication, Table table) {
    return bad(
            "The publication "
                + publication
                + " shows all columns of "
                + table.plainName()
                + ", with all other tables.",
            "systems." + system + ".publication",
            "Name another publication for a system with publish-columns: named.")
        .problem();
  }

  private static UnisonoException bad(String message, String path, String remedy) {
    return new UnisonoException(
        new Problem("bad-column-list", ProblemType.USER, message, path, remedy));
  }
}
