package dev.unisono.csv;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ChangeSink;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.Phase;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of one folder, each whole whenever it has changed. What a file does not say,
 * which of its rows have changed, is left to the engine ({@link Operation#REFRESH}); which are gone
 * is found by asking for the keys that others hold. One thread does all of it.
 */
final class CsvSource implements Source {
  /** What the names of a file's entry in the state begins with. */
  private static final String FILE = "file/";

  /** The number of the last batch: commits of a file have none of their own. */
  private static final String NUMBER = "number";

  private final CsvFolder folder;
  private final List<Binding> bindings;
  private final Duration poll;
  private final int batchRows;

  /** Commands, and one without anything to wake who waits for them. */
  private final LinkedBlockingQueue<Optional<SnapshotCommand>> commands =
      new LinkedBlockingQueue<>();

  private volatile boolean closed;
  private List<FollowedFile> files = List.of();
  private long number;

  CsvSource(CsvFolder folder, List<Binding> bindings, Duration poll, int batchRows) {
    this.folder = folder;
    this.bindings = bindings;
    this.poll = poll;
    this.batchRows = batchRows;
  }

  @Override
  public void run(Map<String, String> state, ChangeSink sink) throws InterruptedException {
    sink.progress(SourceProgress.connecting(null));
    number = Long.parseLong(state.getOrDefault(NUMBER, "0"));
    files =
        bindings.stream()
            .map(binding ->
                new FollowedFile(
                    folder, binding, sink.knownKeys(), state.get(FILE + binding.sync())))
            .toList();
    while (!closed && !Thread.interrupted()) {
      takeCommands(sink);
      boolean worked = false;
      for (FollowedFile file : files) {
        worked |= step(file, sink);
      }
      report(sink);
      if (!worked) {
        // What came in the meantime is taken again, first of all.
        Optional<SnapshotCommand> command = commands.poll(poll.toNanos(), TimeUnit.NANOSECONDS);
        if (command != null) {
          order(command, sink);
        }
      }
    }
    throw new InterruptedException();
  }

  /** Hands over what is next of one file; false where nothing was. */
  private boolean step(FollowedFile file, ChangeSink sink) throws InterruptedException {
    if (file.standing().paused()) {
      return false;
    }
    FollowedFile.Portion portion = file.next(batchRows);
    if (portion == null) {
      file.look();
      portion = file.next(batchRows);
    }
    if (portion != null) {
      List<Change> changes = new ArrayList<>();
      number++;
      for (Row row : portion.rows()) {
        changes.add(change(file, file.standing().operation(), row, changes.size(), portion));
      }
      file.handed(portion);
      hand(file, changes, portion.sizeBytes(), sink);
      return true;
    }
    List<Key> gone = file.compare(batchRows);
    if (gone == null) {
      return false;
    }
    number++;
    List<Change> changes = new ArrayList<>();
    for (Key key : gone) {
      changes.add(deleted(file, key, changes.size()));
    }
    hand(file, changes, 200L * changes.size(), sink);
    return true;
  }

  private Change change(
      FollowedFile file, Operation operation, Row row, int ordinal, FollowedFile.Portion portion) {
    return new Change(
        file.binding(),
        operation,
        file.binding().schema().key(row),
        null,
        row,
        null,
        new Position(number, ordinal),
        portion.modified(),
        0);
  }

  private Change deleted(FollowedFile file, Key key, int ordinal) {
    return new Change(
        file.binding(),
        Operation.DELETE,
        key,
        null,
        null,
        null,
        new Position(number, ordinal),
        file.modified(),
        0);
  }

  /** Where the file stands after it becomes durable with the changes (invariant 2). */
  private void hand(FollowedFile file, List<Change> changes, long sizeBytes, ChangeSink sink)
      throws InterruptedException {
    Map<String, @Nullable String> state = new HashMap<>();
    state.put(NUMBER, Long.toString(number));
    state.put(FILE + file.binding().sync(), file.standing().text());
    sink.accept(new Batch(changes, state, number, sizeBytes));
  }

  private void report(ChangeSink sink) {
    boolean firstLoad =
        files.stream()
            .anyMatch(file ->
                !file.standing().whole()
                    && file.standing().snapshot().cause().equals(Standing.FIRST_LOAD)
                    && file.standing().operation() == Operation.READ);
    sink.progress(
        new SourceProgress(
            firstLoad ? Phase.SNAPSHOT : Phase.STREAMING,
            -1,
            SourceProgress.Retained.UNKNOWN,
            null,
            null,
            null,
            files.stream().map(FollowedFile::progress).toList()));
  }

  private void takeCommands(ChangeSink sink) throws InterruptedException {
    for (Optional<SnapshotCommand> next = commands.poll(); next != null; next = commands.poll()) {
      order(next, sink);
    }
  }

  private void order(Optional<SnapshotCommand> order, ChangeSink sink) throws InterruptedException {
    if (order.isEmpty()) {
      return;
    }
    for (FollowedFile file : files) {
      if (meant(order.get(), file.binding())) {
        switch (order.get().action()) {
          case PAUSE -> file.pause(true);
          case RESUME -> file.pause(false);
          case REPEAT -> file.repeat();
          case REFRESH -> file.refresh();
        }
        number++;
        hand(file, List.of(), 0, sink);
      }
    }
  }

  @Override
  public void command(SnapshotCommand command) {
    if (bindings.stream().noneMatch(binding -> meant(command, binding))) {
      throw new UnisonoException(
          new Problem(
              "not-found",
              ProblemType.USER,
              "No sync named '" + command.sync() + "' is read from " + folder.system() + ".",
              null,
              "Name one of " + bindings.stream().map(Binding::sync).sorted().toList() + "."));
    }
    commands.add(Optional.of(command));
  }

  private static boolean meant(SnapshotCommand command, Binding binding) {
    return command.sync() == null || binding.sync().equals(command.sync());
  }

  /** Nobody is to be told: a file keeps nothing for us. */
  @Override
  public void durable(long mark) {
    // Where reading goes on is kept with the state.
  }

  @Override
  public void close() {
    closed = true;
    commands.add(Optional.empty());
  }
}
