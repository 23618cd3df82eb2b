package dev.unisono.demo;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code demo}: starts everything, says where to look, and stops it all at the end. */
@Command(
    name = "unisono demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts three real databases and Unisono between them: crm (PostgreSQL), billing (MariaDB)",
      "and shop (SQLite). A customer that changes in any of them is changed in the others, on the",
      "API and on the page within milliseconds. Orders go one way, from crm to billing.",
      "Ctrl-C stops everything; the same --data goes on where it was."
    })
final class Demo implements Callable<Integer> {
  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "where the page and the API listen, on 127.0.0.1 (${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "folder for the databases and the server's state (data/demo of the project)")
  private @Nullable Path data;

  @Option(
      names = "--no-traffic",
      description = "leave the databases alone instead of changing them a little")
  private boolean noTraffic;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Demo()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("unisono.home", ".")).toAbsolutePath().normalize();
    Path chosen = data;
    Path folder =
        (chosen == null ? home.resolve("data").resolve("demo") : chosen)
            .toAbsolutePath()
            .normalize();
    Files.createDirectories(folder);
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve("demo.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel)) {
      if (lock == null) {
        System.err.println(
            "demo-running: another demo uses " + folder + ". Stop it, or choose another --data.");
        return 1;
      }
      return run(home, folder);
    }
  }

  private int run(Path home, Path folder) throws InterruptedException {
    Consumer<String> out = System.out::println;
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (DemoParts parts = new DemoParts(home, folder, port, !noTraffic, out)) {
      Runtime.getRuntime().addShutdownHook(stopHook(parts, stopping, stopped));
      parts.start();
      parts.awaitEnd(stopping);
      return 0;
    } catch (DemoFailure failure) {
      if (stopping.getCount() == 0) {
        return 0;
      }
      System.err.println(failure.getMessage());
      return 1;
    } finally {
      stopped.countDown();
    }
  }

  /** On Ctrl-C the virtual machine ends when its hooks have: this one waits for the parts. */
  private static Thread stopHook(DemoParts parts, CountDownLatch stopping, CountDownLatch stopped) {
    return Thread.ofPlatform()
        .name("demo-stop")
        .unstarted(() -> {
          parts.interrupt();
          stopping.countDown();
          try {
            stopped.await();
          } catch (InterruptedException gone) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByThisProcess) {
      return null;
    }
  }
}
