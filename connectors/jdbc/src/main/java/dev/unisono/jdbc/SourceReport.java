package dev.unisono.jdbc;

import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SourceProgress;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes the account of where a running source stands, and tells the engine. For one thread. */
final class SourceReport {
  private static final int UNKNOWN = -1;

  private final ChangeSink sink;
  private final List<SnapshotTable> tables;

  /** Why this run reads tables again; null where it does not. */
  private final @Nullable Problem loss;

  private final Supplier<@Nullable Problem> warning;

  SourceReport(ChangeSink sink, List<SnapshotTable> tables, @Nullable Problem loss) {
    this(sink, tables, loss, () -> null);
  }

  /**
   * @param warning what people should know; gives null where there is nothing
   */
  SourceReport(
      ChangeSink sink,
      List<SnapshotTable> tables,
      @Nullable Problem loss,
      Supplier<@Nullable Problem> warning) {
    this.sink = sink;
    this.tables = tables;
    this.loss = loss;
    this.warning = warning;
  }

  void send() {
    boolean firstLoad = tables.stream().anyMatch(SnapshotTable::firstLoad);
    sink.progress(
        new SourceProgress(
            firstLoad ? SourceProgress.Phase.SNAPSHOT : SourceProgress.Phase.STREAMING,
            UNKNOWN,
            SourceProgress.Retained.UNKNOWN,
            repair(),
            warning.get(),
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
