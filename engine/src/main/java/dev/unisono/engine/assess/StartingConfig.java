package dev.unisono.engine.assess;

import dev.unisono.spi.Problem;
import dev.unisono.spi.SurveyedTable.Column;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A config to start from: an entity and a sync for each table that can be synced, read from the
 * first system that has it and written to the others. What is found to be in the way of a part is
 * told to it, and that part is left out, with a line that says why. For one thread.
 */
public final class StartingConfig {
  private static final Pattern MEMBER =
      Pattern.compile("syncs\\.([^.\\[]+)\\.members\\[([0-9]+)](?:\\.fields\\.([^.]+))?.*");
  private static final Pattern PART = Pattern.compile("(?:syncs|entities)\\.([^.\\[]+).*");

  /** One member of a sync to be written. */
  private static final class Member {
    final String system;
    final String table;
    final boolean reads;
    final boolean makes;
    final boolean byQuery;
    final Map<String, @Nullable String> columns = new LinkedHashMap<>();

    Member(String system, String table, boolean reads, boolean makes, boolean byQuery) {
      this.system = system;
      this.table = table;
      this.reads = reads;
      this.makes = makes;
      this.byQuery = byQuery;
    }
  }

  /** One sync to be written, with its entity; the first member is read. */
  private static final class Planned {
    SuggestedEntity entity;
    final List<Member> members = new ArrayList<>();

    Planned(SuggestedEntity entity) {
      this.entity = entity;
    }
  }

  private final String given;
  private final Map<String, Planned> syncs = new LinkedHashMap<>();
  private final Set<String> leftOut = new TreeSet<>();
  private final Set<String> standing = new TreeSet<>();

  /**
   * @param given the sections that are taken over as they are
   */
  public StartingConfig(String given, List<AssessedSystem> systems) {
    this.given = given;
    Map<String, String> byTable = new LinkedHashMap<>();
    List<AssessedSystem> readFirst = new ArrayList<>(systems);
    readFirst.sort(Comparator.comparing(AssessedSystem::read).reversed());
    for (AssessedSystem system : readFirst) {
      system
          .unread()
          .forEach(unread -> leaveOut(system.name() + " " + unread.table(), unread.problem()));
      for (AssessedTable table : system.tables()) {
        plan(systems, system, table, byTable);
      }
    }
  }

  private void plan(
      List<AssessedSystem> systems,
      AssessedSystem system,
      AssessedTable table,
      Map<String, String> byTable) {
    String plain = EntityName.plain(table.name()).toLowerCase(Locale.ROOT);
    String before = byTable.get(plain);
    if (table.blocked()) {
      table.findings().stream()
          .filter(Finding::blocks)
          .forEach(finding -> leaveOut(system.name() + " " + table.name(), finding.problem()));
      return;
    }
    Planned known = before == null ? null : syncs.get(before);
    boolean there =
        known != null
            && known.members.stream().anyMatch(member -> member.system.equals(system.name()));
    if (!system.read() && (known == null || there)) {
      leftOut.add(
          system.name() + " " + table.name() + ": no system that is read has a table of this name");
    } else if (known == null || there) {
      Planned sync = new Planned(named(table.suggested()));
      sync.members.add(new Member(system.name(), table.name(), true, false, system.byQuery()));
      for (AssessedSystem other : systems) {
        if (!other.equals(system) && other.tableCount() == 0 && !other.blocked()) {
          String name = EntityName.plain(table.name());
          sync.members.add(new Member(other.name(), name, false, true, false));
        }
      }
      syncs.put(sync.entity.plural(), sync);
      byTable.putIfAbsent(plain, sync.entity.plural());
    } else if (table.notWritten() == null) {
      write(known, system, table);
    } else {
      leaveOut(system.name() + " " + table.name(), table.notWritten());
    }
  }

  /** Adds a table to a sync, as a target: its columns by whatever letters they are written in. */
  private void write(Planned sync, AssessedSystem system, AssessedTable table) {
    Member member = new Member(system.name(), table.name(), false, false, false);
    for (SuggestedField field : sync.entity.fields()) {
      @Nullable String column = column(table, field.name());
      if (column == null && sync.entity.key().contains(field.name())) {
        leftOut.add(
            system.name()
                + " "
                + table.name()
                + ": it has no column "
                + field.name()
                + ", which the key needs");
        return;
      }
      if (column == null || !column.equals(field.name())) {
        member.columns.put(field.name(), column);
      }
    }
    sync.members.add(member);
  }

  private static @Nullable String column(AssessedTable table, String field) {
    @Nullable String found = null;
    for (Column column : table.table().columns()) {
      if (column.name().equals(field)) {
        return field;
      }
      if (column.name().equalsIgnoreCase(field) && !column.generated()) {
        found = column.name();
      }
    }
    return found;
  }

  private SuggestedEntity named(SuggestedEntity entity) {
    String name = entity.name();
    String plural = entity.plural();
    for (int number = 2; taken(name, plural); number++) {
      name = entity.name() + "_" + number;
      plural = entity.plural() + "_" + number;
    }
    return entity.named(name, plural);
  }

  private boolean taken(String name, String plural) {
    // These have a meaning of their own in paths.
    return EntityName.RESERVED.contains(plural)
        || syncs.containsKey(plural)
        || syncs.values().stream().anyMatch(sync -> sync.entity.name().equals(name));
  }

  private void leaveOut(String what, Problem why) {
    leftOut.add(what + ": " + why.code() + ": " + why.message());
  }

  /** How many syncs there are. */
  public int size() {
    return syncs.size();
  }

  /** What was left out, each with the reason. */
  public List<String> leftOut() {
    return List.copyOf(leftOut);
  }

  /** What is in the way of all of it, and stays. */
  public List<String> standing() {
    return List.copyOf(standing);
  }

  /**
   * Takes out what problems are about.
   *
   * @param problems what {@code check} finds in the config as it is now
   * @return whether it is another one than before
   */
  public boolean leaveOut(List<Problem> problems) {
    boolean changed = false;
    standing.clear();
    Set<String> done = new HashSet<>();
    for (Problem problem : problems) {
      String path = problem.configPath() == null ? "" : problem.configPath();
      Matcher member = MEMBER.matcher(path);
      Matcher part = PART.matcher(path);
      if (member.matches()) {
        String name = member.group(1);
        changed |=
            done.add(name)
                && without(name, Integer.parseInt(member.group(2)), member.group(3), problem);
      } else if (part.matches()) {
        changed |= withoutSync(part.group(1), problem);
      } else {
        standing.add(
            problem.code() + (path.isEmpty() ? "" : " at " + path) + ": " + problem.message());
      }
    }
    return changed;
  }

  private boolean without(String name, int place, @Nullable String field, Problem problem) {
    Planned sync = syncs.get(name);
    if (sync == null || place >= sync.members.size()) {
      return false;
    }
    Member member = sync.members.get(place);
    boolean removable = field != null && !sync.entity.key().contains(field);
    if (removable && field != null && member.reads) {
      leaveOut(member.system + " " + member.table + "." + field, problem);
      sync.entity = sync.entity.without(Set.of(field));
      sync.members.forEach(each -> each.columns.remove(field));
      return true;
    }
    if (removable && field != null && !member.columns.containsKey(field)) {
      leaveOut(member.system + " " + member.table + "." + field, problem);
      member.columns.put(field, null);
      return true;
    }
    leaveOut(member.system + " " + member.table, problem);
    if (member.reads) {
      syncs.remove(name);
    } else {
      sync.members.remove(place);
    }
    return true;
  }

  private boolean withoutSync(String name, Problem problem) {
    for (Map.Entry<String, Planned> sync : List.copyOf(syncs.entrySet())) {
      if (sync.getKey().equals(name) || sync.getValue().entity.name().equals(name)) {
        leaveOut(name, problem);
        syncs.remove(sync.getKey());
        return true;
      }
    }
    return false;
  }

  /** The config. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append("# A config to start from, made by ./unisono assess of what the systems hold.\n");
    out.append(
        "# Read it, change it, and run ./unisono check and ./unisono plan with it before run.\n");
    standing.forEach(line -> comment(out, "in the way: " + line));
    leftOut.forEach(line -> comment(out, "left out: " + line));
    out.append('\n').append(given);
    out.append(syncs.isEmpty() ? "\nentities: {}\n" : "\nentities:\n");
    for (Planned sync : syncs.values()) {
      out.append("  ").append(Written.yaml(sync.entity.name())).append(":\n");
      out.append(EntityText.yaml(sync.entity, 4));
    }
    out.append(syncs.isEmpty() ? "\nsyncs: {}\n" : "\nsyncs:\n");
    syncs.forEach((name, sync) -> write(out, name, sync));
    return out.toString();
  }

  private static void comment(StringBuilder out, String line) {
    out.append("# ").append(EntityText.oneLine(line)).append('\n');
  }

  private static void write(StringBuilder out, String name, Planned sync) {
    out.append("  ").append(Written.yaml(name)).append(":\n");
    out.append("    entity: ").append(Written.yaml(sync.entity.name())).append('\n');
    if (sync.members.stream().anyMatch(member -> member.byQuery)) {
      out.append("    refresh: 15m # or name at the member a column that grows with each change:");
      out.append(" cursor: COLUMN\n");
    }
    out.append("    members:\n");
    for (Member member : sync.members) {
      out.append("      - { system: ").append(Written.yaml(member.system));
      out.append(", table: ").append(Written.yaml(member.table));
      out.append(", direction: ").append(member.reads ? "read" : "write");
      out.append(member.makes ? ", create-table: true" : "");
      if (!member.columns.isEmpty()) {
        List<String> columns = new ArrayList<>();
        member.columns.forEach((field, column) ->
            columns.add(
                Written.yaml(field) + ": " + (column == null ? "null" : Written.yaml(column))));
        out.append(", fields: { ").append(String.join(", ", columns)).append(" }");
      }
      out.append(" }\n");
    }
  }
}
