package dev.unisono.server;

import dev.unisono.engine.EngineHost;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.engine.expose.SurveyedExposure;
import dev.unisono.server.admin.RunningConfig;
import dev.unisono.server.tls.Tls;
import dev.unisono.spi.Connector;
import dev.unisono.spi.UnisonoException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The command {@code run FILE}: reads the config, opens the state, starts the server. Exits with 1
 * where the config or the state does not allow it, with 2 where there is no usable file.
 */
@QuarkusMain
public final class Main {
  /** What is handed over to the container, which makes its beans itself. */
  record Prepared(RunningConfig config, EngineHost engine) {}

  private static final AtomicReference<@Nullable Prepared> PREPARED = new AtomicReference<>();

  private Main() {}

  public static void main(String[] arguments) {
    String file = arguments.length > 0 ? arguments[0] : System.getProperty("unisono.config");
    if (file == null) {
      System.err.println("usage: unisono run FILE");
      System.exit(2);
      return;
    }
    List<Connector> connectors =
        ServiceLoader.load(Connector.class).stream().map(ServiceLoader.Provider::get).toList();
    Exposure exposure = new SurveyedExposure(true);
    Supplier<ConfigReader> reader = () -> new ConfigReader(connectors, System::getenv, exposure);
    ConfigReader.Outcome outcome = reader.get().read(Path.of(file));
    Config config = usable(Path.of(file), outcome);
    try {
      EngineHost engine = new EngineHost(config, Clock.systemUTC());
      PREPARED.set(new Prepared(new RunningConfig(Path.of(file), reader, outcome, engine), engine));
      Tls.set(config, Clock.systemUTC());
    } catch (UnisonoException failed) {
      System.err.println(failed.problem());
      System.exit(1);
    }
    Quarkus.run(null, (exit, failure) -> ended(config, exit, failure), arguments);
  }

  private static Config usable(Path file, ConfigReader.Outcome outcome) {
    outcome.notices().forEach(notice -> tell(file, notice));
    Config config = outcome.config();
    if (config != null) {
      return config;
    }
    outcome.problems().forEach(problem -> tell(file, problem));
    boolean noFile =
        outcome.problems().stream()
            .allMatch(problem -> problem.problem().code().equals("file-unreadable"));
    System.exit(noFile ? 2 : 1);
    throw new IllegalStateException("unreachable");
  }

  private static void tell(Path file, ConfigProblem problem) {
    System.err.println(
        file + (problem.line() > 0 ? ":" + problem.line() : "") + ": " + problem.problem());
  }

  private static void ended(Config config, int exit, @Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        System.err.println(
            "port-in-use: Another process listens on "
                + config.server().host()
                + ":"
                + config.server().port()
                + ". [server.port] Stop it, or choose another port.");
        break;
      }
    }
    System.exit(failure == null ? exit : 1);
  }

  static Prepared prepared() {
    Prepared prepared = PREPARED.get();
    if (prepared == null) {
      throw new IllegalStateException("the server is started by its main class");
    }
    return prepared;
  }
}
