package dev.unisono.bench;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Row;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Rows of ten fields, one after the other, through the pure stages. For one thread. */
@State(Scope.Thread)
public class CleanBenchmark {
  /** What is asked of the rows, by its name in {@link CleanScenario}. */
  @Param("all")
  public String asked = "all";

  private Cleaner cleaner = CleanRun.cleaner("all");
  private Row[] rows = {};
  private int next;

  @Setup
  public void open() {
    cleaner = CleanRun.cleaner(asked);
    rows = CleanRun.rows(asked);
  }

  /** A row as it goes from a source to the journal. */
  @Benchmark
  public List<Finding> clean() {
    int present = next;
    next = present + 1 == rows.length ? 0 : present + 1;
    return cleaner.validate(cleaner.standardize(rows[present]));
  }
}
