package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TouchesTest {
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final Schema PERSON =
      new Schema(
          "person",
          List.of(
              new Field("id", ValueType.LONG, true),
              new Field("name", ValueType.STRING, false),
              new Field("photo", ValueType.STRING, false)),
          List.of("id"));

  /** Sees 99 and everything before it, and 101; not 100, nor 102 and later. */
  private static final VisibilitySnapshot SNAPSHOT = new VisibilitySnapshot(100, 102, Set.of(100L));

  private static final int SEEN = 101;
  private static final int UNSEEN = 100;
  private static final int LATER = 103;

  /** As many as are remembered. */
  private static final int MOST = 500_000;

  private final Touches touches = new Touches();

  private static Row row(long id, @Nullable Object name, @Nullable Object photo) {
    return new Row(PERSON, new @Nullable Object[] {id, name, photo});
  }

  private static Key key(long id) {
    return new Key(id);
  }

  private void update(int transaction, long id, @Nullable Object name, @Nullable Object photo) {
    touches.add(transaction, key(id), null, row(id, name, photo), false);
  }

  private void move(
      int transaction, long from, long to, @Nullable Object name, @Nullable Object photo) {
    touches.add(transaction, key(to), key(from), row(to, name, photo), false);
  }

  private void delete(int transaction, long id) {
    touches.add(transaction, key(id), null, null, true);
  }

  private void truncate(int transaction) {
    touches.add(transaction, null, null, null, true);
  }

  /** What is left of a chunk with the old rows of these keys. */
  private @Nullable List<String> left(VisibilitySnapshot snapshot, long... ids) {
    List<Row> rows = new ArrayList<>();
    List<Key> keys = new ArrayList<>();
    for (long id : ids) {
      rows.add(row(id, "old" + id, "photo" + id));
      keys.add(key(id));
    }
    List<Row> left = touches.resolve(snapshot, rows, keys);
    return left == null
        ? null
        : left.stream().map(row -> Arrays.toString(row.copyValues())).toList();
  }

  private @Nullable List<String> left(long... ids) {
    return left(SNAPSHOT, ids);
  }

  private static String old(long id) {
    return "[" + id + ", old" + id + ", photo" + id + "]";
  }

  @Test
  void rowsThatNobodyTouchedAreLeftInTheirOrder() {
    assertEquals(List.of(old(1), old(2), old(3)), left(1, 2, 3));
    assertEquals(List.of(), left());
  }

  @Test
  void anOldRowLosesToWhatItsSnapshotCannotSee() {
    update(UNSEEN, 1, "new", "new");
    delete(LATER, 3);
    assertEquals(List.of(old(2)), left(1, 2, 3));
  }

  @Test
  void aRowWinsOverWhatItsSnapshotSees() {
    update(SEEN, 1, "new", "new");
    delete(99, 2);
    assertEquals(List.of(old(1), old(2)), left(1, 2));
  }

  @Test
  void whatTheLogLeftOutIsFilledFromTheOldRow() {
    update(UNSEEN, 1, "new", SAME);
    assertEquals(List.of(old(2), "[1, new, photo1]"), left(1, 2));
  }

  @Test
  void severalPartialChangesAreFilledOnceWithTheLastOfEach() {
    update(UNSEEN, 1, "new", SAME);
    update(LATER, 1, SAME, SAME);
    update(LATER, 1, "newer", SAME);
    assertEquals(List.of("[1, newer, photo1]"), left(1));
  }

  @Test
  void nothingIsFilledWhereTheLogHasShownItAll() {
    update(UNSEEN, 1, "new", SAME);
    update(LATER, 1, SAME, "shown");
    assertEquals(List.of(), left(1));
    update(LATER, 2, "whole", "whole");
    update(LATER, 2, "partial", SAME);
    assertEquals(List.of(), left(1, 2));
  }

  @Test
  void nothingIsFilledIntoARowThatIsGone() {
    update(UNSEEN, 1, "new", SAME);
    delete(LATER, 1);
    assertEquals(List.of(), left(1));
  }

  @Test
  void aRowMadeAnewAfterItsDeletionTakesNothingFromTheOldOne() {
    delete(UNSEEN, 1);
    update(UNSEEN, 1, "anew", null);
    update(LATER, 1, "anew still", SAME);
    assertEquals(List.of(), left(1));
  }

  @Test
  void aPartialChangeOfARowOutsideTheChunkIsLeftToItsOwnChunk() {
    update(UNSEEN, 7, "new", SAME);
    assertEquals(List.of(old(1)), left(1));
    assertEquals(List.of("[7, new, photo7]"), left(7));
  }

  @Test
  void aMovedKeyTakesBothItsRowsFromTheChunk() {
    move(UNSEEN, 1, 2, "moved", "moved");
    assertEquals(List.of(old(3)), left(1, 2, 3));
  }

  @Test
  void aMovedKeyIsFilledFromTheRowUnderItsOldKey() {
    move(UNSEEN, 1, 2, SAME, SAME);
    assertEquals(List.of("[2, old1, photo1]"), left(1));
  }

  @Test
  void aChainOfMovesIsFilledFromItsBeginning() {
    update(UNSEEN, 1, "a", SAME);
    move(UNSEEN, 1, 2, SAME, SAME);
    move(LATER, 2, 3, SAME, SAME);
    update(LATER, 3, "b", SAME);
    assertEquals(List.of("[3, b, photo1]"), left(1));
    delete(LATER, 3);
    assertEquals(List.of(), left(1, 2, 3));
  }

  @Test
  void twoRowsThatChangePlacesAreFilledEachFromItsOwn() {
    move(UNSEEN, 1, 9, SAME, SAME);
    move(UNSEEN, 2, 1, SAME, SAME);
    move(UNSEEN, 9, 2, SAME, SAME);
    List<String> left = left(1, 2);
    assertNotNull(left);
    assertEquals(
        List.of("[1, old2, photo2]", "[2, old1, photo1]"), left.stream().sorted().toList());
  }

  @Test
  void aKeyTakenOverByAnotherRowIsFilledFromThatRow() {
    delete(UNSEEN, 2);
    move(UNSEEN, 1, 2, "took over", SAME);
    assertEquals(List.of("[2, took over, photo1]"), left(1, 2));
  }

  @Test
  void aTruncateTakesEveryRowAndWhatFollowsIsWhole() {
    update(UNSEEN, 1, "new", SAME);
    truncate(UNSEEN);
    update(LATER, 2, "after", "after");
    update(LATER, 2, "after all", SAME);
    assertEquals(List.of(), left(1, 2, 3));
  }

  @Test
  void aTruncateThatTheSnapshotSeesTakesNothing() {
    truncate(SEEN);
    assertEquals(List.of(old(1)), left(1));
  }

  @Test
  void whatEveryLaterChunkSeesIsForgotten() {
    update(UNSEEN, 1, "new", "new");
    update(LATER, 2, "new", "new");
    VisibilitySnapshot next = new VisibilitySnapshot(102, 104, Set.of(103L));
    touches.forgetVisible(next);
    assertEquals(List.of(old(1)), left(next, 1, 2));
    assertEquals(List.of(old(1)), left(1, 2), "of 100 nothing is remembered");
  }

  @Test
  void whereTooMuchHappenedTheChunkMustBeReadAgain() {
    fill(UNSEEN);
    assertNotNull(left(1));
    update(UNSEEN, 1, "one more", "one more");
    assertNull(left(1));
    VisibilitySnapshot next = new VisibilitySnapshot(104, 104, Set.of());
    assertEquals(List.of(old(1)), left(next, 1));
    touches.forgetVisible(next);
    update(104, 1, "new", "new");
    assertEquals(List.of(old(2)), left(next, 1, 2));
  }

  @Test
  void itMustBeReadAgainForAsLongAsAnyOfWhatWasTooMuchIsUnseen() {
    fill(SEEN);
    update(UNSEEN, 1, "one more", "one more");
    update(SEEN, 2, "and one that is seen", "x");
    assertNull(left(1));
    touches.forgetVisible(SNAPSHOT);
    assertNull(left(1));
  }

  @Test
  void itMustBeReadAgainAcrossTheWrapOfTransactionNumbers() {
    long wrap = 1L << 32;
    fill((int) (wrap - 2));
    update((int) (wrap - 1), 1, "x", "x");
    update((int) (wrap + 1), 1, "x", "x");
    assertNull(left(new VisibilitySnapshot(wrap, wrap, Set.of()), 1));
    assertEquals(List.of(old(1)), left(new VisibilitySnapshot(wrap + 2, wrap + 2, Set.of()), 1));
  }

  private void fill(int transaction) {
    LongStream.range(1_000, 1_000 + MOST).forEach(id -> delete(transaction, id));
  }
}
