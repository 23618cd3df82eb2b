package dev.unisono.postgres;

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
  private final SideThread beside;
  private final SlotWatch watch;
  private final LongSupplier read;

  /** Why this run reads everything again; null where it does not. */
  private final @Nullable Problem loss;

  /**
   * @param read gives the end of the last transaction that was read
   */
  SourceReport(
      ChangeSink sink,
      List<SnapshotTable> tables,
      SideThread beside,
      SlotWatch watch,
      LongSupplier read,
      @Nullable Problem loss) {
    this.sink = sink;
    this.tables = tables;
    this.beside = beside;
    this.watch = watch;
    this.read = read;
    this.loss = loss;
  }

  void send() {
    String earlier = beside.waiting();
    boolean firstLoad = tables.stream().anyMatch(SnapshotTable::firstLoad);
    sink.progress(
        new SourceProgress(
            firstLoad ? SourceProgress.Phase.SNAPSHOT : SourceProgress.Phase.STREAMING,
            lagBytes(),
            watch.retained(),
            repair(),
            watch.warning(),
            earlier,
            tables.stream().map(table -> table.progress(earlier)).toList()));
  }

  private long lagBytes() {
    long written = watch.written();
    return written == 0 ? -1 : Math.max(0, written - read.getAsLong());
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
