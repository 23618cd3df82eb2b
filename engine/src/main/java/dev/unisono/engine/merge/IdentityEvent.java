package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that became of which rows are one record. Immutable.
 *
 * @param system the member of the row that it is about
 * @param key the row's key there
 * @param rule what decided: the fields of an exact rule, {@link #FUZZY}, or {@link #PERSON}
 * @param score by a fuzzy rule or where a person was asked: how alike both were; else null
 * @param reason what the person gave as the reason; null where none was given
 */
public record IdentityEvent(
    Instant at,
    What what,
    String system,
    Key key,
    String rule,
    @Nullable Double score,
    @Nullable String reason) {
  /** Decided by a fuzzy rule. */
  public static final String FUZZY = "fuzzy";

  /** Decided by a person. */
  public static final String PERSON = "person";

  /** What became of it. */
  public enum What {
    /** A row of another member was found to be this record. */
    LINKED,
    /** The row is there no more. */
    LEFT,
    /** The record of that row was joined to this one. */
    JOINED,
    /** The row was made a record of its own: told of both. */
    SPLIT,
    /** The record of that row is another one: told of both. */
    DIFFERENT
  }
}
