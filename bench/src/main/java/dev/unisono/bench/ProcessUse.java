package dev.unisono.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a process has used up to a moment. Immutable.
 *
 * @param cpu processor time of all its threads since its start
 * @param peakMemoryBytes the most memory it ever had resident; 0 where the system does not tell
 */
record ProcessUse(Duration cpu, long peakMemoryBytes) {
  /** The use of a process that is alive. */
  static ProcessUse of(long processId) {
    Duration cpu =
        ProcessHandle.of(processId)
            .flatMap(process -> process.info().totalCpuDuration())
            .orElseThrow(
                () -> new BenchFailure("no processor time is known of process " + processId));
    return new ProcessUse(cpu, peakMemoryBytes(processId));
  }

  private static long peakMemoryBytes(long processId) {
    Path status = Path.of("/proc", Long.toString(processId), "status");
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
      return 0;
    } catch (IOException notLinux) {
      return 0;
    }
  }

  double cpuSecondsSince(ProcessUse before) {
    return cpu.minus(before.cpu).toNanos() / 1e9;
  }
}
