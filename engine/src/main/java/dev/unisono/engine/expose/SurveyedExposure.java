package dev.unisono.engine.expose;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Asks the systems themselves. What they say may be kept in the state's folder, so that a server
 * starts, and serves what it holds, while a system is away. Safe for threads.
 */
public final class SurveyedExposure implements Exposure {
  private static final System.Logger LOG = System.getLogger(SurveyedExposure.class.getName());

  private static final int MOST_TABLES = 1_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final boolean keeps;

  /**
   * @param keeps whether what a system says is written to the state's folder
   */
  public SurveyedExposure(boolean keeps) {
    this.keeps = keeps;
  }

  @Override
  public List<SurveyedTable> tables(Exposed system, Predicate<String> wanted, Path state) {
    Path kept = state.resolve("exposed").resolve(fileName(system.name()));
    List<SurveyedTable> tables;
    try {
      tables = survey(system, wanted);
    } catch (UnisonoException failed) {
      if (failed.problem().code().equals("too-many-tables") || !Files.exists(kept)) {
        throw failed;
      }
      LOG.log(
          Level.WARNING,
          "{0} cannot be asked for its tables; they are taken to be as they were when it was asked"
              + " last: {1}",
          system.name(),
          failed.problem());
      return read(kept).stream().filter(table -> wanted.test(table.name())).toList();
    }
    if (keeps) {
      write(kept, tables);
    }
    return tables;
  }

  /** A system's name may have letters that no file's name may have. */
  private static String fileName(String system) {
    boolean plain = system.matches("[A-Za-z0-9_-]{1,100}");
    return (plain
            ? system
            : "x" + HexFormat.of().formatHex(system.getBytes(StandardCharsets.UTF_8)))
        + ".json";
  }

  private static List<SurveyedTable> survey(Exposed system, Predicate<String> wanted) {
    SystemContext context =
        new SystemContext(system.name(), system.settings(), List.of(), List.of(), Map.of());
    try (ConnectedSystem connected = system.connector().connect(context);
        Survey survey = connected.survey()) {
      List<String> names = survey.tables().stream().filter(wanted).toList();
      if (names.size() > MOST_TABLES) {
        throw new UnisonoException(
            new Problem(
                "too-many-tables",
                ProblemType.USER,
                system.name()
                    + " has "
                    + names.size()
                    + " tables; "
                    + MOST_TABLES
                    + " at most are exposed.",
                null,
                "Name those that are wanted under expose.tables."));
      }
      List<SurveyedTable> tables = new ArrayList<>(names.size());
      for (String name : names) {
        tables.add(survey.table(name));
      }
      return tables;
    }
  }

  private static List<SurveyedTable> read(Path file) {
    try {
      return JSON.readValue(Files.readAllBytes(file), new TypeReference<List<SurveyedTable>>() {});
    } catch (IOException broken) {
      throw notKept(file, broken);
    }
  }

  private static void write(Path file, List<SurveyedTable> tables) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(tables);
      Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
      Path written = Files.createTempFile(folder, ".tables-", ".json");
      try {
        Files.write(written, bytes);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException failed) {
      throw notKept(file, failed);
    }
  }

  private static UnisonoException notKept(Path file, IOException failed) {
    return new UnisonoException(
        new Problem(
            "state-unusable",
            ProblemType.RESOURCES,
            "How the tables of a system are defined cannot be kept in "
                + file
                + ": "
                + failed.getMessage()
                + ".",
            "state.folder",
            "Name a folder that this user may write to; a file that is broken may be removed while the"
                + " system is there."),
        failed);
  }
}
