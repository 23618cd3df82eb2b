package dev.unisono.mariadb;

import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SourceProgress;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Makes the account of where a running source stands, and tells the engine. Safe for threads. */
final class SourceReport {
  private final ChangeSink sink;
  private final List<SnapshotTable> tables;
  private final LongSupplier lagBytes;

  /** Why this run reads everything again; null where it does not. */
  private final @Nullable Problem loss;

  /** What people should know of the tables; null where there is nothing. */
  private final @Nullable Problem warning;

  SourceReport(
      ChangeSink sink,
      List<SnapshotTable> tables,
      LongSupplier lagBytes,
      @Nullable Problem loss,
      @Nullable Problem warning) {
    this.sink = sink;
    this.tables = tables;
    this.lagBytes = lagBytes;
    this.loss = loss;
    this.warning = warning;
  }

  void send() {
    boolean firstLoad = tables.stream().anyMatch(SnapshotTable::firstLoad);
    sink.progress(
        new SourceProgress(
            firstLoad ? SourceProgress.Phase.SNAPSHOT : SourceProgress.Phase.STREAMING,
            lagBytes.getAsLong(),
            SourceProgress.Retained.UNKNOWN,
            repair(),
            warning,
            null,
            tables.stream().map(SnapshotTable::progress).toList()));
  }

  /** The cause of a repair that goes on; after a restart only its code is known. */
  private @Nullable Problem repair() {
    for (SnapshotTable table : tables) {
      String cause = table.repairCause();
      if (cause != null) {
        return loss != null && loss.code().equals(cause)
            ? loss
            : new Problem(
                cause,
                ProblemType.TRANSIENT,
                "Tables are read and compared again, since changes may have been missed.",
                table.binding().configPath(),
                "It ends by itself.");
      }
    }
    return null;
  }
}
