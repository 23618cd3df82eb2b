package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change that a member is to make of a record, if the record still is there as its log has last
 * shown it. Immutable.
 *
 * @param id grows from one write of an installation to its next
 * @param key the member's own key of the record; null of an insert to which the member gives the
 *     key, as its column's default says: its values have UNCHANGED for it
 * @param values what to write, UNCHANGED for what stays; null where the record is to be deleted
 * @param expected the row as the member's log has last shown it; null where there is none, so that
 *     this is an insert. Of an update the fields that it writes must still be as here, of a delete
 *     all that the member has
 * @param unlike of an insert without a key: groups of fields, by their positions. It is made only
 *     where no row is equal to it in all fields of a group of which it has all values
 */
public record MemberWrite(
    long id,
    Binding binding,
    @Nullable Key key,
    @Nullable Row values,
    @Nullable Row expected,
    List<int[]> unlike) {
  public MemberWrite {
    if (values == null && expected == null) {
      throw new IllegalArgumentException("neither values nor a row that is there");
    }
  }

  /** A write of a record whose key is known. */
  public MemberWrite(
      long id, Binding binding, Key key, @Nullable Row values, @Nullable Row expected) {
    this(id, binding, key, values, expected, List.of());
  }

  /** The key of a record that the member has, or that is to get this one there. */
  public Key knownKey() {
    if (key == null) {
      throw new IllegalStateException("a record without a key yet");
    }
    return key;
  }

  public boolean insert() {
    return expected == null;
  }

  public boolean delete() {
    return values == null;
  }
}
