package dev.unisono.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How gently systems are asked, and what is told meanwhile; by a clock of its own. For one thread.
 */
final class LoadBudgetTest {
  private long now;
  private final List<Long> pauses = new ArrayList<>();

  private LoadBudget budget(int percent) {
    return new LoadBudget(percent, () -> now, pauses::add);
  }

  @Test
  void aSystemIsLeftAloneForTheRestOfTheTime() {
    LoadBudget fifth = budget(20);
    assertEquals(
        "answer",
        fifth.ask(() -> {
          now += 100;
          return "answer";
        }));
    assertEquals(List.of(400L), pauses);
    assertEquals(100, fifth.askedNanos());
    budget(100).ask(() -> now += 100);
    assertEquals(List.of(400L), pauses, "no pause where all of the time is allowed");
  }

  @Test
  void aQuestionThatFailsCountsAsWell() {
    LoadBudget half = budget(50);
    assertThrows(
        IllegalStateException.class,
        () ->
            half.ask(() -> {
              now += 70;
              throw new IllegalStateException("refused");
            }));
    assertEquals(List.of(70L), pauses);
  }

  @Test
  void theTimeLeftIsToldByWhatIsDone() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
    Progress lines = new Progress(out, false, () -> now);
    lines.expect(3);
    lines.at("crm", "public.one");
    now += 20_000_000_000L;
    lines.tableDone();
    lines.at("crm", "public.two");
    assertEquals(
        "1 of 3: crm public.one\n2 of 3: crm public.two, about 40 s left\n",
        written.toString(StandardCharsets.UTF_8).replace("\r", ""));
    written.reset();
    Progress bar = new Progress(out, true, () -> now);
    bar.expect(2);
    bar.tableDone();
    bar.at("crm", "public.two");
    assertTrue(
        written.toString(StandardCharsets.UTF_8).startsWith("\r[############            ] 1 of 2"),
        written::toString);
  }
}
