package dev.unisono.systemtests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What ARCHITECTURE.md says of the modules, asked of their compiled classes. */
final class LayeringTest {
  private static final String OURS = "dev.unisono.";

  /** The modules, the folder and the package of each, and what each may use. */
  enum Module {
    SPI("spi", "spi", ""),
    ENGINE("engine", "engine", "spi"),
    HUB("hub", "hub", ""),
    TESTKIT("testkit", "testkit", "spi"),
    POSTGRES("connectors/postgres", "postgres", "spi"),
    JDBC("connectors/jdbc", "jdbc", "spi"),
    MARIADB("connectors/mariadb", "mariadb", "spi jdbc"),
    EXAMPLE("connectors/example", "csv", "spi"),
    WEBHOOK("connectors/webhook", "webhook", "spi"),
    CLI("cli", "cli", "spi engine postgres jdbc mariadb csv webhook"),
    SERVER("server", "server", "spi engine postgres jdbc mariadb csv webhook hub"),
    DEMO("demo", "demo", "testkit");

    private final String folder;
    private final String part;
    private final String uses;

    Module(String folder, String part, String uses) {
      this.folder = folder;
      this.part = part;
      this.uses = uses;
    }

    boolean mayUse(String part) {
      return List.of(uses.split(" ", -1)).contains(part);
    }

    Path classes() {
      return Path.of(System.getProperty("unisono.home", "..")).resolve(folder, "target", "classes");
    }

    JavaClasses load() {
      assertTrue(Files.isDirectory(classes()), classes() + " is not there: build " + folder);
      return new ClassFileImporter().importPath(classes());
    }
  }

  private static JavaClasses all() {
    List<Path> folders = new ArrayList<>();
    for (Module module : Module.values()) {
      folders.add(module.classes());
    }
    return new ClassFileImporter().importPaths(folders);
  }

  private static String part(JavaClass type) {
    String name = type.getPackageName() + ".";
    return name.startsWith(OURS)
        ? name.substring(OURS.length(), name.indexOf('.', OURS.length()))
        : "";
  }

  @ParameterizedTest
  @EnumSource
  void aModuleUsesOnlyWhatItMay(Module module) {
    Set<String> wrong = new TreeSet<>();
    JavaClasses classes = module.load();
    assertTrue(classes.iterator().hasNext(), module + " has classes");
    for (JavaClass type : classes) {
      assertEquals(module.part, part(type), type.getName() + " is in another module's package");
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String used = part(dependency.getTargetClass().getBaseComponentType());
        if (!used.isEmpty() && !used.equals(module.part) && !module.mayUse(used)) {
          wrong.add(dependency.getDescription());
        }
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void modulesHaveNoCycles() {
    slices().matching(OURS + "(*)..").should().beFreeOfCycles().check(all());
  }

  /** Doors know what callers can do and how HTTP is answered, and not each other. */
  @Test
  void theServersRoomsHaveNoCycles() {
    slices().matching(OURS + "server.(*)..").should().beFreeOfCycles().check(all());
  }

  @Test
  void onlyTheServerKnowsItsFramework() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.unisono.server..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.quarkus..", "io.vertx..", "jakarta.enterprise..", "jakarta.inject..")
        .check(all());
  }

  /** Invariant 9. */
  @Test
  void theEngineKnowsNoProtocolAndNoFramework() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.unisono.engine..", "dev.unisono.spi..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty..", "org.postgresql..", "org.h2..", "java.net.http..", "info.picocli..")
        .check(all());
  }

  /** What reads a log for us is one connector's affair. */
  @Test
  void onlyMariaDbIsReadByDebezium() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.unisono.mariadb..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.debezium..", "org.apache.kafka..", "com.github.shyiko..")
        .check(all());
  }

  @Test
  void theSpiNeedsNothingButJava() {
    noClasses()
        .that()
        .resideInAPackage("dev.unisono.spi..")
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages("dev.unisono.spi..", "java..", "org.jspecify..")
        .check(all());
  }
}
