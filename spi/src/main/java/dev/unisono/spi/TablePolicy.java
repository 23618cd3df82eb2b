package dev.unisono.spi;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What may become of a member's table, and where the types of a new column come from. Immutable.
 *
 * @param schemaChange what a source does when the columns of its table change
 * @param createTable true where a target may make its table, and add columns to it
 * @param alterTable true where a target may add columns to its table and widen them
 * @param origin the member that is read; null where there is none
 * @param fieldNames gives the name of the field that a new column becomes
 */
public record TablePolicy(
    SchemaChange schemaChange,
    boolean createTable,
    boolean alterTable,
    @Nullable Origin origin,
    UnaryOperator<String> fieldNames) {
  /** Goes on with what is configured, and alters nothing. */
  public static final TablePolicy DEFAULT =
      new TablePolicy(SchemaChange.IGNORE, false, false, null);

  /** New columns become fields of their names. */
  public TablePolicy(
      SchemaChange schemaChange, boolean createTable, boolean alterTable, @Nullable Origin origin) {
    this(schemaChange, createTable, alterTable, origin, UnaryOperator.identity());
  }

  /** True where columns may be added and widened. */
  public boolean alters() {
    return createTable || alterTable;
  }

  /** The table that an entity is read from. Asking it may connect to that system. */
  public interface Origin {
    /** The kind of its connector: types of another kind mean nothing to a target. */
    String kind();

    /**
     * For each field of the entity's schema the type of its column as statements write it, such as
     * {@code numeric(12,2)}; null where there is none.
     *
     * @throws UnisonoException where the system cannot be asked now
     */
    List<@Nullable String> columnTypes();
  }
}
