package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * One change that a member is to make of a record, if the record still is there as its log has last
 * shown it. Immutable.
 *
 * @param id grows from one write of an installation to its next
 * @param key the member's own key of the record
 * @param values what to write, UNCHANGED for what stays; null where the record is to be deleted
 * @param expected the row as the member's log has last shown it; null where there is none, so that
 *     this is an insert. Of an update the fields that it writes must still be as here, of a delete
 *     all that the member has
 */
public record MemberWrite(
    long id, Binding binding, Key key, @Nullable Row values, @Nullable Row expected) {
  public MemberWrite {
    if (values == null && expected == null) {
      throw new IllegalArgumentException("neither values nor a row that is there");
    }
  }

  public boolean insert() {
    return expected == null;
  }

  public boolean delete() {
    return values == null;
  }
}
