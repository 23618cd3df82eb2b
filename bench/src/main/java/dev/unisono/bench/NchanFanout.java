package dev.unisono.bench;

import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The peer of the fan-out: nginx with the module nchan, two workers. It keeps its messages in
 * memory and reads no database: events are posted to it. For one thread.
 */
final class NchanFanout implements FanoutServer {
  private static final Path MODULE = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");
  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");

  private final Process process;
  private final int port;

  private NchanFanout(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Whether it is installed, as Debian's package {@code libnginx-mod-nchan} does. */
  static boolean available() {
    return Files.exists(MODULE) && Files.exists(PROGRAM);
  }

  static NchanFanout start(Path folder) {
    int port = ServerProcess.freePort();
    Path config = folder.resolve("nginx.conf");
    try {
      Files.createDirectories(folder);
      Files.writeString(config, config(folder, port));
      return new NchanFanout(
          new ProcessBuilder(PROGRAM.toString(), "-p", folder.toString(), "-c", config.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("nginx.log").toFile())
              .start(),
          port);
    } catch (IOException failed) {
      throw new UncheckedIOException("nginx cannot be started", failed);
    }
  }

  private static String config(Path folder, int port) {
    StringBuilder temporary = new StringBuilder();
    for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      temporary.append("  %s_temp_path %s/%s;%n".formatted(kind, folder, kind));
    }
    return """
    load_module %s;
    %s
    daemon off;
    worker_processes 2;
    worker_rlimit_nofile 20000;
    pid %s/nginx.pid;
    error_log %s/error.log warn;
    events { worker_connections 16000; }
    http {
      access_log off;
      keepalive_requests 100000000;
      nchan_shared_memory_size 512M;
    %s
      server {
        listen 127.0.0.1:%d backlog=4096;
        location = /publish {
          nchan_publisher;
          nchan_channel_id events;
          nchan_message_buffer_length 20000;
          nchan_message_timeout 10m;
        }
        location = /sse {
          nchan_subscriber eventsource;
          nchan_channel_id events;
          nchan_subscriber_first_message newest;
        }
        location = /ws {
          nchan_subscriber websocket;
          nchan_channel_id events;
          nchan_subscriber_first_message newest;
        }
      }
    }
    """
        .formatted(
            MODULE,
            System.getProperty("user.name").equals("root") ? "user root;" : "",
            folder,
            folder,
            temporary,
            port);
  }

  @Override
  public void awaitReady(Duration atMost) throws InterruptedException {
    Deadline deadline = Deadline.in(atMost);
    while (true) {
      try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
        // Both workers are there soon after the first.
        if (probe.isConnected() && processIds().size() > 2) {
          return;
        }
      } catch (IOException notYet) {
        // Asked again.
      }
      if (!process.isAlive() || deadline.remainingNanos() < 0) {
        throw new BenchFailure("nginx does not answer");
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @Override
  public Map<String, String> parameters(String transport) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("server-port", Integer.toString(port));
    parameters.put("publish", "/publish");
    parameters.put("path", "/" + transport);
    parameters.put("greeting", transport.equals(FanoutScenario.SOCKET) ? "\r\n\r\n" : ": hi\n\n");
    return parameters;
  }

  @Override
  public List<Long> processIds() {
    List<Long> all = new ArrayList<>(List.of(process.pid()));
    process.children().forEach(child -> all.add(child.pid()));
    return all;
  }

  @Override
  public long memoryBytes() {
    return residentBytes(processIds());
  }

  /** What processes have resident; what several share counts once. */
  static long residentBytes(List<Long> processIds) {
    long sum = 0;
    for (long process : processIds) {
      try {
        for (String line :
            Files.readAllLines(Path.of("/proc", Long.toString(process), "smaps_rollup"))) {
          if (line.startsWith("Pss:")) {
            sum += Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
          }
        }
      } catch (IOException notLinux) {
        throw new UncheckedIOException("it is not known what is resident", notLinux);
      }
    }
    return sum;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
