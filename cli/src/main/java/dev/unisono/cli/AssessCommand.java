package dev.unisono.cli;

import dev.unisono.engine.assess.AssessedSystem;
import dev.unisono.engine.assess.Assessment;
import dev.unisono.engine.assess.Finding;
import dev.unisono.engine.assess.GivenSections;
import dev.unisono.engine.assess.StartingConfig;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.expose.TablePatterns;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command {@code assess}: looks at all tables of all systems of a config, and writes down what
 * they are like, what is in the way of a sync, and a config to start from.
 */
@Command(
    name = "assess",
    mixinStandardHelpOptions = true,
    description = {
      "Looks at the tables of each system that a config names and writes a report and a config to"
          + " start from. The config may have no entities and syncs yet. Changes nothing in the"
          + " systems."
    })
final class AssessCommand implements Callable<Integer> {
  /** The systems are asked so often at most whether the config is well. */
  private static final int MOST_ROUNDS = 6;

  private static final String CONFIG = "unisono.yaml";

  @Parameters(paramLabel = "FILE", description = "the config; its systems are enough")
  private Path file = Path.of("unisono.yaml");

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description =
          "where report.html, report.md and unisono.yaml are written; by default assessment")
  private Path folder = Path.of("assessment");

  @Option(
      names = "--tables",
      paramLabel = "PATTERN",
      description = "look at these alone: * stands for any letters, ? for one")
  private String pattern = "*";

  @Option(names = "--force", description = "write over a unisono.yaml in the folder")
  private boolean force;

  @Mixin private SampleOptions sample = new SampleOptions();

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException {
    ConfigReader.Outcome outcome = read(file);
    Config draft = outcome.draft();
    Node root = outcome.root();
    Node systems = root == null ? null : child(root, "systems");
    if (draft == null || root == null || systems == null) {
      outcome.problems().forEach(this::tell);
      return 2;
    }
    Path config = folder.resolve(CONFIG);
    try {
      sample.check();
      refuseToOverwrite(config);
      Files.createDirectories(folder);
    } catch (UnisonoException refused) {
      System.err.println(refused.problem());
      return 2;
    } catch (IOException failed) {
      System.err.println(notWritten(failed).problem());
      return 2;
    }
    Assessment assessment =
        new Assessment(
            file.toString(),
            Instant.now(),
            sample.rows(),
            sample.percent(),
            look(outcome, draft, systems));
    String given = GivenSections.of(Files.readString(file), root, folderOf(file), folder);
    StartingConfig start = new StartingConfig(given, assessment.systems());
    settle(start);
    try {
      Files.writeString(config, start.text());
      Files.writeString(folder.resolve("report.md"), MarkdownReport.of(assessment, start));
      Files.writeString(folder.resolve("report.html"), HtmlReport.of(assessment, start));
    } catch (IOException failed) {
      System.err.println(notWritten(failed).problem());
      return 2;
    }
    print(assessment, start);
    return assessment.blockers() == 0 ? 0 : 1;
  }

  private static ConfigReader.Outcome read(Path file) {
    return new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
  }

  private static Path folderOf(Path file) {
    return Objects.requireNonNullElse(file.toAbsolutePath().getParent(), Path.of("/"));
  }

  private void refuseToOverwrite(Path config) {
    if (Files.exists(config) && !force) {
      throw new UnisonoException(
          new Problem(
              "assessment-not-empty",
              ProblemType.USER,
              config + " is there already.",
              null,
              "Name another folder by --out, or add --force to write over it."));
    }
  }

  private UnisonoException notWritten(IOException failed) {
    return new UnisonoException(
        new Problem(
            "assessment-failed",
            ProblemType.RESOURCES,
            "The report could not be written to " + folder + ": " + failed + ".",
            null,
            "Is there room, and may this user write there?"),
        failed);
  }

  private static @Nullable Node child(Node node, String name) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
          return tuple.getValueNode();
        }
      }
    }
    return null;
  }

  private List<AssessedSystem> look(ConfigReader.Outcome outcome, Config draft, Node systems) {
    Progress progress = Progress.onScreen();
    Map<String, SystemLook> looks = new HashMap<>();
    List<AssessedSystem> assessed = new ArrayList<>();
    try {
      for (SystemConfig system : draft.systems().values()) {
        SystemLook look = new SystemLook(system, read(draft, system.name()), sample, progress);
        looks.put(system.name(), look);
        look.reach(TablePatterns.any(List.of(pattern)));
      }
      if (systems instanceof MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
          if (tuple.getKeyNode() instanceof ScalarNode key) {
            SystemLook look = looks.get(key.getValue());
            assessed.add(look == null ? unread(key.getValue(), outcome) : assess(look));
          }
        }
      }
      return assessed;
    } finally {
      looks.values().forEach(SystemLook::close);
      progress.end();
    }
  }

  private static AssessedSystem assess(SystemLook look) {
    look.look();
    return look.assessed();
  }

  /** Whether a system is to be fit to be read: not, where the config only writes to it. */
  private static boolean read(Config draft, String system) {
    boolean named = false;
    for (SyncConfig sync : draft.syncs()) {
      for (Config.MemberConfig member : sync.members()) {
        if (member.system().equals(system)) {
          if (member.reads()) {
            return true;
          }
          named = true;
        }
      }
    }
    return !named;
  }

  /** A system that the config says wrong. */
  private static AssessedSystem unread(String name, ConfigReader.Outcome outcome) {
    List<Finding> findings = new ArrayList<>();
    for (ConfigProblem located : outcome.problems()) {
      String path = located.problem().configPath();
      if (path != null && (path + ".").startsWith("systems." + name + ".")) {
        findings.add(Finding.blocker(located.problem()));
      }
    }
    return new AssessedSystem(name, "", false, true, null, 0, 0, List.of(), List.of(), findings);
  }

  /** Has what {@code check} finds left out, until it finds no more that can be. */
  private void settle(StartingConfig start) {
    boolean changed = true;
    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
      ConfigReader.Outcome outcome =
          new ConfigReader(ServiceLoader.load(Connector.class), System::getenv)
              .read(start.text(), folder.toAbsolutePath());
      List<Problem> problems =
          new ArrayList<>(outcome.problems().stream().map(ConfigProblem::problem).toList());
      Config draft = outcome.draft();
      if (draft != null) {
        try (Systems systems = new Systems(draft)) {
          for (String system : draft.systems().keySet()) {
            problems.addAll(systems.system(system).check());
          }
        }
      }
      changed = start.leaveOut(problems);
    }
  }

  private void tell(ConfigProblem located) {
    System.err.println(
        file + (located.line() > 0 ? ":" + located.line() : "") + ": " + located.problem());
  }

  private void print(Assessment assessment, StartingConfig start) {
    for (AssessedSystem system : assessment.systems()) {
      out.println(
          system.grade()
              + "  "
              + system.name()
              + ": "
              + Words.of(system.tables().size(), "table")
              + (system.blockers() == 0 ? "" : ", " + Words.of(system.blockers(), "blocker")));
    }
    out.println(folder.resolve("report.html"));
    out.println(folder.resolve("report.md"));
    out.println(
        folder.resolve(CONFIG)
            + ": "
            + Words.of(start.size(), "sync")
            + (start.leftOut().isEmpty() ? "" : ", " + start.leftOut().size() + " left out"));
  }
}
