package dev.unisono.spi;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One configured system. What it cannot do it refuses with the code {@code not-available}. Safe for
 * threads.
 */
public interface ConnectedSystem extends AutoCloseable {
  /**
   * Asks the system itself whether all that the config wants of it can work: reachable, rights, log
   * settings, tables, columns, types, keys. All problems at once; empty where all is well. Changes
   * nothing in the system.
   */
  List<Problem> check();

  /**
   * The same, and what a source would stop at that starts from its state.
   *
   * @param state what the source has made durable; empty where it never ran
   */
  default List<Problem> check(Map<String, String> state) {
    return check();
  }

  /**
   * What is worth to be known of the system and the config though nothing is in the way: what a
   * source will make of columns that have changed since it read them, what may turn out badly
   * later. Empty where there is nothing, or the system cannot be asked, which {@link #check} says.
   * Changes nothing.
   *
   * @param state what the source has made durable; empty where it never ran
   */
  default List<Problem> notices(Map<String, String> state) {
    return List.of();
  }

  /**
   * The statements, in the system's own language, that have to be run for it to show what is read
   * from it; empty where it does, or needs none. Changes nothing.
   *
   * @throws UnisonoException where the system cannot be asked
   */
  default List<String> publication() {
    return List.of();
  }

  /**
   * Runs {@link #publication}, all of it or nothing.
   *
   * @return what was run
   * @throws UnisonoException where the system refuses
   */
  default List<String> publish() {
    return List.of();
  }

  /**
   * The statements that take back all that {@link #publish} has ever made there; empty where
   * nothing is. Changes nothing.
   *
   * @throws UnisonoException not-available where this kind of system is not asked for that here;
   *     where it cannot be asked
   */
  default List<String> withdrawal() {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "What makes this kind of system show its changes is not taken back by this command.",
            null,
            "Its guide says by which statements it is."));
  }

  /**
   * Runs {@link #withdrawal}; nothing may be reading then.
   *
   * @return what was run
   * @throws UnisonoException where the system refuses
   */
  default List<String> withdraw() {
    return withdrawal();
  }

  /** A new source over all bindings that are read; one at a time. */
  Source source();

  /** The target over all bindings that are written. */
  Target target();

  /**
   * A new way to write to the tables of all bindings that are both read and written, each change on
   * a condition. Connects; blocks until no other session of this installation has one.
   *
   * @throws UnisonoException not-available where the system cannot; where it cannot be reached
   */
  default MemberWriter memberWriter() {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "This kind of system cannot be read and written by one sync.",
            null,
            "Give the member the direction read or write."));
  }

  /**
   * Reads what a binding's table holds now, whether it is read or written otherwise. Connects.
   *
   * @throws UnisonoException not-available where the system cannot; where it cannot be asked
   */
  default RowReader rows(Binding binding) {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "The rows of this kind of system cannot be listed.",
            binding.configPath(),
            "Look at the table with a tool of that system."));
  }

  /**
   * What becomes of values that are written to a binding's table, as its columns are now.
   *
   * @throws UnisonoException where the system cannot be asked now
   */
  default Projection projection(Binding binding) {
    return Projection.EXACT;
  }

  /**
   * What the clock says by which its edits are timed; empty where that is not its own.
   *
   * @throws UnisonoException where the system cannot be asked now
   */
  default Optional<Instant> clock() {
    return Optional.empty();
  }

  /** What takes the deliveries of a system that brings its changes; empty for any other. */
  default Optional<Receiver> receiver() {
    return Optional.empty();
  }

  /** Whether it has an owner that writes on behalf of callers. */
  default boolean takesWrites() {
    return true;
  }

  /**
   * Writes on behalf of callers, over all bindings that are read.
   *
   * @throws UnisonoException not-available where the system takes no such writes
   */
  Owner owner();

  /**
   * A look at all that the system holds, whatever the bindings are. Connects.
   *
   * @throws UnisonoException not-available where this kind of system is not surveyed; where it
   *     cannot be reached
   */
  default Survey survey() {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "The tables of this kind of system cannot be listed.",
            null,
            "Look at them with a tool of that system, and write the entity's schema by hand."));
  }

  /**
   * For each field of a binding that is read the type of its column as the system's statements
   * write it; null where there is none, or the system has no such types.
   *
   * @throws UnisonoException where the system cannot be asked now
   */
  default List<@Nullable String> columnTypes(Binding binding) {
    return Collections.nCopies(binding.schema().size(), null);
  }

  @Override
  void close();
}
