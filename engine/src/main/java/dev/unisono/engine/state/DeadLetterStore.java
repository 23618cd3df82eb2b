package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.DeadLetterTable.Place;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.engine.state.KeptLetter.Filter;
import dev.unisono.engine.state.KeptLetter.Outcome;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The dead letters for those who ask for them or change them. Safe for threads. */
public final class DeadLetterStore {
  private final StateFolder folder;
  private final LetterWriter letters;
  private final Consumer<LetterTask> writer;

  DeadLetterStore(StateFolder folder, LetterWriter letters, Consumer<LetterTask> writer) {
    this.folder = folder;
    this.letters = letters;
    this.writer = writer;
  }

  public Counts counts() {
    return letters.counts();
  }

  /** True where letters of a system may come from beyond its source. */
  public boolean late(String system) {
    return letters.late(system);
  }

  /** What letters wait for, by name. */
  public List<String> awaited() {
    return read(DeadLetterTable::awaited);
  }

  /** Some of the letters that wait for one thing, in the order of their numbers. */
  public List<Long> awaiting(String name, long after, int limit) {
    return read(connection -> DeadLetterTable.awaiting(connection, name, after, limit));
  }

  public List<KeptLetter> list(Filter filter) {
    return read(connection -> letters.table().list(connection, filter));
  }

  /** One of them; empty where there is none of that number any more. */
  public Optional<KeptLetter> find(long id) {
    return Optional.ofNullable(read(connection -> letters.table().find(connection, id)));
  }

  /** The newest that waits of a record as one system knows it. */
  public Optional<KeptLetter> waiting(String system, Entity entity, Key key) {
    return Optional.ofNullable(
        read(connection -> letters.table().waiting(connection, system, entity, key)));
  }

  /** By entity's number the keys of a system's letters that wait. */
  public void forEachWaiting(String system, WaitingKey each) {
    for (Place place : read(letters.table()::open)) {
      if (place.system().equals(system)) {
        each.take(place.entity(), place.key());
      }
    }
  }

  /** Takes the key of a letter that waits. */
  public interface WaitingKey {
    void take(int entity, Key key);
  }

  private interface Question<T extends @Nullable Object> {
    T ask(Connection connection) throws SQLException;
  }

  private <T extends @Nullable Object> T read(Question<T> question) {
    try (Connection connection = folder.connectState()) {
      return question.ask(connection);
    } catch (SQLException failed) {
      throw StateFolder.failure(failed);
    }
  }

  /** Keeps what a caller wrote until a person lets it through; gives its number. */
  public long hold(DeadLetter letter, Duration atMost) throws InterruptedException {
    long[] id = new long[1];
    done(
        new LetterTask() {
          @Override
          void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException {
            id[0] = letters.write(connection, Amendment.SYSTEM, letter);
          }
        },
        atMost);
    return id[0];
  }

  /**
   * Gives a letter up.
   *
   * @return false where it does not wait any more
   */
  public boolean discard(long id, String reason, Duration atMost) throws InterruptedException {
    return close(id, Outcome.DISCARDED, reason, atMost);
  }

  /**
   * Ends a letter whose change was made by another way.
   *
   * @return false where it does not wait any more
   */
  public boolean replayed(long id, Duration atMost) throws InterruptedException {
    return close(id, Outcome.REPLAYED, null, atMost);
  }

  private boolean close(long id, Outcome outcome, @Nullable String reason, Duration atMost)
      throws InterruptedException {
    boolean[] closed = new boolean[1];
    done(
        new LetterTask() {
          @Override
          void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException {
            closed[0] = letters.close(connection, id, outcome, reason);
          }
        },
        atMost);
    return closed[0];
  }

  /**
   * Keeps what a letter's row shall be when it is taken up.
   *
   * @return false where it does not wait any more
   */
  public boolean edit(KeptLetter letter, Row row, Duration atMost) throws InterruptedException {
    boolean[] edited = new boolean[1];
    done(
        new LetterTask() {
          @Override
          void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException {
            edited[0] = letters.table().edit(connection, letter, row);
          }
        },
        atMost);
    return edited[0];
  }

  /** Notes that a letter was tried in vain, and what is wrong with it. */
  public void tried(
      KeptLetter letter, boolean held, Problem cause, List<Finding> findings, Duration atMost)
      throws InterruptedException {
    done(
        new LetterTask() {
          @Override
          void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException {
            KeptLetter now = letters.table().find(connection, letter.id());
            if (now != null && now.closed() == null) {
              letters.tried(connection, now, now.stage(), held, cause, findings, null);
            }
          }
        },
        atMost);
  }

  /** While it is open, what a source shows of a record is not held. */
  public interface Passage extends AutoCloseable {
    @Override
    void close();
  }

  /** Lets through what a source will show of a record, until the passage is closed. */
  public Passage letThrough(String system, Entity entity, Key key) {
    return letters.letThrough(system, entity, key);
  }

  /** True where what a source shows of a record is let through. */
  public boolean isLetThrough(String system, Entity entity, @Nullable Key key) {
    return letters.isLetThrough(system, entity, key);
  }

  /** What came of taking a letter up. */
  public sealed interface Replayed {
    /** Its change is in the journal, or in the merged record. */
    record Done() implements Replayed {}

    /** It is refused once more. */
    record Refused(Problem cause) implements Replayed {}

    /** It did not wait any more. */
    record Closed() implements Replayed {}
  }

  /** Takes a letter's change up as if its source had shown it now. */
  public Replayed replay(KeptLetter letter, CleanChange change, Duration atMost)
      throws InterruptedException {
    Replayed[] came = {new Replayed.Closed()};
    done(
        new LetterTask() {
          @Override
          void run(Connection connection, LetterWriter letters, Taking taking) throws SQLException {
            KeptLetter now = letters.table().find(connection, letter.id());
            if (now == null || now.closed() != null) {
              came[0] = new Replayed.Closed();
              return;
            }
            // Whoever lets through what was held for its row alone has not seen it beside others.
            boolean letThrough = now.held() && now.stage() == DeadLetter.Stage.CONSTRAIN;
            // Another record may have its former key since the letter was looked at.
            Change given = change.change();
            CleanChange moved =
                new CleanChange(
                    change.entity(),
                    given.with(given.key(), now.previousKey(), given.after()),
                    change.row(),
                    change.before());
            DeadLetter again = taking.take(letter.system(), moved, letThrough);
            if (again != null) {
              letters.tried(
                  connection,
                  now,
                  again.stage(),
                  again.held(),
                  again.cause(),
                  again.findings(),
                  again.awaits());
              came[0] = new Replayed.Refused(again.cause());
              return;
            }
            letters.close(connection, letter.id(), Outcome.REPLAYED, null);
            // Of the same record nothing else can wait that is not newer; this keeps it so.
            letters.passed(connection, letter.system(), moved);
            came[0] = new Replayed.Done();
          }
        },
        atMost);
    return came[0];
  }

  private void done(LetterTask task, Duration atMost) throws InterruptedException {
    writer.accept(task);
    if (!task.await(atMost)) {
      throw new UnisonoException(
          new Problem(
              "decision-late",
              ProblemType.TRANSIENT,
              "This is in line, but nothing is committed at the moment.",
              null,
              "Look at the dead letter again in a moment."));
    }
  }
}
