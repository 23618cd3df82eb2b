package dev.unisono.postgres;

import dev.unisono.postgres.TableShape.Column;
import dev.unisono.postgres.TableShape.Standing;
import dev.unisono.spi.Binding;
import dev.unisono.spi.LearnedColumn;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a change of a table's columns comes to for one binding, by its policy: what is held from
 * then on, what the entity learns, whether the rows must be read again, what is to be said of it.
 * What a policy cannot mend stops the source, before any row that would be read wrongly. For one
 * thread.
 */
final class SchemaVerdict {
  private final Binding binding;
  private final String plainName;
  private final TableShape held;
  private final TableShape catalog;
  private final SchemaChange policy;

  private final List<Column> columns = new ArrayList<>();
  private final List<LearnedColumn> learned = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();
  private final List<String> retyped = new ArrayList<>();
  private boolean readAgain;

  private SchemaVerdict(Binding binding, String plainName, TableShape held, TableShape catalog) {
    this.binding = binding;
    this.plainName = plainName;
    this.held = held;
    this.catalog = catalog;
    this.policy = binding.policy().schemaChange();
  }

  /**
   * Judges what is seen of a table, by the log or by the catalog.
   *
   * @param seen its columns, in order, each with its number; 0 where that cannot be told
   * @param catalog what the catalog says, which may be further than what is seen
   * @throws UnisonoException schema-changed, column-dropped, column-type-changed: the source stops
   */
  static SchemaVerdict of(
      Binding binding, String plainName, TableShape held, List<Column> seen, TableShape catalog) {
    SchemaVerdict verdict = new SchemaVerdict(binding, plainName, held, catalog);
    for (Column column : seen) {
      verdict.judge(column);
    }
    for (Column column : held.columns()) {
      if (column.standing() == Standing.GONE
          || seen.stream().noneMatch(other -> other.number() == column.number())) {
        verdict.judgeUnseen(column);
      }
    }
    verdict.checkConfigured(seen);
    return verdict;
  }

  /** A column that the config names and nothing shows would be missed without a word. */
  private void checkConfigured(List<Column> seen) {
    for (int i = 0; i < binding.schema().size(); i++) {
      String field = binding.schema().field(i).name();
      String name = binding.column(i);
      boolean there =
          name == null
              || catalog.column(name) != null
              || seen.stream().anyMatch(column -> column.name().equals(name))
              || columns.stream().anyMatch(column -> field.equals(column.field()));
      if (!there) {
        throw stop(
            "column-missing",
            "The log does not show the column " + name + " of the field " + field + ".",
            "Name the column that holds the field under "
                + binding.configPath()
                + ".fields, or null where there is none.");
      }
    }
  }

  /** What is held from now on. */
  TableShape shape() {
    List<Column> inOrder = new ArrayList<>(columns);
    inOrder.sort(Comparator.comparingInt(Column::number));
    int allotted = columns.stream().mapToInt(Column::number).max().orElse(0);
    // The catalog's file may be that of a change which the log has still to tell, and which is then
    // judged by it. Where everything is read again, all that was rewritten so far is read, too.
    return new TableShape(
        held.relation(),
        readAgain ? catalog.file() : held.file(),
        Math.max(held.allotted(), allotted),
        List.copyOf(inOrder));
  }

  List<LearnedColumn> learned() {
    return learned;
  }

  /** True where rows have values by now that no change of the log will show. */
  boolean readAgain() {
    return readAgain;
  }

  /** What happened, a sentence each, for the log. */
  List<String> remarks() {
    return remarks;
  }

  /** What will come of the change once a source meets it, a sentence each. */
  List<String> forecast() {
    List<String> forecast = new ArrayList<>();
    for (LearnedColumn column : learned) {
      String previous = column.previous();
      if (previous == null) {
        forecast.add(
            "The field "
                + column.field()
                + " will be added from the column "
                + column.column()
                + ".");
      } else if (!previous.equals(column.column())) {
        forecast.add(
            "The field "
                + column.field()
                + " will follow its column from "
                + previous
                + " to "
                + column.column()
                + ".");
      }
    }
    forecast.addAll(retyped);
    forecast.addAll(differences(binding, shape()));
    if (readAgain) {
      forecast.add("Its rows will be read again.");
    }
    return forecast;
  }

  /** What of a table is not synced since its columns changed. */
  static List<String> differences(Binding binding, TableShape held) {
    List<String> differences = new ArrayList<>();
    for (Column column : held.columns()) {
      switch (column.standing()) {
        case KNOWN -> {
          // Nothing to say.
        }
        case ADDED ->
            differences.add(
                "The column "
                    + column.name()
                    + " ("
                    + column.typeText()
                    + ") was added and is not synced.");
        case GONE -> {
          if (column.name().equals(column(binding, column.field()))) {
            differences.add(
                "The column "
                    + column.name()
                    + " of the field "
                    + column.field()
                    + " is gone; the field is left out.");
          }
        }
      }
    }
    return differences;
  }

  private static @Nullable String column(Binding binding, @Nullable String field) {
    Integer position = field == null ? null : binding.schema().find(field);
    return position == null ? null : binding.column(position);
  }

  /** The field that the binding fills from a column of this name; null where there is none. */
  static @Nullable String field(Binding binding, String column) {
    int position = binding.columns().indexOf(column);
    return position < 0 ? null : binding.schema().field(position).name();
  }

  private void judge(Column seen) {
    Column before = held.column(seen.number());
    Column now = catalog.column(seen.number());
    if (before == null) {
      added(seen);
      return;
    }
    boolean older = now != null && before.same(now) && !before.same(seen);
    Column column = older ? before : seen;
    String field = before.field();
    String configured = column(binding, field);
    if (field == null || configured == null || !fills(configured, before, column)) {
      // It feeds no field, or the config has another column for that field since.
      keep(column, before, field(binding, column.name()));
      return;
    }
    if (older && !before.sameType(seen)) {
      // Changed and changed back: the rows were rewritten twice.
      readAgain |= held.file() != catalog.file();
    }
    if (!before.sameType(column)) {
      retyped(before, column, field);
    }
    if (!configured.equals(column.name())) {
      field = renamed(before, column, field);
    }
    columns.add(column.with(field, field == null ? Standing.ADDED : Standing.KNOWN));
  }

  private static boolean fills(String configured, Column before, Column now) {
    return configured.equals(now.name()) || configured.equals(before.name());
  }

  /** A column that was there before and feeds no field, or by the config of now another one. */
  private void keep(Column column, Column before, @Nullable String field) {
    if (field != null && isFed(field)) {
      // The name belongs to another column of the table, which was renamed from it.
      columns.add(column.with(null, Standing.KNOWN));
      return;
    }
    if (field != null) {
      checkType(column, field, "is");
      // The config names it now and did not before: rows that do not change have values in it.
      readAgain = true;
      columns.add(column.with(field, Standing.KNOWN));
    } else {
      columns.add(column.with(null, before.standing()));
    }
  }

  /** True where the config means another column by this name, which is still there. */
  private boolean isFed(String field) {
    return held.columns().stream()
        .anyMatch(column ->
            field.equals(column.field())
                && column.standing() != Standing.GONE
                && column.name().equals(column(binding, field))
                && catalog.column(column.number()) != null);
  }

  private void added(Column seen) {
    String field = field(binding, seen.name());
    if (field != null && !isFed(field)) {
      checkType(seen, field, "has");
      Column former = held.column(seen.name());
      if (former != null && field.equals(former.field())) {
        made(seen, field);
      }
      sync(seen, field, former != null);
      return;
    }
    switch (policy) {
      case STOP ->
          throw stop(
              "The column " + seen.name() + " (" + seen.typeText() + ") was added.",
              "To sync it, write `"
                  + seen.name()
                  + ": "
                  + schema(seen)
                  + "` under entities."
                  + binding.schema().name()
                  + ".schema.properties, and run ALTER TABLE … ADD COLUMN "
                  + Database.quote(seen.name())
                  + " "
                  + seen.typeText()
                  + "; in each target (or write `"
                  + seen.name()
                  + ": null` under fields of its member). To leave it out, start once with"
                  + " schema-change: ignore.");
      case IGNORE -> leaveOut(seen, "it is not synced");
      case EVOLVE -> learn(seen);
    }
  }

  private void learn(Column seen) {
    String schema = seen.fieldSchema();
    String field = binding.policy().fieldNames().apply(seen.name());
    if (schema == null) {
      leaveOut(seen, "its type cannot be synced yet");
    } else if (seen.generated()) {
      leaveOut(seen, "the server computes it, and its log leaves it out");
    } else if (binding.schema().find(field) != null) {
      leaveOut(seen, "the entity has another field of that name");
    } else {
      remarks.add("the column " + seen.name() + " was added; the entity has it from now on");
      learned.add(new LearnedColumn(binding.sync(), field, null, seen.name(), schema));
      sync(seen, field, false);
    }
  }

  /** A column whose number is in doubt is judged again when that is known. */
  private void sync(Column seen, String field, boolean hasValues) {
    if (seen.number() > 0) {
      readAgain |= hasValues || filled(seen);
      columns.add(seen.with(field, Standing.KNOWN));
    }
  }

  private void leaveOut(Column seen, String why) {
    remarks.add("the column " + seen.name() + " was added; " + why);
    if (seen.number() > 0) {
      columns.add(seen.with(null, Standing.ADDED));
    }
  }

  /** True where rows that were there before the column may have a value in it. */
  private boolean filled(Column seen) {
    Column now = catalog.column(seen.number());
    return held.file() != catalog.file() || now == null || now.filled();
  }

  /** A column of the same name was dropped before: what its field held is no more. */
  private void made(Column seen, String field) {
    String what = "The column " + seen.name() + " was dropped and added again.";
    if (isKey(field)) {
      throw stop(
          what, "It is a part of the key, so that rows are no longer those they were. " + afresh());
    }
    if (policy == SchemaChange.STOP) {
      throw stop(what, "Start once with schema-change: ignore: the table is read again.");
    }
    remarks.add("the column " + seen.name() + " was dropped and added again");
  }

  private void retyped(Column before, Column now, String field) {
    checkType(now, field, "has changed from " + before.typeText() + " to");
    String what =
        "the type of the column "
            + now.name()
            + " has changed from "
            + before.typeText()
            + " to "
            + now.typeText();
    if (policy == SchemaChange.STOP) {
      throw stop(
          "T" + what.substring(1) + ".",
          "See that each target's column can hold what this one can (ALTER TABLE … ALTER COLUMN …"
              + " TYPE …;), and start once with schema-change: ignore.");
    }
    remarks.add(what);
    retyped.add("T" + what.substring(1) + ", which the field can hold.");
    // The rows were rewritten: a USING clause may have made other values of theirs.
    readAgain |= held.file() != catalog.file();
    if (policy == SchemaChange.EVOLVE) {
      learned.add(new LearnedColumn(binding.sync(), field, before.name(), now.name(), null));
    }
  }

  /** The field that the column feeds from now on; null where it feeds none. */
  private @Nullable String renamed(Column before, Column now, String field) {
    String what = "The column " + before.name() + " was renamed to " + now.name() + ".";
    String remedy =
        "Write `" + field + ": " + now.name() + "` under " + binding.configPath() + ".fields.";
    return switch (policy) {
      case EVOLVE -> {
        remarks.add("the column " + before.name() + " was renamed to " + now.name());
        learned.removeIf(other -> other.field().equals(field));
        learned.add(new LearnedColumn(binding.sync(), field, before.name(), now.name(), null));
        yield field;
      }
      case STOP -> throw stop(what, remedy);
      case IGNORE -> {
        if (isNeeded(field)) {
          throw stop("column-dropped", what, remedy + " Or choose schema-change: evolve.");
        }
        remarks.add(
            "the column "
                + before.name()
                + " was renamed to "
                + now.name()
                + "; its field "
                + field
                + " is left out from now on");
        columns.add(before.with(field, Standing.GONE));
        yield null;
      }
    };
  }

  /** A column that is held, and that the log or the catalog does not show. */
  private void judgeUnseen(Column column) {
    String field = column.field();
    boolean wanted = field != null && column.name().equals(column(binding, field));
    if (column.standing() == Standing.GONE) {
      boolean back = columns.stream().anyMatch(other -> column.name().equals(other.name()));
      if (wanted && !back) {
        columns.add(column);
      }
      return;
    }
    if (catalog.column(column.number()) != null) {
      columns.add(column);
      return;
    }
    boolean again = columns.stream().anyMatch(other -> column.name().equals(other.name()));
    if (field == null || !wanted || again) {
      return;
    }
    String what = "The column " + column.name() + " was dropped.";
    String remedy =
        "Write `"
            + field
            + ": null` under "
            + binding.configPath()
            + ".fields, or take the field out of entities."
            + binding.schema().name()
            + ", or name the column that holds it now.";
    if (isKey(field)) {
      throw stop("column-dropped", what, "It is a part of the key. " + afresh());
    }
    if (isNeeded(field)) {
      throw stop(
          "column-dropped",
          what,
          "Take the field "
              + field
              + " out of entities."
              + binding.schema().name()
              + ", or out of its `required`, or name the column that holds it now.");
    }
    if (policy == SchemaChange.STOP) {
      throw stop(what, remedy);
    }
    remarks.add(
        "the column " + column.name() + " was dropped; its field " + field + " is left out");
    columns.add(column.with(field, Standing.GONE));
  }

  private boolean isKey(String field) {
    return binding.schema().isKey(binding.schema().position(field));
  }

  private boolean isNeeded(String field) {
    int position = binding.schema().position(field);
    return binding.schema().isKey(position) || binding.schema().field(position).required();
  }

  private void checkType(Column column, String field, String how) {
    if (!column.fits(binding.schema().field(binding.schema().position(field)))) {
      throw stop(
          "column-type-changed",
          "The type of the column "
              + column.name()
              + " "
              + how
              + " "
              + column.typeText()
              + ", which cannot be the field "
              + field
              + ".",
          "Write "
              + schema(column)
              + " in the entity's schema, and give each target's column a type that can hold it; or"
              + " change the column back.");
    }
  }

  private static String schema(Column column) {
    String schema = column.fieldSchema();
    return schema == null ? "{ type: string }" : schema;
  }

  private String afresh() {
    return "Change the config so that it says what the table is now, and give the server a fresh"
        + " state folder, so that everything is read again.";
  }

  private UnisonoException stop(String what, String remedy) {
    return stop("schema-changed", what, remedy);
  }

  private UnisonoException stop(String code, String what, String remedy) {
    return problem(
        code,
        plainName + ": " + what,
        binding,
        remedy + " Then restart; reading goes on before the change.");
  }

  private static UnisonoException problem(
      String code, String message, Binding binding, String remedy) {
    return new UnisonoException(
        new Problem(code, ProblemType.USER, message, binding.configPath(), remedy));
  }
}
