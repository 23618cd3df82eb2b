package dev.unisono.engine.merge;

import dev.unisono.engine.merge.MergeConflict.Choice;
import dev.unisono.engine.state.Amendment;
import dev.unisono.engine.state.CleanChange;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a person decided of one conflict, done by the writer's thread: an edit that is newer than
 * both sides, and the end of all that is open of that field. Waiting for it is safe for threads.
 */
final class Decision implements Amendment {
  private final CountDownLatch done = new CountDownLatch(1);
  private final MergeStage stage;
  private final long id;
  private final Choice choice;
  private volatile @Nullable UnisonoException refused;

  Decision(MergeStage stage, long id, Choice choice) {
    this.stage = stage;
    this.id = id;
    this.choice = choice;
  }

  /** Waits until it is durable or refused; false when the time is over. */
  boolean await(Duration atMost) throws InterruptedException {
    return done.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Why it cannot be; null where it can. */
  @Nullable UnisonoException refused() {
    return refused;
  }

  @Override
  public void run(Connection connection, Consumer<CleanChange> journaled) throws SQLException {
    MergeConflict conflict = stage.inbox().table().find(connection, id);
    refused = conflict == null ? missing(id) : refusal(conflict, choice);
    if (conflict == null || refused != null) {
      return;
    }
    Instant now = stage.inbox().now();
    String pick = choice instanceof Choice.Pick side ? side.member() : null;
    Row row = chosen(conflict);
    stage.amend(
        connection,
        conflict.entity(),
        conflict.record(),
        (plan, record) -> apply(new Ruling(plan), record, conflict.field(), row, now),
        now,
        journaled);
    int closed = stage.inbox().table().decide(connection, conflict, pick, row, now.toEpochMilli());
    stage.inbox().closed(conflict.entity().id(), closed);
  }

  private @Nullable Row chosen(MergeConflict conflict) {
    return switch (choice) {
      case Choice.Pick side ->
          side.member().equals(conflict.kept().member())
              ? conflict.kept().row()
              : conflict.other().row();
      case Choice.Edit edit -> edit.row();
    };
  }

  @Override
  public void durable() {
    done.countDown();
  }

  private static boolean apply(
      Ruling ruling, MergedRecord record, @Nullable String field, @Nullable Row row, Instant now) {
    long micros = MergedChanges.micros(now);
    if (field == null) {
      return ruling.exists(record, row != null, micros);
    }
    if (!record.exists) {
      return false;
    }
    int position = Objects.requireNonNull(record.schema().find(field));
    return ruling.write(record, position, Objects.requireNonNull(row).value(position), micros);
  }

  private static @Nullable UnisonoException refusal(MergeConflict conflict, Choice choice) {
    if (!conflict.open()) {
      return refusal(
          "conflict-decided",
          "Conflict " + conflict.id() + " is decided.",
          "Where it is to be otherwise, change the record in one of its systems.");
    }
    List<String> sides = List.of(conflict.kept().member(), conflict.other().member());
    return switch (choice) {
      case Choice.Pick pick when !sides.contains(pick.member()) ->
          refusal(
              "no-such-side",
              "Conflict " + conflict.id() + " has no side '" + pick.member() + "'.",
              "Pick " + String.join(" or ", sides) + ".");
      case Choice.Edit _ when conflict.field() == null ->
          refusal(
              "no-such-side",
              "Conflict " + conflict.id() + " is about a delete: there is no value to give.",
              "Pick " + String.join(" or ", sides) + ".");
      case Choice.Pick _, Choice.Edit _ -> null;
    };
  }

  static UnisonoException missing(long id) {
    return refusal("not-found", "There is no conflict " + id + " (any more).", "");
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
  }
}
