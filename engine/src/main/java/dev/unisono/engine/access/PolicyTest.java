package dev.unisono.engine.access;

import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What must come of a policy in one case, as its author has written it down. Immutable.
 *
 * @param scopes null where the credential is good for all that the roles allow
 * @param record the record as it is; null where there is none
 * @param write what is written of it, UNCHANGED for the rest; null where nothing is
 * @param allowed what must come of it
 * @param because what the reason has in it; empty for anything
 * @param seen the values of the fields that are shown, as text; null where that is not asked
 */
public record PolicyTest(
    String name,
    Subject caller,
    @Nullable Set<Scope> scopes,
    Action action,
    String entity,
    @Nullable Row record,
    @Nullable Row write,
    boolean allowed,
    String because,
    @Nullable Map<String, String> seen,
    SourceLine where) {

  /**
   * Runs it.
   *
   * @param rights what the caller may do with the entity's records
   * @return what came otherwise; empty where nothing did
   */
  public Optional<String> run(EntityRights rights) {
    Decision decision = rights.may(action);
    Row visible = null;
    if (decision.allowed() && action.reads() && record != null) {
      visible = rights.seen(action, record);
      if (visible == null) {
        decision = Decision.denied("The record is not shown.");
      }
    } else if (decision.allowed() && !action.reads()) {
      decision = rights.writes(action, written(), before(), after());
    }
    if (decision.allowed() != allowed) {
      return Optional.of(
          "expected " + (allowed ? "allowed" : "denied") + ", but: " + decision.reason());
    }
    if (!decision.reason().contains(because)) {
      return Optional.of("expected a reason with '" + because + "', but: " + decision.reason());
    }
    if (seen != null && visible != null) {
      Map<String, String> looks = shown(visible);
      if (!looks.equals(seen)) {
        return Optional.of("expected to see " + new TreeMap<>(seen) + ", but: " + looks);
      }
    }
    return Optional.empty();
  }

  private static Map<String, String> shown(Row row) {
    Map<String, String> fields = new TreeMap<>();
    for (int i = 0; i < row.schema().size(); i++) {
      Object value = row.value(i);
      if (value != Unchanged.UNCHANGED) {
        fields.put(row.schema().field(i).name(), value == null ? "null" : EntityJson.text(value));
      }
    }
    return fields;
  }

  private @Nullable Row before() {
    return action == Action.CREATE ? null : record;
  }

  private @Nullable Row after() {
    if (action == Action.DELETE) {
      return null;
    }
    return write == null ? record : record == null ? write : write.over(record);
  }

  private Set<String> written() {
    Set<String> fields = new TreeSet<>();
    Row given = Objects.requireNonNullElse(write, record);
    for (int i = 0; given != null && action != Action.DELETE && i < given.schema().size(); i++) {
      if (given.value(i) != Unchanged.UNCHANGED) {
        fields.add(given.schema().field(i).name());
      }
    }
    return fields;
  }
}
