package dev.unisono.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SamplesTest {
  @Test
  void medianOfAnOddNumberIsTheMiddleWhateverTheOrder() {
    assertEquals(3, Samples.of(9, 1, 3).median());
    assertEquals(7, Samples.of(7).median());
  }

  @Test
  void medianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle() {
    assertEquals(2.5, Samples.of(4, 1, 3, 2).median());
  }

  @Test
  void percentileIsAValueThatWasMeasured() {
    Samples hundred = Samples.of(IntStream.rangeClosed(1, 100).mapToDouble(i -> i).toArray());
    assertEquals(50, hundred.percentile(50));
    assertEquals(99, hundred.percentile(99));
    assertEquals(100, hundred.percentile(99.1));
    assertEquals(100, hundred.percentile(100));
    assertEquals(1, hundred.percentile(0.5));
    assertEquals(1, hundred.min());
    assertEquals(100, hundred.max());
  }

  @Test
  void leavesTheValuesItWasGivenInTheirOrder() {
    double[] values = {3, 1, 2};
    assertEquals(2, Samples.of(values).median());
    assertEquals(3, values[0]);
  }

  @Test
  void refusesNothingAndPercentilesThatAreNone() {
    assertThrows(IllegalArgumentException.class, () -> Samples.of(List.of()));
    assertThrows(IllegalArgumentException.class, () -> Samples.of(1).percentile(0));
    assertThrows(IllegalArgumentException.class, () -> Samples.of(1).percentile(100.5));
    assertThrows(IllegalArgumentException.class, () -> Samples.of(1).percentile(Double.NaN));
  }
}
