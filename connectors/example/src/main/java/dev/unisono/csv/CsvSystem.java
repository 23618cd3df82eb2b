package dev.unisono.csv;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Field;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.Source;
import dev.unisono.spi.Survey;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** One configured folder and the parts it plays. Safe for threads. */
final class CsvSystem implements ConnectedSystem {
  private final SystemContext context;
  private final CsvFolder folder;

  CsvSystem(SystemContext context, CsvFolder folder) {
    this.context = context;
    this.folder = folder;
  }

  @Override
  public List<Problem> check() {
    if (!Files.isDirectory(folder.folder())) {
      return List.of(folder.noFolder());
    }
    List<Problem> problems = new ArrayList<>();
    for (Binding binding : context.reads()) {
      checkWhatCannotBe(binding, problems);
      checkFile(binding, false, problems);
    }
    for (Binding binding : context.writes()) {
      if (reads(binding)) {
        add(
            problems,
            "A file says of no change whose it was, so it cannot be read and written by one sync.",
            binding.configPath() + ".direction",
            "Give the member the direction read or write.");
        continue;
      }
      checkWhatCannotBe(binding, problems);
      checkFile(binding, binding.policy().createTable(), problems);
    }
    return problems;
  }

  private boolean reads(Binding written) {
    return context.reads().stream().anyMatch(read -> read.sync().equals(written.sync()));
  }

  private static void checkWhatCannotBe(Binding binding, List<Problem> problems) {
    if (binding.where() != null) {
      add(
          problems,
          "A file cannot be asked for some of its rows.",
          binding.configPath() + ".where",
          "Leave where out.");
    }
    if (binding.deletes() == Deletes.SOFT) {
      add(
          problems,
          "Rows of a file cannot be marked as deleted.",
          binding.configPath() + ".deletes",
          "Write hard or ignore.");
    }
    if (binding.policy().schemaChange() == SchemaChange.EVOLVE) {
      add(
          problems,
          "A sync that is read from a file cannot follow new columns by itself.",
          "syncs." + binding.sync() + ".schema-change",
          "Write ignore.");
    }
    for (int i = 0; i < binding.schema().size(); i++) {
      Field field = binding.schema().field(i);
      if (field.type() == ValueType.ARRAY && binding.column(i) != null) {
        add(
            problems,
            "A cell of a file cannot hold the array " + field.name() + ".",
            binding.configPath() + ".fields." + field.name(),
            "Write null for the field's column in this member.");
      }
    }
  }

  private static void add(List<Problem> problems, String message, String path, String remedy) {
    problems.add(new Problem("not-available", ProblemType.USER, message, path, remedy));
  }

  /** The whole file is read, so that a line that cannot be is known before anything is. */
  private void checkFile(Binding binding, boolean mayBeMissing, List<Problem> problems) {
    try {
      if (!mayBeMissing || folder.stamp(binding).isPresent()) {
        CsvContent.parse(binding, folder.read(binding));
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    }
  }

  /** Nothing has to be made for a file to be read, so there is nothing to take back. */
  @Override
  public List<String> withdrawal() {
    return List.of();
  }

  @Override
  public Source source() {
    return new CsvSource(
        folder,
        context.reads(),
        context.settings().duration("poll"),
        (int) context.settings().number("read-batch"));
  }

  @Override
  public Target target() {
    return new CsvTarget(
        folder,
        context.writes().stream().filter(binding -> !reads(binding)).toList(),
        context.parameters().getOrDefault("installation", ""));
  }

  @Override
  public Survey survey() {
    if (!Files.isDirectory(folder.folder())) {
      throw new UnisonoException(folder.noFolder());
    }
    return new CsvSurvey(folder);
  }

  @Override
  public RowReader rows(Binding binding) {
    return new CsvRows(binding, CsvContent.parse(binding, folder.read(binding)).rows());
  }

  @Override
  public boolean takesWrites() {
    return false;
  }

  @Override
  public Owner owner() {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "A file cannot be written through to: it has no transactions.",
            "systems." + folder.system(),
            "Change the file itself; the change is read from there."));
  }

  @Override
  public void close() {
    // Sources and targets hold what is open, and are closed by whoever asked for them.
  }
}
