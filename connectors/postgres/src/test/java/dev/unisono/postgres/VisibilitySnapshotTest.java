package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class VisibilitySnapshotTest {
  private static final long EPOCH = 1L << 32;

  @Test
  void readsWhatPostgresSays() {
    assertEquals(
        new VisibilitySnapshot(100, 105, Set.of(100L, 103L)),
        VisibilitySnapshot.parse("100:105:100,103"));
    assertEquals(
        new VisibilitySnapshot(EPOCH * 3 + 7, EPOCH * 3 + 7, Set.of()),
        VisibilitySnapshot.parse("12884901895:12884901895:"));
  }

  @Test
  void seesWhatHadEndedAndNothingElse() {
    VisibilitySnapshot snapshot = VisibilitySnapshot.parse("100:105:100,103");
    assertTrue(snapshot.sees(99));
    assertTrue(snapshot.sees(3));
    assertFalse(snapshot.sees(100));
    assertTrue(snapshot.sees(101));
    assertTrue(snapshot.sees(102));
    assertFalse(snapshot.sees(103));
    assertTrue(snapshot.sees(104));
    assertFalse(snapshot.sees(105));
    assertFalse(snapshot.sees(4_000));
  }

  @Test
  void seesAcrossTheMiddleOfTheNumbersOf32Bits() {
    long middle = EPOCH / 2;
    VisibilitySnapshot snapshot =
        new VisibilitySnapshot(middle - 2, middle + 2, Set.of(middle - 2, middle));
    assertTrue(snapshot.sees((int) (middle - 3)));
    assertFalse(snapshot.sees((int) (middle - 2)));
    assertTrue(snapshot.sees((int) (middle - 1)));
    assertFalse(snapshot.sees((int) middle));
    assertTrue(snapshot.sees((int) (middle + 1)));
    assertFalse(snapshot.sees((int) (middle + 2)));
  }

  @Test
  void seesAcrossTheWrapOfTheNumbersOf32Bits() {
    long wrap = EPOCH * 5;
    VisibilitySnapshot snapshot =
        new VisibilitySnapshot(wrap - 3, wrap + 4, Set.of(wrap - 3, wrap + 2));
    assertTrue(snapshot.sees((int) (wrap - 4)));
    assertFalse(snapshot.sees((int) (wrap - 3)));
    assertTrue(snapshot.sees((int) (wrap - 1)));
    assertTrue(snapshot.sees((int) (wrap + 1)));
    assertFalse(snapshot.sees((int) (wrap + 2)));
    assertTrue(snapshot.sees((int) (wrap + 3)));
    assertFalse(snapshot.sees((int) (wrap + 4)));
    assertFalse(snapshot.sees((int) (wrap + 1_000_000)));
    assertTrue(snapshot.sees((int) (wrap - 2_000_000_000)));
  }

  @Test
  void seesWhatIsJustBeyondTheWrapNotYet() {
    VisibilitySnapshot snapshot = new VisibilitySnapshot(EPOCH - 5, EPOCH - 5, Set.of());
    assertFalse(snapshot.sees(3));
    assertFalse(snapshot.sees((int) (EPOCH - 5)));
    assertTrue(snapshot.sees((int) (EPOCH - 6)));
  }

  @Test
  void seesWhatIsJustBeforeTheWrap() {
    VisibilitySnapshot snapshot = new VisibilitySnapshot(EPOCH * 2 + 5, EPOCH * 2 + 5, Set.of());
    assertTrue(snapshot.sees((int) (EPOCH * 2 - 7)));
    assertTrue(snapshot.sees(4));
    assertFalse(snapshot.sees(5));
  }

  @Test
  void aTransactionOfAnEarlierSnapshotHasEndedOrRuns() {
    VisibilitySnapshot snapshot = new VisibilitySnapshot(100, 105, Set.of(100L, 103L));
    assertTrue(snapshot.hasEnded(99));
    assertFalse(snapshot.hasEnded(103));
    assertTrue(snapshot.hasEnded(104));
    assertFalse(snapshot.hasEnded(105));
  }
}
