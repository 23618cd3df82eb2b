package dev.unisono.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The main class of a contender's process: does what its first argument says, tells on its output
 * when it is ready and what it measured, and ends with its input.
 */
final class Contender {
  static final String READY = "ready";
  static final String RESULT = "result ";

  private Contender() {}

  public static void main(String[] arguments) throws Exception {
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> fail(failure));
    Thread.ofPlatform().name("end-with-input").daemon().start(Contender::endWithInput);
    List<String> all = Arrays.asList(arguments);
    Parameters parameters = new Parameters(all.subList(1, all.size()));
    InstantSource clock = InstantSource.system();
    switch (arguments[0]) {
      case "read-unisono" -> result(new UnisonoReader(parameters).read());
      case "read-undecoded" -> result(new UndecodedReader(parameters).read());
      case "read-debezium-default" ->
          result(DebeziumReader.read(parameters, DebeziumTuning.DEFAULT));
      case "read-debezium-tuned" -> result(DebeziumReader.read(parameters, DebeziumTuning.TUNED));
      case "apply-debezium" -> new DebeziumApplier(parameters).run();
      case "listen-debezium-default" ->
          result(
              new DebeziumListener(parameters, clock, Contender::ready)
                  .listen(DebeziumTuning.DEFAULT));
      case "listen-debezium-tuned" ->
          result(
              new DebeziumListener(parameters, clock, Contender::ready)
                  .listen(DebeziumTuning.TUNED));
      case CleanScenario.NAME -> result(CleanRun.run(parameters));
      case LimitScenario.NAME -> result(LimitRun.run(parameters));
      case "merge" -> result(new MergeEngine(parameters, clock).run());
      case "fan-out" -> result(new FanoutLoad(parameters).run());
      case "fan-out-idle" -> FanoutLoad.waitIdle(parameters, Contender::ready);
      case "ask" -> result(new RestLoad(parameters).run());
      case "serve-bare" ->
          BareServer.serve(Integer.parseInt(parameters.text("port")), Contender::ready);
      case "listen-sse" -> result(new SseListener(parameters, clock, Contender::ready).listen());
      default -> throw new IllegalArgumentException("no such contender: " + arguments[0]);
    }
  }

  /** Whichever thread has failed, nothing will be measured any more. */
  private static void fail(Throwable failure) {
    failure.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  private static void endWithInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said on it.
      }
    } catch (IOException gone) {
      // Gone is gone.
    }
    // What it holds is all temporary: connections, an offset file.
    Runtime.getRuntime().halt(0);
  }

  private static void ready() {
    System.out.println(READY);
  }

  private static void result(Map<String, ? extends Number> values) throws JsonProcessingException {
    System.out.println(RESULT + new ObjectMapper().writeValueAsString(values));
  }
}
